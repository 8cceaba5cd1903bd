"""Sums of rows over training steps, in a bounded number of bins."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MAX_BINS = 200
"""Where there are more steps, neighbours share a bin."""

_PARTS = 1_024.0
"""Steps that differ by less than 1/1024 are one; fractions of epochs may be steps too."""

_FURTHEST = 2.0**42


class StepBin(NamedTuple):
    """What the rows of some neighbouring steps add up to.

    Attributes:
        first: The lowest step.
        last: The highest.
        sums: One sum a measure, shape (k,).
    """

    first: float
    last: float
    sums: Floats


class StepSums:
    """Adds up measures of rows by step.

    Bins are as wide as a power of two, the same for all, and the narrowest that leaves at most `max_bins` with rows.

    Args:
        max_bins: How many bins there may be, at least 2: steps on both sides of 0 never share one.
    """

    def __init__(self, max_bins: int = MAX_BINS) -> None:
        self._max_bins = max_bins
        self._shift = 0
        self._bins: dict[int, StepBin] = {}

    def add(self, steps: Floats, measures: Floats) -> None:
        """Takes rows with their steps, shape (n,), NaN without one, and their measures, shape (k, n)."""
        known = has_step(steps)
        if not known.all():
            steps, measures = steps[known], measures[:, known]
        if not len(steps):
            return
        keys = self._keys(steps)
        if (keys == keys[0]).all():
            self._merge(int(keys[0]), StepBin(float(steps.min()), float(steps.max()), measures.sum(axis=1)))
            return
        found = np.unique(keys)
        while len(self._bins.keys() | set(found.tolist())) > self._max_bins:
            self._widen()
            keys >>= 1
            found = np.unique(found >> 1)
        order = np.argsort(keys, kind="stable")
        steps, starts = steps[order], np.searchsorted(keys[order], found)
        lows, highs = np.minimum.reduceat(steps, starts), np.maximum.reduceat(steps, starts)
        sums = np.add.reduceat(measures[:, order], starts, axis=1)
        for number, key in enumerate(found.tolist()):
            self._merge(key, StepBin(float(lows[number]), float(highs[number]), sums[:, number]))

    @property
    def bins(self) -> list[StepBin]:
        """The bins that have rows, in the order of steps."""
        return [self._bins[key] for key in sorted(self._bins)]

    def locate(self, steps: Floats) -> npt.NDArray[np.intp]:
        """The position in `bins` of each of some steps that were added, shape (n,); -1 without a step."""
        places = np.full(len(steps), -1, np.intp)
        known = has_step(steps)
        if self._bins:
            places[known] = np.searchsorted(np.array(sorted(self._bins)), self._keys(steps[known]))
        return places

    def _keys(self, steps: Floats) -> npt.NDArray[np.int64]:
        return np.floor(np.clip(steps, -_FURTHEST, _FURTHEST) * _PARTS).astype(np.int64) >> self._shift

    def _widen(self) -> None:
        self._shift += 1
        old, self._bins = self._bins, {}
        for key in sorted(old):
            self._merge(key >> 1, old[key])

    def _merge(self, key: int, new: StepBin) -> None:
        old = self._bins.get(key)
        if old is not None:
            new = StepBin(min(old.first, new.first), max(old.last, new.last), old.sums + new.sums)
        self._bins[key] = new
        while len(self._bins) > self._max_bins:
            self._widen()


def has_step(steps: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where there is a step: a finite number."""
    known: npt.NDArray[np.bool_] = np.isfinite(steps)
    return known
