"""Warning signs over training: shares that rise from the first quarter of the steps to the last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

MIN_ROWS = 30
"""Fewer rows give no sign."""

MIN_GROUPS = 10
"""Fewer groups give no sign."""

MIN_BINS = 4
"""Fewer bins of steps show no trend."""

TREND = 0.1
"""A share that rises by more than this is a sign."""

GROWTH = 1.5
"""Completions that grow by more than this factor are a sign."""


class _Count(NamedTuple):
    found: float
    of: float


def find_trends(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The warning signs in what `Health` describes over steps."""
    if len(steps) < MIN_BINS:
        return
    quarter = len(steps) // 4
    first, last = _totals(steps[:quarter]), _totals(steps[-quarter:])
    span = "between the first and the last quarter of steps"
    for what, before in first.items():
        after = last[what]
        least = MIN_GROUPS if what.startswith("groups") else MIN_ROWS
        if min(before.of, after.of) < least:
            continue
        old, new = before.found / before.of, after.found / after.of
        if what == "characters":
            if old and new > GROWTH * old:
                size = f"{old:,.0f} to {new:,.0f} characters"
                yield f"completions grew from {size} {span} (by more than {GROWTH - 1:.0%})"
        elif new - old > TREND:
            yield f"{what} rose from {share_text(old)} to {share_text(new)} {span} (by more than {TREND:.0%})"


def _totals(steps: Sequence[Mapping[str, Any]]) -> dict[str, _Count]:
    counted = [_counts(one) for one in steps]
    return {
        what: _Count(sum(one[what].found for one in counted), sum(one[what].of for one in counted))
        for what in counted[0]
    }


def _counts(step: Mapping[str, Any]) -> dict[str, _Count]:
    rows, collapse = step["rows"], step["collapse"]
    return {
        "malformed completions": _Count(step["malformed"], rows),
        "leaking observations": _Count(step["leaks"]["rows"], step["leaks"]["known"]),
        "repetitive completions": _Count(step["repetition"]["rows"], step["repetition"]["known"]),
        "completions cut off": _Count(step["truncated"]["rows"], rows),
        **{
            f"groups collapsed in {name}": _Count(
                collapse[name] - collapse[f"{name}_unscored"], collapse["groups"] - collapse[f"{name}_unscored"]
            )
            for name in ("perception", "reasoning")
        },
        "characters": _Count((step["lengths"]["chars"] or 0) * rows, rows),
    }


def share_text(value: float) -> str:
    """The share in per cent, with a decimal where it would be rounded to nothing or all.

    Example:
        >>> share_text(0.41), share_text(0.004)
        ('41%', '0.4%')
    """
    return f"{value:.1%}" if 0 < value < 0.0095 or 0.995 <= value < 1 else f"{value:.0%}"
