"""The parts of a scored run's report that come from its health: groups, lengths, behaviour, places, steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from p2r_rewards.experiments.report.formatting import NONE, decimal, percent, share, signed
from p2r_rewards.experiments.report.page import Block, Plot, Plots, Section, Table
from p2r_rewards.experiments.report.plots import (
    Spread,
    draw_bars,
    draw_columns,
    draw_lines,
    draw_pairs,
    draw_spreads,
)
from p2r_rewards.experiments.report.svg import PERCEPTION, REASONING, THIRD

REWARDS = ("perception", "reasoning", "both", "sum")
NAMES = {"perception": "perception", "reasoning": "reasoning (GRPO)", "both": "both (PA-GRPO)", "sum": "sum of both"}
COLOURS = {"perception": PERCEPTION, "reasoning": REASONING}
QUANTILES = ("p10", "p25", "p50", "p75", "p90")
Health = Mapping[str, Any]


def groups(health: Health, collapsed: Mapping[str, int] | None) -> Section:
    """Groups that teach nothing, and how often prompts are answered right.

    Args:
        health: What `p2r_rewards.scoring.health.Health` describes.
        collapsed: The summary's counts; None where no row has a group.
    """
    if collapsed is None or not collapsed["groups"]:
        return Section("groups", "Groups")
    total = collapsed["groups"]
    title = "Groups that teach nothing"
    table = Table(title, ("reward", "collapsed"), [(NAMES[name], share(collapsed[name], total)) for name in REWARDS])
    drawing = draw_bars(
        {NAMES[name]: collapsed[name] for name in REWARDS},
        [share(collapsed[name], total) for name in REWARDS],
        name="collapse",
        label=title,
        colour=THIRD,
    )
    alt = f"Of {total:,} groups: " + ", ".join(f"{NAMES[name]} {collapsed[name]:,}" for name in REWARDS)
    plots = [Plot(title, drawing, alt, table), *_pass_rates(health["pass_rate"])]
    lead = (
        "A group whose rewards are all equal, or with fewer than two known, gives no advantage (VideoP2R, Fig. 6c). "
        "What counts for PA-GRPO is both at once."
    )
    return Section("groups", "Groups", lead, [Plots(plots)])


def lengths(health: Health) -> Section:
    """How long segments are, against the bands that are paid."""
    unit, plots = health["length_unit"], []
    rows: list[tuple[str, ...]] = []
    for process, one in health["length_quantiles"].items():
        spreads = {
            name: Spread(name, *(one[key][quantile] for quantile in QUANTILES))
            for name, key in (("all", "all"), ("right answers", "right"))
            if one[key]["counted"]
        }
        for name, spread in spreads.items():
            rows.append((f"{process}, {name}", *_quantiles(spread), *_band_cells(one, of_right=name != "all")))
        if spreads:
            plots.append(_length_plot(process, unit, list(spreads.values()), one["band"]))
    blocks: list[Block] = [Plots(plots)] if plots else []
    if rows:
        columns = ("", "10%", "25%", "50%", "75%", "90%", "counted", "band", "right ones in it", "suggested")
        blocks.append(Table(f"Lengths, in {unit}", columns, rows))
    correlations = [
        (
            "characters and reasoning reward" if pair == "completion" else pair,
            *(signed(value) for value in (one["pearson"], one["spearman"], one["within_groups"]["pearson"])),
        )
        for pair, one in health["reward_by_length"].items()
        if one["pearson"] is not None
    ]
    if correlations:
        heads = ("", "Pearson", "Spearman", "within groups")
        blocks.append(Table("Does length pay? Correlation of reward and length", heads, correlations))
    lead = "Line: 10th to 90th percentile; bar: the middle half; stroke: median; shaded: where the bonus is paid."
    return Section("lengths", "Lengths", lead if plots else "", blocks)


def behaviour(health: Health) -> Section:
    """Leaks, repetition and cut-off completions, what they earn; and what observations have to do with answers."""
    blocks: list[Block] = []
    rows: list[tuple[str, ...]]
    cells = health["contingency"]
    if any(cells[f"{side}_{answer}"] for side in ("sufficient", "insufficient") for answer in ("right", "wrong")):
        rows = [
            (f"{side} observation", *(f"{cells[f'{side}_{answer}']:,}" for answer in ("right", "wrong")))
            for side in ("sufficient", "insufficient")
        ]
        caption = f"Observation by answer, phi {signed(cells['phi'])}"
        blocks.append(Table(caption, ("", "right answer", "wrong answer"), rows))
    kinds = (("answer leaked by the observation", "leaks"), ("repetitive", "repetition"), ("cut off", "truncated"))
    rows = []
    for name, key in kinds:
        one = health[key]
        known = one.get("known", health["rows"])
        if known:
            rows.append((name, f"{known:,}", f"{one['rows']:,}", percent(one["share"]), signed(one["advantage"])))
    columns = ("", "looked at", "rollouts", "share", "mean advantage")
    blocks.append(Table("Leaks, repetition, cut-offs, and what they earn", columns, rows))
    lead = "A mean advantage above 0 says that training would teach it."
    return Section("behaviour", "Perception and behaviour", lead, blocks)


def positions(health: Health) -> Section:
    """Which options are chosen, and which are right."""
    one = health["positions"]
    if not one["rows"]:
        return Section("places", "Options by place")
    letters = one["letters"]
    shares = {name: [count / one["rows"] for count in one[name]] for name in ("chosen", "correct")}
    title = "Options by place"
    table = Table(
        title, ("", *letters), [(name, *(f"{value:.1%}" for value in values)) for name, values in shares.items()]
    )
    alt = "; ".join(
        f"{letter}: chosen {chosen:.0%}, correct {correct:.0%}"
        for letter, chosen, correct in zip(letters, shares["chosen"], shares["correct"], strict=True)
    )
    test = one["chi_square"]
    lead = f"Of {one['rows']:,} choice answers with a clean letter."
    if test is not None:
        lead += f" Chosen against correct: chi-square p {test['p']:.2g}."
    drawing = draw_pairs(letters, shares, name="places", label=title)
    return Section("places", title, lead, [Plots([Plot(title, drawing, alt, table)])])


def dynamics(health: Health) -> Section:
    """How it all moves over training steps."""
    steps = health["steps"]
    if len(steps) < 2:
        return Section("steps", "Over training steps")
    at = [(one["first"] + one["last"]) / 2 for one in steps]
    names = [
        f"{one['first']:g}" if one["first"] == one["last"] else f"{one['first']:g}–{one['last']:g}" for one in steps
    ]
    plots = []
    for key, title, curves, is_share in _curves(steps, health["length_unit"]):
        if any(value is not None for curve in curves.values() for value in curve):
            shown = (lambda value: NONE if value is None else f"{value:.1%}") if is_share else decimal
            table = Table(
                title,
                ("step", *curves),
                [(name, *(shown(curve[number]) for curve in curves.values())) for number, name in enumerate(names)],
            )
            drawing = draw_lines(at, curves, name=f"steps-{key}", label=title, share=is_share)
            plots.append(Plot(title, drawing, _ends(curves, shown), table))
    lead = f"{len(steps):,} points from step {steps[0]['first']:g} to {steps[-1]['last']:g}."
    return Section("steps", "Over training steps", lead, [Plots(plots)])


def _length_plot(process: str, unit: str, spreads: Sequence[Spread], band: Sequence[int] | None) -> Plot:
    title = f"Length of {process}, in {unit}"
    table = Table(title, ("", "10%", "25%", "50%", "75%", "90%"), [(one.name, *_quantiles(one)) for one in spreads])
    shaded = (band[0], band[1]) if band else None
    drawing = draw_spreads(spreads, shaded, name=f"length-{process}", label=title, colour=COLOURS[process])
    alt = "; ".join(f"{one.name}: median {one.p50:.0f}, {one.p10:.0f} to {one.p90:.0f}" for one in spreads)
    return Plot(title, drawing, f"{alt}; band {band[0]} to {band[1]}" if band else alt, table)


def _quantiles(spread: Spread) -> tuple[str, ...]:
    return tuple(f"{value:.0f}" for value in spread[1:])


def _band_cells(one: Mapping[str, Any], *, of_right: bool) -> tuple[str, ...]:
    counted, band = one["right" if of_right else "all"]["counted"], one["band"]
    if not (of_right and band):
        return (f"{counted:,}", "", "", "")
    suggested = "–".join(map(str, one["suggested_band"] or ()))
    return (f"{counted:,}", f"{band[0]}–{band[1]}", percent(one["right_in_band"]), suggested)


def _pass_rates(rates: Mapping[str, Any]) -> list[Plot]:
    if not rates["groups"]:
        return []
    bins = len(rates["histogram"])
    counts = [rates["all_wrong"], *rates["histogram"], rates["all_right"]]
    names = ["none", *("" for _ in range(bins)), "all"]
    names[1 + bins // 2] = "half"
    title = "Pass rate of prompts"
    rows = [
        ("all wrong", share(rates["all_wrong"], rates["groups"])),
        *(
            (f"{number / bins:.0%} to {(number + 1) / bins:.0%}", share(count, rates["groups"]))
            for number, count in enumerate(rates["histogram"])
        ),
        ("all right", share(rates["all_right"], rates["groups"])),
    ]
    drawing = draw_columns(names, counts, name="pass-rates", label=title, strong={0, bins + 1})
    alt = (
        f"{rates['all_wrong']:,} of {rates['groups']:,} prompts all wrong, {rates['between']:,} between, "
        f"{rates['all_right']:,} all right"
    )
    return [Plot(title, drawing, alt, Table(title, ("right answers", "prompts"), rows))]


def _curves(
    steps: Sequence[Mapping[str, Any]], unit: str
) -> list[tuple[str, str, dict[str, list[float | None]], bool]]:
    def means(*names: str) -> dict[str, list[float | None]]:
        return {name.split("_")[0]: [one["means"][name] for one in steps] for name in names}

    def collapse(name: str) -> list[float | None]:
        return [
            one["collapse"][name] / one["collapse"]["groups"] if one["collapse"]["groups"] else None for one in steps
        ]

    faults: dict[str, list[float | None]] = {
        "malformed": [one["malformed"] / one["rows"] if one["rows"] else None for one in steps],
        "leaking": [one["leaks"]["share"] for one in steps],
        "repetitive": [one["repetition"]["share"] for one in steps],
        "cut off": [one["truncated"]["share"] for one in steps],
    }
    return [
        ("accuracy", "Accuracy", means("perception_accuracy", "reasoning_accuracy"), False),
        ("reward", "Reward", means("perception_reward", "reasoning_reward"), False),
        ("collapse", "Collapsed groups", {NAMES[name]: collapse(name) for name in REWARDS[:3]}, True),
        ("format", "Format reward", means("perception_format", "reasoning_format"), False),
        (
            "length",
            f"Segment length, in {unit}",
            {name: [one["lengths"][name] for one in steps] for name in ("perception", "reasoning")},
            False,
        ),
        ("faults", "Faults", faults, True),
    ]


def _ends(curves: Mapping[str, Sequence[float | None]], shown: Any) -> str:
    return "; ".join(f"{name}: from {shown(curve[0])} to {shown(curve[-1])}" for name, curve in curves.items())
