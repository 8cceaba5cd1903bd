"""Health and comparison as tables in the terminal, for 80 columns; quiet where there is nothing to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from p2r_rewards.commands.terminal import clean
from p2r_rewards.scoring.wording import counted

MAX_STEPS = 12
MAX_TYPES = 20
MAX_KINDS = 12
MAX_SHOWN = 200
_SCALE = "▁▂▃▄▅▆▇█"


def health_blocks(health: Mapping[str, Any], *, whole: bool = True) -> Iterator[RenderableType]:
    """What to print of `p2r_rewards.scoring.health.Health.result`, piece by piece; nothing where there are no rows.

    Args:
        health: The result.
        whole: Whether the tables are printed too, or the findings alone.
    """
    if not health["rows"]:
        return
    yield from _findings(health["findings"])
    if not whole:
        return
    yield from _pass_rates(health["pass_rate"])
    yield from _contingency(health["contingency"])
    yield from _lengths(health)
    yield from _behaviours(health)
    yield from _positions(health["positions"])
    yield from _steps(health["steps"])


def comparison_blocks(comparison: Mapping[str, Any], *, name: str) -> Iterator[RenderableType]:
    """What to print of `p2r_rewards.scoring.compare.Comparison.describe`, piece by piece.

    Args:
        comparison: The description.
        name: The mode or column that was compared with.
    """
    theirs = clean(name).plain
    if not comparison["rows"]:
        return
    agreement = comparison["agreement"]
    head = Text(f"Compared with {theirs}: ", style="bold")
    if agreement is None:
        head.append(f"no row of {comparison['rows']:,} has both values", style="bold red")
    else:
        both = comparison["agree"] + comparison["ours_higher"] + comparison["theirs_higher"]
        head.append(f"{comparison['agree']:,} of {counted(both, 'row')} agree ({agreement:.1%})", style="bold")
    yield head
    span = comparison["theirs_range"]
    if span is not None and not 0 <= span[0] <= span[1] <= 1:
        yield Text("Note: ", style="yellow").append(
            f"{theirs} runs from {span[0]:g} to {span[1]:g}, so it is no accuracy in [0, 1]"
        )
    if comparison["agree"] < comparison["rows"]:
        yield _types(comparison["types"])
        yield from _kinds(comparison["kinds"])


def _findings(findings: list[str]) -> Iterator[RenderableType]:
    if not findings:
        return
    grid = Table.grid(padding=(0, 1, 0, 0))
    for finding in findings:
        grid.add_row(Text("!", style="bold red"), clean(finding))
    yield grid


def _pass_rates(rates: Mapping[str, Any]) -> Iterator[RenderableType]:
    if not rates["groups"]:
        return
    table = _table("", "all wrong", "between", "all right", "mean", "0 to 1")
    counts = [rates["all_wrong"], rates["between"], rates["all_right"]]
    shares = [f"{count:,} ({count / rates['groups']:.0%})" for count in counts]
    table.add_row(f"of {rates['groups']:,}", *shares, f"{rates['mean']:.2f}", _bars(rates["histogram"]))
    yield _titled("Pass rate of prompts", table)


def _contingency(cells: Mapping[str, Any]) -> Iterator[RenderableType]:
    names = ("sufficient_right", "sufficient_wrong", "insufficient_right", "insufficient_wrong")
    if not any(cells[name] for name in names):
        return
    phi = "" if cells["phi"] is None else f", phi {cells['phi']:+.2f}"
    table = _table("", "right", "wrong")
    for side in ("sufficient", "insufficient"):
        table.add_row(side, *(f"{cells[f'{side}_{answer}']:,}" for answer in ("right", "wrong")))
    yield _titled(f"Observation by answer{phi}", table)


def _lengths(health: Mapping[str, Any]) -> Iterator[RenderableType]:
    table = _table("", "10%", "50%", "90%", "band", "in it", "suggested")
    for process, one in health["length_quantiles"].items():
        right, band, suggested = one["right"], one["band"], one["suggested_band"]
        if right["counted"]:
            table.add_row(
                process,
                *(f"{right[name]:.0f}" for name in ("p10", "p50", "p90")),
                f"{band[0]}-{band[1]}" if band else "",
                f"{one['right_in_band']:.0%}" if band else "",
                f"{suggested[0]}-{suggested[1]}" if suggested else "",
            )
    if table.row_count:
        yield _titled(f"Length of right answers, in {health['length_unit']}", table)
    table = _table("", "Pearson", "Spearman", "within groups")
    for pair, one in health["reward_by_length"].items():
        values = (one["pearson"], one["spearman"], one["within_groups"]["pearson"])
        if any(value is not None for value in values):
            name = "characters" if pair == "completion" else pair
            table.add_row(name, *("" if value is None else f"{value:+.2f}" for value in values))
    if table.row_count:
        yield _titled("Reward by length, r", table)


def _behaviours(health: Mapping[str, Any]) -> Iterator[RenderableType]:
    table = _table("", "rows", "share", "mean advantage")
    for name, part in (("answer leaked", "leaks"), ("repetitive", "repetition"), ("cut off", "truncated")):
        one = health[part]
        if one["rows"]:
            advantage = "" if one["advantage"] is None else f"{one['advantage']:+.2f}"
            table.add_row(name, f"{one['rows']:,}", f"{one['share']:.1%}", advantage)
    if table.row_count:
        yield _titled("Behaviour, and what it earns", table)


def _positions(one: Mapping[str, Any]) -> Iterator[RenderableType]:
    if not one["rows"] or not one["distance"]:
        return
    test = one["chi_square"]
    p = "" if test is None else ", p < 1e-9" if test["p"] < 1e-9 else f", p {test['p']:.1g}"
    table = _table("", *one["letters"])
    for name in ("correct", "chosen"):
        table.add_row(name, *(f"{count / one['rows']:.0%}" for count in one[name]))
    yield _titled(f"Options by place, {counted(one['rows'], 'answer')}{p}", table)


def _steps(steps: list[Mapping[str, Any]]) -> Iterator[RenderableType]:
    if len(steps) < 2:
        return
    table = _table("", "perception", "reasoning", "collapsed P", "R", "both", "malformed", "repeats", "chars")
    shown = steps
    if len(steps) > MAX_STEPS:  # evenly spread, the first and the last among them
        shown = [steps[number * (len(steps) - 1) // (MAX_STEPS - 1)] for number in range(MAX_STEPS)]
    for one in shown:
        collapse, repetition = one["collapse"], one["repetition"]
        table.add_row(
            f"{one['first']:g}" if one["first"] == one["last"] else f"{one['first']:g}-{one['last']:g}",
            _mean(one["means"]["perception_accuracy"]),
            _mean(one["means"]["reasoning_accuracy"]),
            *(_share(collapse[name], collapse["groups"]) for name in ("perception", "reasoning", "both")),
            _share(one["malformed"], one["rows"]),
            _share(repetition["rows"], repetition["known"]),
            "" if one["lengths"]["chars"] is None else f"{one['lengths']['chars']:.0f}",
        )
    yield _titled("Over steps", table)


def _types(types: list[Mapping[str, Any]]) -> Table:
    table = _table("", "rows", "agree", "ours higher", "theirs higher", "unscored by us", "by them")
    for one in types[:MAX_TYPES]:
        names = ("rows", "agree", "ours_higher", "theirs_higher", "ours_unscored", "theirs_unscored")
        table.add_row(clean(one["type"] or "(none)"), *(f"{one[name]:,}" if one[name] else "" for name in names))
    if len(types) > MAX_TYPES:
        table.add_row(f"… and {len(types) - MAX_TYPES:,} more")
    return table


def _kinds(kinds: list[Mapping[str, Any]]) -> Iterator[RenderableType]:
    """Each kind as a few lines: how many rows, one of them, and both explanations below one another."""
    for kind in kinds[:MAX_KINDS]:
        text = Text(f"{kind['direction']}, {counted(kind['rows'], 'row')}", style="bold")
        if not kind["first"]:
            yield text
            continue
        one = kind["first"][0]
        place = clean(f", first {one['file']}:{one['line']}")
        place.stylize("not bold dim")
        yield text.append_text(place)
        grid = Table.grid(padding=(0, 2, 0, 0))
        for side in ("ours", "theirs"):
            value = "unscored" if one[side] is None else f"{one[side]:.4g}"
            grid.add_row(f"  {side}", value, _short(one[f"{side}_how"]))
        for name in ("answer", "gold"):
            if one[name] is not None:
                grid.add_row(f"  {name}", "", _short(one[name]))
        grid.columns[0].style = grid.columns[1].style = "dim"
        yield grid
    if len(kinds) > MAX_KINDS:
        yield Text(f"… and {len(kinds) - MAX_KINDS:,} more kinds")


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _titled(title: str, table: Table) -> Group:
    # A table's own title would be folded at the table's width.
    return Group(Text(title, style="bold"), table)


def _bars(counts: list[int]) -> str:
    most = max(counts, default=0)
    return "".join(_SCALE[-(-count * 7 // most)] if most else _SCALE[0] for count in counts)


def _mean(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _share(count: int, of: int) -> str:
    return f"{count / of:.0%}" if of else ""


def _short(text: str) -> Text:
    return clean(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…")
