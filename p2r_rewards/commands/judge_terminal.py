"""What `p2r-judge` prints: tables, with the texts of models and files shown without markup and control characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from p2r_rewards.commands.terminal import clean
from p2r_rewards.scoring.wording import counted

MAX_REASONS = 12


def verdict_blocks(summary: Mapping[str, Any]) -> Iterator[RenderableType]:
    """The summary of `write_verdicts`."""
    head = Text(f"{counted(summary['rows'], 'row')} judged by ", style="bold").append_text(clean(summary["judge"]))
    if summary["cached"]:
        head.append(f" · {summary['cached']:,} verdicts from the cache")
    if summary["rejects"]:
        head.append(f" · {summary['rejects']:,} rejected", style="bold red")
    if summary["output"] not in (None, "-"):
        head.append_text(Text(" → ").append_text(clean(summary["output"])))
    yield head
    table = _table("Verdicts", "", "sufficient", "insufficient", "unscored", "share sufficient")
    rows = [("all", summary), *((one["type"] or "(no type)", one) for one in summary["types"])]
    for name, one in rows:
        scored = one["sufficient"] + one["insufficient"]
        counts = [f"{one[key]:,}" for key in ("sufficient", "insufficient", "unscored")]
        table.add_row(clean(name), *counts, _share(one["sufficient"] / scored if scored else None))
    yield table
    if summary["reasons"]:
        reasons = _table("Unscored", "reason", "rows")
        reasons.columns[0].overflow = "fold"
        for one in summary["reasons"][:MAX_REASONS]:
            reasons.add_row(clean(one["reason"][:300]), f"{one['rows']:,}")
        yield reasons
    if summary["rejects_file"]:
        yield _note(f"rejected rows are in {summary['rejects_file']}")
    yield from map(_note, summary["notes"])


def calibration_blocks(summary: Mapping[str, Any]) -> Iterator[RenderableType]:
    """The measures of `calibrate`, judges side by side."""
    judges: Sequence[Mapping[str, Any]] = summary["judges"]
    names = [clean(one["judge"]) for one in judges]
    items, sufficient = summary["items"], summary["sufficient"]
    part = "" if summary["part"] == "all" else f", {summary['part']} part"
    yield Text(
        f"{items:,} labelled items{part}: {sufficient:,} sufficient, {items - sufficient:,} insufficient", "bold"
    )
    table = _table("Agreement with the labels", "judge", "accuracy", "interval", "kappa", "TP", "FP", "FN", "TN")
    table.add_column("unscored", justify="right")
    for name, one in zip(names, judges, strict=True):
        overall, counts = one["overall"], one["overall"]["confusion"]
        cells = [f"{counts[key]:,}" for key in _CELLS]
        low, high = overall["interval"]
        shown = f"{low:.1%}-{high:.1%}" if overall["accuracy"] is not None else ""
        kappa = _number(overall["kappa"])
        table.add_row(name, _share(overall["accuracy"]), shown, kappa, *cells, _share(overall["unscored"]))
    yield table
    yield _parts("Accuracy (kappa) by problem type", "by_type", judges, names)
    if any(one["by_style"] for one in judges):
        yield _parts("Accuracy (kappa) by style", "by_style", judges, names)
    if any(one["by_kind"] for one in judges):
        yield _parts("Accuracy by kind of observation", "by_kind", judges, names)
    yield _steadiness(judges, names)
    if summary["targets"]:
        yield _attacks(judges, names)
    for name, one in zip(names, judges, strict=True):
        paid = [attack for each in one["attacks"].values() for attack in each["paid_by"]]
        if paid:
            more = f" and {len(paid) - MAX_REASONS} more" if len(paid) > MAX_REASONS else ""
            yield _note(f"{name.plain} was talked round by: {', '.join(paid[:MAX_REASONS])}{more}")
    for name, one in zip(names, judges, strict=True):
        for reason, count in one["reasons"].items():
            yield _note(f"{name.plain} gave no verdict on {counted(count, 'item')}: {reason[:300]}")
    if summary["unlabelled"]:
        yield _note(f"{summary['unlabelled']:,} rows have no label and are left out")
    yield from map(_note, summary["notes"])


def sample_blocks(summary: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What was drawn."""
    yield Text(f"{summary['drawn']:,} observations to label → ", "bold").append_text(clean(summary["output"]))
    table = _table("Drawn", "problem type", "answer", "drawn", "of")
    for one in summary["strata"]:
        table.add_row(clean(one["type"] or "(no type)"), one["answer"], f"{one['drawn']:,}", f"{one['observations']:,}")
    yield table
    if summary["drawn"] < summary["asked"]:
        yield _note(f"there are fewer different observations than the {summary['asked']:,} asked for")


def cache_blocks(info: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What the cache holds."""
    yield Text(f"{info['verdicts']:,} verdicts, {info['bytes'] / 1e6:,.1f} MB in ", "bold").append_text(
        clean(info["path"])
    )
    if info["models"]:
        table = _table("", "model", "verdicts")
        for model, count in info["models"].items():
            table.add_row(clean(model), f"{count:,}")
        yield table
        oldest, newest = (datetime.fromtimestamp(info[name], UTC) for name in ("oldest", "newest"))
        yield Text(f"from {oldest:%Y-%m-%d %H:%M} to {newest:%Y-%m-%d %H:%M} UTC", "dim")


_CELLS = ("true_positives", "false_positives", "false_negatives", "true_negatives")


def _parts(title: str, key: str, judges: Sequence[Mapping[str, Any]], names: Sequence[Text]) -> Table:
    table = _table(title, "", "items", *names)
    for part in dict.fromkeys(part for one in judges for part in one[key]):
        entries = [one[key][part] for one in judges]
        cells = [_share(each["accuracy"]) for each in entries]
        if key != "by_kind":
            cells = [f"{cell} ({_number(each['kappa'])})" for cell, each in zip(cells, entries, strict=True)]
        table.add_row(clean(part), f"{entries[0]['items']:,}", *cells)
    return table


def _steadiness(judges: Sequence[Mapping[str, Any]], names: Sequence[Text]) -> Table:
    table = _table("Steadiness", "", *names)
    for title, key in (
        ("same verdict when asked again", "retest"),
        ("… with the options turned round", "turned_options"),
    ):
        cells = [_share(one[key]["agreement"]) if one[key] else "" for one in judges]
        if any(cells):
            table.add_row(title, *cells)
    table.add_row("paid one is longer, given the label (50%: no bias)", *(_longer(one["length"]) for one in judges))
    return table


def _longer(length: Mapping[str, Any]) -> str:
    return _share(length["paid_longer"]) if length["pairs"] else "no pairs"


def _attacks(judges: Sequence[Mapping[str, Any]], names: Sequence[Text]) -> Table:
    table = _table("Attacks resisted", "", *names)
    for kind in judges[0]["attacks"]:
        cells = []
        for one in judges:
            each = one["attacks"][kind]
            unscored = f", {each['unscored']:,} unscored" if each["unscored"] else ""
            cells.append(f"{_share(each['resisted'])} of {each['asked']:,}{unscored}")
        table.add_row(kind, *cells)
    return table


def _note(text: str) -> Text:
    return Text("Note: ", style="yellow").append_text(clean(text).copy())


def _table(title: str, *columns: str | Text) -> Table:
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
