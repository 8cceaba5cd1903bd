"""The differences of two runs as tables in the terminal, for 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from p2r_rewards.commands.terminal import clean
from p2r_rewards.scoring.wording import counted

MAX_SHOWN = 70
MAX_SETTINGS = 30


def diff_blocks(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What to print of `p2r_rewards.scoring.diff.diff_runs`, piece by piece."""
    rows = counted(found["rows"], "row")
    if found["same"]:
        yield Text(f"{rows}: the same, within {found['tolerance']:g}", style="bold green")
    else:
        changed = sum(one["changed"] > 0 for one in found["numbers"].values())
        yield Text(
            f"{rows}: {counted(changed, 'column')} changed by more than {found['tolerance']:g}", style="bold red"
        )
        yield _numbers(found["numbers"])
        yield from _largest(found["numbers"])
    yield from _texts(found["texts"])
    yield from _settings(found)


def _numbers(numbers: Mapping[str, Mapping[str, Any]]) -> Table:
    table = _table("", "rows", "before", "after", "scored in one")
    for name, one in numbers.items():
        if one["changed"]:
            only = one["scored_only_before"] + one["scored_only_after"]
            table.add_row(
                name,
                f"{one['changed']:,}",
                _value(one["mean_before"]),
                _value(one["mean_after"]),
                f"{only:,}" if only else "",
            )
    return table


def _largest(numbers: Mapping[str, Mapping[str, Any]]) -> Iterator[RenderableType]:
    table = _table("largest changes", "row", "before", "after")
    for name, one in numbers.items():
        for number, change in enumerate(one["largest"]):
            table.add_row(
                name if number == 0 else "", f"{change['row']:,}", _value(change["before"]), _value(change["after"])
            )
    if table.row_count:
        yield table


def _texts(texts: Mapping[str, Mapping[str, Any]]) -> Iterator[RenderableType]:
    for name, one in texts.items():
        if not one["changed"]:
            continue
        text = Text(f"{name}: {counted(one['changed'], 'row')} with another text\n", style="bold")
        for change in one["first"]:
            text.append(f"  row {change['row']:,}\n", style="dim")
            for mark, style, side in (("-", "red", "before"), ("+", "green", "after")):
                text.append(f"    {mark} ", style=style).append_text(_short(change[side])).append("\n")
        yield text


def _settings(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    for path in found["without_stamp"]:
        yield Text("Note: ", style="yellow").append_text(clean(f"{path} has no provenance, so settings are unknown"))
    settings = [] if found["without_stamp"] else found["settings"]
    if not settings:
        return
    text = Text("other settings\n", style="bold")
    for one in settings[:MAX_SETTINGS]:
        text.append("  ").append_text(clean(one["setting"])).append(": ", style="dim")
        text.append_text(_short(one["before"])).append(" → ").append_text(_short(one["after"])).append("\n")
    if found["settings_changed"] > MAX_SETTINGS:
        text.append(f"  … and {found['settings_changed'] - MAX_SETTINGS:,} more\n")
    text.rstrip()
    yield text


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table


def _value(value: float | None) -> Text:
    return Text("unscored", style="dim") if value is None else Text(f"{value:.6g}")


def _short(text: str | None) -> Text:
    if text is None:
        return Text("none", style="dim")
    return clean(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…")
