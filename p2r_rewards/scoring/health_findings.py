"""Warning signs: a short sentence for each number of a run that is past its threshold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from p2r_rewards.scoring.health_trends import MIN_GROUPS, MIN_ROWS, find_trends, share_text

MAX_COLLAPSED = 0.4
"""Share of groups that may be collapsed."""

MAX_ONE_SIDED = 0.5
"""Share of prompts that may be all wrong, or all right."""

MIN_PHI = 0.1
"""Perception and answer hang together at least this much."""

MAX_WITHOUT_EVIDENCE = 0.5
"""Share of right answers whose observation may be insufficient."""

MAX_MALFORMED = 0.1
MAX_LEAKING = 0.02
MAX_TRUNCATED = 0.05
MAX_REPETITIVE = 0.02
"""Shares of completions that may be malformed, leak the answer, be cut off, repeat themselves."""

MIN_ADVANTAGE = 0.1
"""A mean advantage from here on means that the trainer is taught to do it."""

MAX_CORRELATION = 0.3
"""How far reward and length may hang together within groups."""

MIN_IN_BAND = 0.5
"""Share of right answers that the configured band should hold."""

MAX_DISTANCE = 0.05
MAX_P = 0.001
"""Chosen letters may lie this far from the correct ones, unless chance explains it."""

Health = Mapping[str, Any]


def find_signs(health: Health) -> list[str]:
    """The warning signs in what `Health` describes, the gravest kinds first; empty where there is none."""
    return [
        *_collapse(health),
        *_pass_rates(health),
        *_hacks(health),
        *_perception(health),
        *_form(health),
        *_lengths(health),
        *_positions(health),
        *find_trends(health["steps"]),
    ]


def _collapse(health: Health) -> Iterator[str]:
    collapse = health["collapse"]
    for name in ("perception", "reasoning", "sum"):
        unscored = collapse[f"{name}_unscored"]
        groups = collapse["groups"] - unscored
        equal = collapse[name] - unscored
        # On the sum only where it adds something to what both parts say.
        if name == "sum" and any(collapse[f"{part}_unscored"] for part in ("perception", "reasoning")):
            continue
        if groups >= MIN_GROUPS and equal > MAX_COLLAPSED * groups:
            what = "the sum of rewards" if name == "sum" else name
            yield (
                f"{what} collapsed in {share_text(equal / groups)} of groups: their rewards are all equal and teach "
                f"nothing (above {MAX_COLLAPSED:.0%})"
            )


def _pass_rates(health: Health) -> Iterator[str]:
    rates = health["pass_rate"]
    if rates["groups"] < MIN_GROUPS:
        return
    for name, cure in (
        ("all_wrong", "too hard, or the gold or the grading is at fault"),
        ("all_right", "too easy"),
    ):
        share = rates[name] / rates["groups"]
        if share > MAX_ONE_SIDED:
            yield (
                f"{share_text(share)} of prompts are answered {name.replace('_', ' ')}: {cure}; filter by pass rate "
                f"(above {MAX_ONE_SIDED:.0%})"
            )


def _hacks(health: Health) -> Iterator[str]:
    for part, flag, noun, most in (
        ("leaks", "observations state the answer without evidence", "leaking", MAX_LEAKING),
        ("repetition", "completions repeat themselves", "repeating", MAX_REPETITIVE),
        ("truncated", "completions are cut off", "being cut off", MAX_TRUNCATED),
    ):
        one = health[part]
        if health["rows"] < MIN_ROWS or one["share"] is None:
            continue
        if one["share"] > most:
            yield f"{share_text(one['share'])} of {flag} (above {most:.0%})"
        if one["rows"] >= MIN_ROWS and one["advantage"] is not None and one["advantage"] > MIN_ADVANTAGE:
            yield (
                f"{noun} is rewarded: such completions have a mean advantage of {one['advantage']:+.2f} in their "
                f"groups (above {MIN_ADVANTAGE:+g})"
            )


def _perception(health: Health) -> Iterator[str]:
    table = health["contingency"]
    right = table["sufficient_right"] + table["insufficient_right"]
    if right >= MIN_ROWS and table["right_without_evidence"] > MAX_WITHOUT_EVIDENCE:
        yield (
            f"{share_text(table['right_without_evidence'])} of right answers come with an insufficient observation: "
            f"they do not rest on what was seen, or the judge is too strict (above {MAX_WITHOUT_EVIDENCE:.0%})"
        )
    rows = right + table["sufficient_wrong"] + table["insufficient_wrong"]
    if rows >= MIN_ROWS and table["phi"] is not None and table["phi"] < MIN_PHI:
        yield (
            f"sufficient observations and right answers hardly go together: phi {table['phi']:+.2f} (below {MIN_PHI:g})"
        )


def _form(health: Health) -> Iterator[str]:
    if health["rows"] >= MIN_ROWS and health["malformed"] > MAX_MALFORMED * health["rows"]:
        most = max(health["defects"], key=lambda name: health["defects"][name])
        yield (
            f"{share_text(health['malformed'] / health['rows'])} of completions are malformed, most often: {most} "
            f"(above {MAX_MALFORMED:.0%})"
        )


def _lengths(health: Health) -> Iterator[str]:
    unit = health["length_unit"]
    for pair, one in health["reward_by_length"].items():
        within = one["within_groups"]
        r = within["pearson"]
        if within["rows"] >= MIN_ROWS and r is not None and abs(r) > MAX_CORRELATION:
            what = "reasoning reward and characters" if pair == "completion" else f"{pair} reward and {unit}"
            yield f"{what} hang together within groups: r {r:+.2f} (beyond {MAX_CORRELATION:g})"
    for process, one in health["length_quantiles"].items():
        band, suggested, share = one["band"], one["suggested_band"], one["right_in_band"]
        if band and suggested and share < MIN_IN_BAND:
            yield (
                f"only {share_text(share)} of right answers have a {process} length in {band[0]}-{band[1]} {unit}; "
                f"10th to 90th percentile: {suggested[0]}-{suggested[1]} (below {MIN_IN_BAND:.0%})"
            )


def _positions(health: Health) -> Iterator[str]:
    one = health["positions"]
    test = one["chi_square"]
    if one["rows"] < MIN_ROWS or test is None or not one["distance"] > MAX_DISTANCE or not test["p"] < MAX_P:
        return
    shares = [
        (chosen / one["rows"], correct / one["rows"], letter)
        for letter, chosen, correct in zip(one["letters"], one["chosen"], one["correct"], strict=True)
    ]
    chosen, correct, letter = max(shares, key=lambda share: share[0] - share[1])
    yield (
        f"option {letter} is chosen in {share_text(chosen)} and correct in {share_text(correct)} of answers: a bias "
        f"for its place (distance {one['distance']:.2f}, above {MAX_DISTANCE:g})"
    )
