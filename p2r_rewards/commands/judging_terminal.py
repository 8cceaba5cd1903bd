"""What `p2r-score` prints of a judge, and of think-answer mismatch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from p2r_rewards.commands.terminal import clean
from p2r_rewards.scoring.wording import counted

MAX_SHOWN = 5


def judge_line(judge: Mapping[str, Any]) -> RenderableType:
    """Who judged how many observations, what came of it, and what it took."""
    text = Text("Perception judged by ").append_text(clean(judge["judge"]))
    text.stylize("bold")
    text.append(f": {counted(judge['items'], 'observation')} ({judge['distinct']:,} different): ")
    text.append(f"{judge['sufficient']:,} sufficient, {judge['insufficient']:,} insufficient")
    if judge["unscored"]:
        text.append(f", {judge['unscored']:,} unscored", style="red")
    if judge["requests"]:
        tokens = f"{judge['prompt_tokens']:,} tokens read, {judge['completion_tokens']:,} written"
        text.append(f" · {counted(judge['requests'], 'request')}, {tokens}")
    if judge["cached"]:
        text.append(f" · {judge['cached']:,} from the cache")
    if judge["cost"] is not None:
        text.append(f" · cost {judge['cost']:.2f}")
    return Padding(text, (0, 0, 1, 0))


def mismatch_blocks(mismatch: Mapping[str, Any]) -> Iterator[RenderableType]:
    """The rate of think-answer mismatch as a table, and its first rows."""
    if not mismatch["rows"]:
        yield Text("Think-answer mismatch: no row has a choice question with options", style="dim")
        return
    title = "Think-answer mismatch: the answer is not what the reasoning settled on, by "
    table = Table(box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    table.title = clean(title + mismatch["extraction"])
    for number, column in enumerate(("", "rollouts", "decided", "mismatches", "rate", "undecided")):
        table.add_column(column, justify="right" if number else "left")
    named = [(one["type"], one) for one in mismatch["types"]] + [(one["subset"], one) for one in mismatch["subsets"]]
    for name, one in named:
        rate = "-" if one["rate"] is None else f"{one['rate']:.1%}"
        counts = [f"{one[key]:,}" for key in ("rows", "decided", "mismatches")]
        table.add_row(clean(name), *counts, rate, f"{one['undecided']:,}")
    yield table
    if mismatch["first"]:
        yield _first(mismatch["first"][:MAX_SHOWN])


def _first(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False, title="First mismatches")
    for column in ("think", "answer", "how the reasoning was read", "row"):
        table.add_column(column, overflow="fold")  # line numbers stand last
    for one in rows:
        table.add_row(
            clean(one["think"]), clean(one["answer"]), clean(one["how"]), clean(f"{one['file']}:{one['line']}")
        )
    return table
