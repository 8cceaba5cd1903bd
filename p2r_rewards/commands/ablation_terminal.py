"""Ablations on the same rollouts as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from p2r_rewards.scoring.wording import counted

_SHARES = ("flipped", "lost", "gained")


def variant_blocks(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What `compare_variants` found."""
    yield Text(f"{counted(found['rollouts'], 'rollout')}, {found['compared']:,} with a group and both rewards", "bold")
    table = _table("Groups that teach nothing", "", "groups", "collapsed", "share")
    for one in found["variants"]:
        shown = f"{one['groups']:,}", f"{one['collapsed']:,}", f"{one['collapsed_share']:.1%}"
        table.add_row(one["variant"], *shown)
    yield table
    for process in ("perception", "reasoning"):
        table = _table(f"Advantages of {process}'s tokens, against {found['variants'][0]['variant']}", "", *_SHARES)
        for one in found["variants"][1:]:
            table.add_row(one["variant"], *(f"{one[process][share]:.1%}" for share in _SHARES))
        yield table
    yield Text(
        "flipped: of the other sign; lost: 0 where PA-GRPO's is not; gained: not 0 where PA-GRPO's is. Shares of "
        "rollouts.",
        "dim",
    )
    if found["without_length"]:
        note = f"{counted(found['without_length'], 'rollout')} without a length reward: there R_len changes nothing"
        yield Text("Note: ", "yellow").append(note, "default")


def _table(title: str, *columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table
