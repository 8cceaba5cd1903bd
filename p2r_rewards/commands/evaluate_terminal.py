"""Scores of a benchmark as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from p2r_rewards.commands.terminal import clean

MAX_CELLS = 40
_RULES = {"official": "the benchmark's own", "paper": "the paper's", "default": "this library's"}


def score_blocks(record: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What `scores.json` holds, as texts and tables."""
    head = Text(style="bold")
    head.append_text(clean(str(record["model"] or "unnamed model"))).append(
        f" · {record['benchmark']} ({record['variant']}) · {record['answered']:,} of {record['questions']:,} answered"
    )
    yield head
    yield _measures(record)
    yield _counts(record)
    for name in record["rules"]["official"]["by"]:
        yield _breakdown(record, name)


def _table(title: str, *columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    return table


def _measures(record: Mapping[str, Any]) -> Table:
    table = _table("Scores in %, with 95% intervals", "rule", "score", "", "questions", "note")
    table.columns[1].justify = table.columns[4].justify = "left"
    table.columns[4].overflow = "fold"
    for rule, found in record["rules"].items():
        for number, one in enumerate(found["measures"]):
            table.add_row(
                _RULES[rule] if not number else "",
                clean(one["name"]),
                _shown(one),
                f"{one['count']:,}",
                clean(one["note"]),
            )
    return table


def _shown(one: Mapping[str, Any]) -> Text:
    if one["value"] is None:
        return Text("–", style="dim")
    text = Text(f"{100 * one['value']:.1f}")
    if one["low"] is not None:
        text.append(f" [{100 * one['low']:.1f}, {100 * one['high']:.1f}]", style="dim")
    return text


def _counts(record: Mapping[str, Any]) -> Table:
    fate = "count as wrong" if record["unanswered"] == "wrong" else "are left out"
    table = _table("What is not in them", "", *_RULES.values())
    for title, name in (("scored", "scored"), ("no answer found in the reply", "unparsed")):
        table.add_row(title, *(f"{record['rules'][rule][name]:,}" for rule in _RULES))
    reasons = list(dict.fromkeys(reason for rule in _RULES for reason in record["rules"][rule]["unscored"]))
    for reason in reasons[:MAX_CELLS]:
        counts = (record["rules"][rule]["unscored"].get(reason, 0) for rule in _RULES)
        table.add_row(
            Text("unscored: ").append_text(clean(reason)), *(f"{count:,}" if count else "" for count in counts)
        )
    rest = (
        f"missing {record['missing']:,}, failed {record['failed']:,} (these {fate}); "
        f"empty replies {record['empty']:,}, cut off {record['cut_off']:,}"
    )
    table.caption, table.caption_justify = Text(rest), "left"
    return table


def _breakdown(record: Mapping[str, Any], name: str) -> Table:
    by = {rule: {one["name"]: one for one in record["rules"][rule]["by"][name]} for rule in _RULES}
    table = _table(f"By {name}, mean in %", name, "questions", *_RULES.values())
    values = list(by["official"])
    for value in values[:MAX_CELLS]:
        count = max(by[rule][value]["count"] for rule in _RULES)
        table.add_row(clean(value), f"{count:,}", *(_shown(by[rule][value]) for rule in _RULES))
    if len(values) > MAX_CELLS:
        table.add_row(f"… and {len(values) - MAX_CELLS} more", "", *("" for _ in _RULES))
    return table
