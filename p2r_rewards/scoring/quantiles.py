"""Exact quantiles of counts in bounded memory, and the band of lengths that right answers suggest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

LIMIT = 1_000_000
"""Counts from here on are taken as this."""

SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""The quantiles that are shown."""

BAND_SHARES = (0.1, 0.9)
"""Between these quantiles of the right answers lies the suggested band."""

MIN_RIGHT = 30
"""Fewer right answers suggest no band."""


class CountHistogram:
    """How often each count in 0, 1, …, `LIMIT` came: eight bytes up to the largest, whatever the number of rows."""

    def __init__(self) -> None:
        self._rows = np.zeros(1024, np.int64)
        self.total = 0

    def add(self, counts: npt.NDArray[np.integer[Any]]) -> None:
        """Takes some counts of at least 0."""
        found = np.bincount(np.minimum(counts, LIMIT), minlength=len(self._rows))
        found[: len(self._rows)] += self._rows
        self._rows = found
        self.total += len(counts)

    def quantile(self, share: float) -> float | None:
        """The quantile, interpolated linearly between order statistics as `numpy.quantile` does; None of no counts.

        With n counts in order, x[0] to x[n-1], and h = share * (n - 1): x[floor h] + (h - floor h) * (x[ceil h] -
        x[floor h]).
        """
        if not self.total:
            return None
        position = share * (self.total - 1)
        below = math.floor(position)
        low, high = np.searchsorted(np.cumsum(self._rows), [below, math.ceil(position)], side="right").tolist()
        return float(low + (position - below) * (high - low))

    def quantiles(self) -> dict[str, float | None]:
        """The quantiles in `SHARES` by their names, such as "p50"."""
        return {f"p{share * 100:g}": self.quantile(share) for share in SHARES}

    def within(self, low: int, high: int) -> int:
        """How many counts c have low <= c <= high."""
        return int(self._rows[low : high + 1].sum())

    def share_within(self, low: int, high: int) -> float | None:
        """The share of counts c with low <= c <= high; None of no counts."""
        return self.within(low, high) / self.total if self.total else None


def suggest_band(right: CountHistogram) -> tuple[int, int] | None:
    """The band from the 10th to the 90th percentile of right answers' lengths, rounded outwards.

    None with fewer than `MIN_RIGHT` of them.

    Example:
        >>> histogram = CountHistogram()
        >>> histogram.add(np.arange(101, 201))
        >>> suggest_band(histogram)
        (110, 191)
    """
    if right.total < MIN_RIGHT:
        return None
    # Rounded first, as interpolation leaves crumbs.
    low, high = (round(right.quantile(share) or 0.0, 6) for share in BAND_SHARES)
    return math.floor(low), math.ceil(high)


def describe_lengths(
    every: CountHistogram, right: CountHistogram, band: tuple[int, int], *, configured: bool = True
) -> dict[str, Any]:
    """The lengths of all completions and of right ones, beside the configured band and the suggested one.

    Args:
        every: Lengths of all completions.
        right: Lengths of those that earned accuracy and format.
        band: The configured band.
        configured: Whether that band is in force.
    """
    suggested = suggest_band(right)
    return {
        "all": {"counted": every.total, **every.quantiles()},
        "right": {"counted": right.total, **right.quantiles()},
        "band": list(band) if configured else None,
        "right_in_band": right.share_within(*band) if configured else None,
        "suggested_band": list(suggested) if suggested else None,
        "right_in_suggested_band": right.share_within(*suggested) if suggested else None,
    }
