"""What `p2r-cot` prints: steps, rejects, counts beside the paper's; texts of data without control characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from p2r_rewards.commands.terminal import clean
from p2r_rewards.scoring.wording import counted

MAX_KINDS = 12
MAX_PROMPT_CHARS = 20_000


def summary_blocks(summary: Mapping[str, Any]) -> Iterator[RenderableType]:
    """The summary of a run, step by step."""
    headline = Text(f"{counted(summary['rows'], 'row')} in, {summary['kept']:,} kept", style="bold")
    for path in summary["output"]:
        headline.append_text(Text(" → ").append_text(clean(path)))
    yield headline
    steps = _table("Steps", "", "rows", "kept", "rejected")
    for step in summary["steps"]:
        rejected = step["rows"] - step["kept"]
        steps.add_row(step["step"], f"{step['rows']:,}", f"{step['kept']:,}", f"{rejected:,}")
        for kind, count in list(step["rejected"].items())[:MAX_KINDS]:
            steps.add_row(clean(f"  {kind}"), "", "", Text(f"{count:,}", "dim"))
    yield steps
    last = summary["steps"][-1]
    if last["step"] == "sufficiency":
        yield _beside_paper(last["types"], last["data_types"])
    yield Text(f"rejected rows are in {clean(summary['rejects']).plain}", style="dim")
    for name in ("generation", "judging"):
        if (took := summary[name]) is not None:
            yield _requests(name, took)
    for note in summary["notes"]:
        yield Text("Note: ", style="yellow").append_text(clean(note))


def preview_blocks(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What a run would do."""
    line = f"{counted(found['rows'], 'row')}, {found['usable']:,} of them usable; "
    line += f"{counted(found['requests'], 'request')} to be sent, {found['known']:,} answers known"
    yield Text(line, style="bold")
    for kind, count in found["faults"].items():
        yield clean(f"  left out, {kind}: {count:,}")
    yield _beside_paper(found["types"], found["data_types"])
    if found["prompt"] is None:
        yield Text("No row can be sent.")
        return
    shown = ", ".join(f"{count} × {kind}" for kind, count in found["media"]["parts"].items()) or "no media"
    yield Text(f"The first request: {shown}, {found['media']['bytes']:,} bytes, and this prompt:\n", style="bold")
    for line in found["prompt"][:MAX_PROMPT_CHARS].splitlines():
        yield clean(line)


def statistics_blocks(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Counts of a data set of traces."""
    yield Text(f"{counted(found['records'], 'record')}, {found['unreadable']:,} without a trace", style="bold")
    yield _beside_paper(found["types"], found["data_types"])
    words = _table("Words of a segment", "", "mean", "5%", "median", "95%", "most")
    for name, one in found["words"].items():
        if one is not None:
            words.add_row(name, *(f"{one[part]:,.0f}" for part in ("mean", "p5", "median", "p95", "most")))
    yield words
    if found["map"] is not None:
        one = found["map"]
        yield Text(
            f"silhouette of observations against reasoning: {one['silhouette']:.3f}, of {one['traces']:,} traces"
        )
    for path in found["files"]:
        yield clean(path)


def _beside_paper(types: Mapping[str, int], data_types: Mapping[str, int]) -> Table:
    from p2r_rewards.experiments.cot.statistics import PAPER_DATA_TYPES, PAPER_KEPT, PAPER_TYPES

    table = _table("By type and modality, beside Table 3", "", "here", "", "paper", "")
    for counts, paper in ((types, PAPER_TYPES), (data_types, PAPER_DATA_TYPES)):
        total = sum(counts.values())
        for name in dict.fromkeys((*paper, *counts)):
            here, there = counts.get(name, 0), paper.get(name)
            share = f"{here / total:.1%}" if total else ""
            told = ("", "") if there is None else (f"{there:,}", f"{there / PAPER_KEPT:.1%}")
            table.add_row(clean(name), f"{here:,}", share, *told)
        table.add_section()
    return table


def _requests(name: str, took: Mapping[str, Any]) -> Text:
    known = took.get("known", took.get("cached", 0))
    text = f"{name}: {counted(took['requests'], 'request')} ({took['retries']:,} again), {known:,} known before; "
    return Text(text + f"{took['prompt_tokens']:,} tokens read, {took['completion_tokens']:,} written", style="dim")


def _table(title: str, *columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table
