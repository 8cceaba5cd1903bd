"""How reward hangs together with length: Pearson overall and within groups, Spearman from a table of bins."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

PAIRS = {
    "perception": ("perception_count", "perception_reward"),
    "reasoning": ("reasoning_count", "reasoning_reward"),
    "completion": ("chars", "reasoning_reward"),
}
"""Which length is held against which reward: R_P and the observation's, R_R and that of think and answer, R_R and the
characters of the whole completion, which are always known."""

MAX_LENGTH = 2**20 - 1
"""Longer ones count as this."""

REWARD_BINS_PER_UNIT = 32
_LENGTH_BINS = 512
_REWARD_BINS = 8 * REWARD_BINS_PER_UNIT
_NOTHING = 1e-12
"""A variance below this share of the mean square is rounding."""

Floats = npt.NDArray[np.float64]


def known_pairs(block: dict[str, npt.NDArray[Any]], pair: str) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Length and reward of each row as floats, 0 where one is unknown, and where both are known; all (n,)."""
    length_name, reward_name = PAIRS[pair]
    known = (block[length_name] >= 0) & np.isfinite(block[reward_name])
    lengths = np.where(known, np.minimum(block[length_name], MAX_LENGTH), 0).astype(np.float64)
    return lengths, np.where(known, block[reward_name], 0.0), known


def pearson(n: float, x: float, y: float, xx: float, xy: float, yy: float) -> float | None:
    """Pearson's r in [-1, 1] from a count and five sums; None where x or y do not vary.

    r = (n sum(xy) - sum(x) sum(y)) / sqrt((n sum(x^2) - sum(x)^2)(n sum(y^2) - sum(y)^2)).

    Example:
        >>> pearson(3, 6, 12, 14, 28, 56)
        1.0
    """
    return _ratio(n * xy - x * y, n * xx - x * x, n * yy - y * y, n * xx, n * yy)


class LengthCorrelation:
    """One pair over all rows: a megabyte, and 20 bytes a group.

    Spearman's rho is exact but for binning: lengths from 64 on fall into bins of at most 3% of their size, rewards
    into bins of 1/32; what shares a bin is tied, at its mean rank.
    """

    def __init__(self) -> None:
        self._table = np.zeros(_LENGTH_BINS * _REWARD_BINS, np.int64)
        self._n = np.zeros(0, np.uint32)
        self._x = np.zeros(0)
        self._y = np.zeros(0)
        self._squares = np.zeros(3)  # sums of xx, xy, yy over rows with a group

    def add(
        self,
        lengths: Floats,
        rewards: Floats,
        known: npt.NDArray[np.bool_],
        groups: npt.NDArray[np.integer[Any]],
    ) -> None:
        """Takes rows as `known_pairs` gives them, and their groups, -1 for none; all (n,)."""
        if not known.any():
            return
        if not known.all():
            lengths, rewards, groups = lengths[known], rewards[known], groups[known]
        places = np.clip(np.rint(rewards * REWARD_BINS_PER_UNIT), 0, _REWARD_BINS - 1).astype(np.int64)
        np.add.at(self._table, length_bins(lengths) * _REWARD_BINS + places, 1)
        grouped = groups >= 0
        if not grouped.any():
            return
        lengths, rewards, groups = lengths[grouped], rewards[grouped], groups[grouped].astype(np.intp)
        self._make_room(int(groups.max()) + 1)
        np.add.at(self._n, groups, np.uint32(1))
        np.add.at(self._x, groups, lengths)
        np.add.at(self._y, groups, rewards)
        self._squares += ((lengths * lengths).sum(), (lengths * rewards).sum(), (rewards * rewards).sum())

    def spearman(self) -> float | None:
        """Spearman's rho over all rows, in [-1, 1]: Pearson's r of the mean ranks; None where one does not vary."""
        table = self._table.reshape(_LENGTH_BINS, _REWARD_BINS)
        by_length, by_reward = table.sum(1), table.sum(0)
        n = int(by_length.sum())
        if not n:
            return None
        # Ranks from the middle, so that the sums are 0 and nothing cancels.
        x = np.cumsum(by_length) - by_length / 2 - n / 2
        y = np.cumsum(by_reward) - by_reward / 2 - n / 2
        xx, yy = float(by_length @ (x * x)), float(by_reward @ (y * y))
        return _ratio(float(x @ (table @ y)), xx, yy, n * float(n) * n, n * float(n) * n)

    def within_groups(self) -> dict[str, Any]:
        """Pearson's r of the deviations from each group's means, and over how many rows.

        r = S_xy / sqrt(S_xx S_yy) with S_ab = sum(ab) - sum over groups g of sum_g(a) sum_g(b) / n_g.
        """
        n = np.maximum(self._n, 1)
        own = np.array([(self._x * self._x / n).sum(), (self._x * self._y / n).sum(), (self._y * self._y / n).sum()])
        xx, xy, yy = self._squares - own
        return {
            "rows": int(self._n[self._n > 1].sum()),
            "pearson": _ratio(float(xy), float(xx), float(yy), float(self._squares[0]), float(self._squares[2])),
        }

    def _make_room(self, size: int) -> None:
        room = size - len(self._n)
        if room > 0:
            room = max(room, len(self._n) // 8)
            self._n = np.concatenate([self._n, np.zeros(room, np.uint32)])
            self._x = np.concatenate([self._x, np.zeros(room)])
            self._y = np.concatenate([self._y, np.zeros(room)])


def length_bins(lengths: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The bin of each length in [0, 512): its own below 64, from there 32 bins for each doubling; never descending.

    Example:
        >>> length_bins(np.array([0, 63, 64, 65, 66, 1000, 1001, MAX_LENGTH])).tolist()
        [0, 63, 64, 64, 65, 190, 190, 511]
    """
    counts = lengths.astype(np.int64)
    doublings = np.maximum(np.frexp(counts.astype(np.float64))[1] - 7, -1) + 1  # 0 below 64, 1 from 64 on
    bins: npt.NDArray[np.int64] = (counts >> doublings) + 32 * doublings.astype(np.int64)
    return bins


def _ratio(xy: float, xx: float, yy: float, size_x: float, size_y: float) -> float | None:
    if not (xx > _NOTHING * size_x and yy > _NOTHING * size_y):
        return None
    return max(-1.0, min(1.0, xy / (math.sqrt(xx) * math.sqrt(yy))))
