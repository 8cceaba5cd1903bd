"""What `p2r-eval run` and `p2r-eval examine` print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from p2r_rewards.commands.terminal import clean
from p2r_rewards.scoring.wording import counted

MAX_FAULTS = 12


def run_blocks(summary: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What came of a run."""
    text = Text(f"{summary['title']}: {summary['answered']:,} of {counted(summary['questions'], 'question')} answered")
    text.append(" by ").append_text(clean(summary["model"]))
    text.stylize("bold")
    if summary["unanswered"]:
        text.append(f" · {summary['unanswered']:,} unanswered", style="bold red")
    if summary["questions"] < summary["of"]:
        text.append(f" · of {summary['of']:,}")
    yield text.append(" → ").append_text(clean(summary["output"]))
    spent = [f"{counted(summary['requests'], 'request')}"]
    if summary["known"]:
        spent.append(f"{summary['known']:,} answers known from before")
    if summary["retries"]:
        spent.append(f"{summary['retries']:,} asked again")
    if summary["prompt_tokens"]:
        spent.append(f"{summary['prompt_tokens']:,} tokens read, {summary['completion_tokens']:,} written")
    if summary["cut_off"]:
        spent.append(f"{summary['cut_off']:,} cut off at --max-tokens")
    yield Text(" · ".join(spent), "dim")
    yield from faults_table(summary["faults"])
    yield from _media(summary)
    if summary["scores"]:
        yield _scores(summary["scores"])
        return
    if summary["sharded"]:
        yield Padding(
            Text("When all shards are done, the command without --shard makes the whole.", "dim"), (1, 0, 0, 0)
        )
        return
    command = f"p2r-eval score {summary['output']} --data {summary['data']}"
    yield Padding(Text("Score: ", "dim").append_text(clean(command)), (1, 0, 0, 0))


def dry_run_blocks(summary: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What would be asked."""
    shown = f"{summary['title']}: {summary['questions']:,} of {counted(summary['of'], 'question')} would be asked"
    yield Text(shown, "bold").append(", by the prompt ").append_text(clean(summary["prompt"]))
    yield from _media(summary)
    yield from _prompt(summary["first_prompt"])


def examination_blocks(plan: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What an examination would ask, condition by condition."""
    for run in plan["runs"]:
        text = Text("\n").append_text(clean(run["condition"])).append(f" · {run['title']}: ")
        text.append(f"{run['questions']:,} of {counted(run['of'], 'question')} would be asked")
        text.stylize("bold")
        yield text.append(", by the prompt ").append_text(clean(run["prompt"]))
        yield from _media(run)
        yield from _prompt(run["first_prompt"])


def _prompt(first: Mapping[str, Any] | None) -> Iterator[RenderableType]:
    if first is None:
        return
    yield Text("\nFirst prompt: ", "bold").append_text(clean(first["key"]))
    if first["system"]:
        yield _part("system", first["system"])
    for path in first["media"]:
        yield Text("[media] ", "dim").append_text(clean(path))
    yield _part("user", first["text"])


def faults_table(faults: list[Mapping[str, Any]]) -> Iterator[RenderableType]:
    """Why questions are unanswered."""
    if not faults:
        return
    table = Table(box=SIMPLE_HEAD, title="\nUnanswered", title_justify="left", title_style="bold", pad_edge=False)
    table.add_column("reason", overflow="fold")
    table.add_column("questions", justify="right")
    table.add_column("first", overflow="fold")
    for one in faults[:MAX_FAULTS]:
        table.add_row(clean(one["fault"][:200]), f"{one['questions']:,}", clean(one["first"][0][:300]))
    yield table


def _scores(scores: list[Mapping[str, Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD, title="\nScore, %", title_justify="left", title_style="bold", pad_edge=False)
    table.add_column("rule")
    table.add_column("what")
    for name in ("score", "95% interval", "questions"):
        table.add_column(name, justify="right")
    for one in scores:
        value, low, high = (one[name] for name in ("value", "low", "high"))
        shown = ("-", "") if value is None else (f"{100 * value:.1f}", f"{100 * low:.1f} to {100 * high:.1f}")
        table.add_row(clean(one["rule"]), clean(one["name"]), *shown, f"{one['count']:,}")
    return table


def _media(summary: Mapping[str, Any]) -> Iterator[RenderableType]:
    if summary["media_message"]:
        yield Padding(Text("Note: ", "yellow").append_text(clean(summary["media_message"])), (1, 0, 0, 0))


def _part(role: str, text: str) -> Text:
    """A part of a prompt, line by line: control characters are shown, line ends kept."""
    lines = Text(f"[{role}]\n", "dim")
    return lines.append_text(Text("\n").join(Text(clean(line).plain, "default") for line in text.split("\n")))
