"""The summary as tables in the terminal; texts of models are shown without markup and control characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from p2r_rewards.scoring.reasons import OTHER
from p2r_rewards.scoring.wording import counted

MAX_REASONS = 12
MAX_TYPES = 20
MAX_REASON_CHARS = 300
_PARTS = ("accuracy", "format", "length", "reward")


def summary_blocks(summary: Mapping[str, Any]) -> Iterator[RenderableType]:
    """A summary of `p2r_rewards.scoring.score_files` as texts and tables."""
    yield _headline(summary)
    blocks = (
        _processes(summary),
        _types(summary),
        _groups(summary),
        _form(summary),
        _reasons("unscored", summary["unscored"], "a part of these rows has no score"),
        _reasons("rejected", summary["reject_reasons"], "these rows could not be read"),
        _examples(summary),
        _notes(summary),
    )
    yield from (block for block in blocks if block is not None)


def clean(text: str) -> Text:
    r"""The text for a terminal: nothing in it is markup, and what is not printable is escaped.

    Example:
        >>> clean("[red]a" + chr(27) + "[0m").plain
        '[red]a\\x1b[0m'
    """
    if not text.isprintable():
        text = "".join(
            character if character.isprintable() else " " if character in "\n\t" else ascii(character)[1:-1]
            for character in text
        )
    return Text(text)


def _headline(summary: Mapping[str, Any]) -> Text:
    parts = [counted(summary["rows"], "rollout"), counted(summary["groups"], "group")]
    size = summary["group_size"]
    if size is not None:
        least, most = size["least"], size["most"]
        parts[-1] += f" of {least}" if least == most else f" of {least} to {most}"
    if summary["mode"] != "default":
        parts.append(f"mode {summary['mode']}")
    if summary["truncated"]:
        parts.append(f"{summary['truncated']:,} cut off")
    text = Text(" · ".join(parts), style="bold")
    if summary["rejects"]:
        text.append(f" · {summary['rejects']:,} rejected", style="bold red")
    if summary["output"] not in (None, "-"):
        text.append_text(Text(" → ").append_text(clean(summary["output"])))
    return text


def _table(title: str, *columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _processes(summary: Mapping[str, Any]) -> Table:
    table = _table("Rewards, mean ± standard deviation", "", *_PARTS)
    for name, parts in summary["processes"].items():
        table.add_row(name, *(_mean(parts[part], spread=True) for part in _PARTS))
    return table


def _types(summary: Mapping[str, Any]) -> Table:
    table = _table("By problem type", "", "rollouts", "perception", "reasoning", "unscored")
    for one in summary["types"][:MAX_TYPES]:
        table.add_row(
            clean(one["type"] or "(none)"),
            f"{one['rows']:,}",
            _mean(one["perception"]),
            _mean(one["accuracy"]),
            f"{one['unscored']:,}" if one["unscored"] else "",
        )
    if len(summary["types"]) > MAX_TYPES:
        table.add_row(f"… and {len(summary['types']) - MAX_TYPES:,} more")
    return table


def _groups(summary: Mapping[str, Any]) -> Table | None:
    collapsed = summary["collapsed"]
    if collapsed is None:
        return None
    missing = [collapsed[f"{name}_unscored"] for name in ("perception", "reasoning")]
    why = ", or fewer than two are known" if any(missing) else ""
    table = _table(
        f"Groups that teach nothing, as all rewards in them are equal{why}",
        "",
        "perception",
        "reasoning (GRPO)",
        "both (PA-GRPO)",
        "sum",
    )
    counts = [collapsed[name] for name in ("perception", "reasoning", "both", "sum")]
    table.add_row(f"of {collapsed['groups']:,}", *(f"{n:,} ({n / collapsed['groups']:.0%})" for n in counts))
    if any(missing):
        table.add_row("equal", *(f"{count - one:,}" for count, one in zip(counts, missing, strict=False)))
        table.add_row("unknown", *(f"{one:,}" for one in missing))
    return table


def _form(summary: Mapping[str, Any]) -> Table | None:
    table = Table(box=None, show_header=False, pad_edge=False, title="Form", title_justify="left", title_style="bold")
    table.add_column(style="dim")
    table.add_column()
    table.add_row("well formed", f"{summary['well_formed']:,} of {summary['rows']:,}")
    if summary["defects"]:
        shown = [f"{name} {count:,}" for name, count in list(summary["defects"].items())[:MAX_REASONS]]
        table.add_row("defects", Text(", ".join(shown)))
    lengths = summary["lengths"]
    for name in ("perception", "reasoning"):
        one = lengths[name]
        if one["counted"]:
            low, high = one["band"]
            table.add_row(
                f"{name} length",
                f"median {one['median']:g} {lengths['unit']}, {one['in_band']:,} of {one['counted']:,} in {low}-{high}",
            )
    return table


def _reasons(title: str, reasons: list[Mapping[str, Any]], what: str) -> Table | None:
    if not reasons:
        return None
    table = _table(f"\n{title.capitalize()}: {what}", "reason", "rows", "first")
    table.columns[0].overflow = "fold"
    for one in reasons[:MAX_REASONS]:
        first = one["first"]
        reason = OTHER if one["kind"] == OTHER else first["reason"]
        shown = reason if len(reason) <= MAX_REASON_CHARS else reason[: MAX_REASON_CHARS - 1] + "…"
        table.add_row(clean(shown), f"{one['rows']:,}", clean(f"{first['file']}:{first['line']}"))
    if len(reasons) > MAX_REASONS:
        table.add_row(f"… and {len(reasons) - MAX_REASONS} more", "", "")
    return table


def _examples(summary: Mapping[str, Any]) -> Table | None:
    if not summary["examples"]:
        return None
    table = _table(
        "\nHow answers were graded: of each type the first full score, and the first below it",
        "type",
        "grade",
        "how",
        "line",
    )
    table.columns[2].justify = "left"
    for one in summary["examples"][: 2 * MAX_REASONS]:
        style = "green" if one["accuracy"] >= 1 else "red"
        table.add_row(
            clean(one["type"]), Text(f"{one['accuracy']:.2f}", style), clean(one["how"] or ""), f"{one['line']:,}"
        )
    return table


def _notes(summary: Mapping[str, Any]) -> Padding | None:
    notes = list(summary["notes"])
    if summary["rejects_file"]:
        notes.append(f"rejected rows are in {summary['rejects_file']}")
    if not notes:
        return None
    text = Text()
    for note in notes:
        text.append("Note: ", style="yellow").append_text(clean(note)).append("\n")
    return Padding(text, (1, 0, 0, 0))


def _mean(described: Mapping[str, Any], *, spread: bool = False) -> Text:
    if described["mean"] is None:
        return Text("unscored", style="dim")
    text = Text(f"{described['mean']:.3f}")
    if spread and described["std"] is not None:
        text.append(f" ± {described['std']:.3f}", style="dim")
    return text
