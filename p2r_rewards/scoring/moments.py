"""Means and deviations of columns that pass by in parts; parts are added in order, so results repeat."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


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
