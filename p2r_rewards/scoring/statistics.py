"""Means, deviations and medians of columns that pass by in parts; parts are added in order, so results repeat."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

MAX_COUNT = 1_000_000
"""Counts beyond this are taken as this, for medians alone."""


class Moments:
    """Count, mean and sample standard deviation of the values that are not NaN (Chan et al. 1979)."""

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self._squares = 0.0

    def add(self, values: npt.NDArray[np.float64]) -> None:
        """Takes some values, shape (n,)."""
        known = values[~np.isnan(values)]
        if not len(known):
            return
        mean = float(known.mean())
        squares = float(((known - mean) ** 2).sum())
        total = self.count + len(known)
        shift = mean - self.mean
        self._squares += squares + shift * shift * self.count * len(known) / total
        self.mean += shift * len(known) / total
        self.count = total

    def described(self) -> dict[str, Any]:
        """The figures as plain data; None where there are none."""
        return {
            "scored": self.count,
            "mean": self.mean if self.count else None,
            "std": float(np.sqrt(self._squares / (self.count - 1))) if self.count > 1 else None,
        }


class CountHistogram:
    """How often each count came; exact medians in memory that does not grow with the rows."""

    def __init__(self) -> None:
        self._tally = np.zeros(1024, np.int64)

    def add(self, counts: npt.NDArray[np.int32]) -> None:
        """Takes some counts, shape (n,); negative ones are unknown."""
        known = np.minimum(counts[counts >= 0], MAX_COUNT)
        if not len(known):
            return
        tally = np.bincount(known, minlength=len(self._tally))
        tally[: len(self._tally)] += self._tally
        self._tally = tally

    def __len__(self) -> int:
        return int(self._tally.sum())

    def median(self) -> float | None:
        """The median, None of nothing."""
        total = len(self)
        if not total:
            return None
        ends = np.cumsum(self._tally)
        low, high = np.searchsorted(ends, [(total - 1) // 2, total // 2], side="right")
        return (float(low) + float(high)) / 2

    def within(self, low: int, high: int) -> int:
        """How many lie in the band, both ends included."""
        return int(self._tally[low : high + 1].sum())
