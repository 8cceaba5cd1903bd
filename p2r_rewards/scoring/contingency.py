"""Tables of two outcomes: how they hang together, and whether a model prefers some options for their place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


def phi_coefficient(table: tuple[tuple[int, int], tuple[int, int]]) -> float | None:
    """The phi coefficient of a 2 x 2 table ((a, b), (c, d)), in [-1, 1]; None where a row or column is empty.

    phi = (ad - bc) / sqrt((a+b)(c+d)(a+c)(b+d)), the Pearson correlation of the two yes-or-no variables.

    Example:
        >>> phi_coefficient(((10, 0), (0, 10))), phi_coefficient(((5, 5), (5, 5)))
        (1.0, 0.0)
    """
    (a, b), (c, d) = table
    sides = (a + b) * (c + d) * (a + c) * (b + d)
    return (a * d - b * c) / math.sqrt(sides) if sides else None


def chi_square_p(statistic: float, df: int) -> float:
    """P(X >= statistic) for X chi-square distributed with df degrees of freedom, in [0, 1].

    With y = statistic / 2: exp(-y) * sum over i < df/2 of y^i / i! for even df;
    erfc(sqrt y) + exp(-y) * sum over i < (df-1)/2 of y^(i+1/2) / Gamma(i+3/2) for odd df.

    Example:
        >>> round(chi_square_p(3.841, 1), 3), round(chi_square_p(5.991, 2), 3)
        (0.05, 0.05)
    """
    if statistic < 1e-300 or df < 1:
        return 1.0
    half = statistic / 2
    if df % 2:
        total, power, terms = math.erfc(math.sqrt(half)), 0.5, (df - 1) // 2
    else:
        total, power, terms = 0.0, 0.0, df // 2
    for number in range(terms):
        total += math.exp((power + number) * math.log(half) - half - math.lgamma(power + number + 1))
    return min(total, 1.0)


def marginal_homogeneity(table: Counts) -> tuple[float, int, float] | None:
    """Stuart-Maxwell's test that rows and columns of a k x k table of pairs have the same distribution.

    With d the differences of row and column totals, all but the last, and S their covariance, S[i,i] = r[i] + c[i] -
    2 n[i,i] and S[i,j] = -(n[i,j] + n[j,i]): the statistic d' S^-1 d is chi-square distributed with k - 1 degrees of
    freedom (the rank of S, where pairs are too few). The plain chi-square against the correct letters would take right
    answers, which agree by themselves, for independent evidence.

    Returns:
        The statistic, its degrees of freedom and its p-value; None where no pair differs.

    Example:
        >>> marginal_homogeneity(np.array([[20, 0], [10, 20]]))
        (10.0, 1, 0.0015654022580025...)
    """
    used = table.sum(0) + table.sum(1) > 0
    table = table[np.ix_(used, used)].astype(np.float64)
    rows, columns = table.sum(1), table.sum(0)
    covariance = np.diag(rows + columns) - table - table.T
    difference, covariance = (rows - columns)[:-1], covariance[:-1, :-1]
    if not covariance.any():
        return None
    rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
    statistic = float(difference @ np.linalg.pinv(covariance, hermitian=True) @ difference)
    return statistic, rank, chi_square_p(statistic, rank)


def total_variation(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> float | None:
    """Half the sum of |p[i] - q[i]| over the two distributions, in [0, 1]; None where one is empty.

    Example:
        >>> total_variation(np.array([3, 1]), np.array([1, 1]))
        0.25
    """
    if not first.sum() or not second.sum():
        return None
    return float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)


POSITIONS = 12
"""Options from this place on are counted as one."""


class PositionTable:
    """Pairs of correct and chosen option."""

    def __init__(self) -> None:
        self._table = np.zeros((POSITIONS, POSITIONS), np.int64)

    def add(self, correct: npt.NDArray[np.integer[Any]], chosen: npt.NDArray[np.integer[Any]]) -> None:
        """Takes the options of some rows; pairs with a -1 are left out."""
        known = (correct >= 0) & (chosen >= 0)
        codes = np.minimum(correct[known], POSITIONS - 1).astype(np.int64) * POSITIONS
        codes += np.minimum(chosen[known], POSITIONS - 1)
        self._table += np.bincount(codes, minlength=POSITIONS * POSITIONS).reshape(POSITIONS, POSITIONS)

    def describe(self) -> dict[str, Any]:
        """The distributions of correct and of chosen letters, how far they lie apart, and the test of it."""
        correct, chosen = self._table.sum(1), self._table.sum(0)
        size = int(np.flatnonzero(correct + chosen).max()) + 1 if self._table.any() else 0
        test = marginal_homogeneity(self._table)
        return {
            "rows": int(self._table.sum()),
            "letters": [position_name(position) for position in range(size)],
            "correct": correct[:size].tolist(),
            "chosen": chosen[:size].tolist(),
            "distance": total_variation(chosen, correct),
            "chi_square": None if test is None else {"statistic": test[0], "df": test[1], "p": test[2]},
        }


def position_name(position: int) -> str:
    """The letter of an option's place; the last one stands for all that follow.

    Example:
        >>> position_name(0), position_name(POSITIONS - 1)
        ('A', 'L…')
    """
    return chr(65 + position) + ("…" if position == POSITIONS - 1 else "")
