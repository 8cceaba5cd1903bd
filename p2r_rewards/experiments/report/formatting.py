"""Numbers as the page writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NONE = "–"


def share(part: float, whole: float) -> str:
    """A count with its share.

    Example:
        >>> share(3, 12), share(0, 0)
        ('3 (25%)', '0')
    """
    return f"{part:,} ({part / whole:.0%})" if whole else f"{part:,}"


def percent(value: float | None) -> str:
    """A share in percent; a dash where there is none."""
    return NONE if value is None else f"{value:.1%}"


def decimal(value: float | None, digits: int = 3) -> str:
    """A number; a dash where there is none."""
    return NONE if value is None else f"{value:.{digits}f}"


def signed(value: float | None) -> str:
    """A number with its sign; a dash where there is none."""
    return NONE if value is None else f"{value:+.2f}"


def mean(described: Mapping[str, Any], *, spread: bool = False) -> str:
    """A mean as `p2r_rewards.scoring.moments` describes it, with its deviation if asked for."""
    if described["mean"] is None:
        return "unscored"
    text = f"{described['mean']:.3f}"
    return f"{text} ± {described['std']:.3f}" if spread and described["std"] is not None else text


def interval(low: float, high: float) -> str:
    """An interval of shares."""
    return f"{low:.1%}–{high:.1%}"
