"""Whether a number follows from stated ones by a step or two of plain arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import isclose

MAX_NUMBERS = 10

LEAST = 4
"""Whole numbers up to this one come out of almost any few numbers by chance: they are not derived."""


def derive(value: float, numbers: Sequence[float], *, tolerance: float = 1e-6, percent: bool = True) -> str | None:
    """How the value comes out of stated numbers, or None.

    Sums and means of neighbours, and of two numbers sum, difference, product, ratio, share and change in `percent`.

    Example:
        >>> derive(81, [72, 90, 81.0]), derive(25, [80, 60])
        ('the mean of 72, 90, 81', 'the change from 80 to 60 in percent')
        >>> derive(3, [1, 2]) is None
        True
    """
    if abs(value) <= LEAST and value == int(value):
        return None
    for worked, how in _worked_out(list(numbers)[:MAX_NUMBERS], percent):
        if isclose(worked, value, rel_tol=tolerance, abs_tol=1e-9):
            return how
    return None


def _worked_out(numbers: list[float], percent: bool) -> Iterator[tuple[float, str]]:
    for size in range(len(numbers), 2, -1):
        for start in range(len(numbers) - size + 1):
            run = numbers[start : start + size]
            shown = ", ".join(f"{number:g}" for number in run[:5])
            yield sum(run), f"the sum of {shown}"
            yield sum(run) / size, f"the mean of {shown}"
    for one, other in combinations(dict.fromkeys(numbers), 2):
        yield one + other, f"{one:g} + {other:g}"
        yield abs(one - other), f"the difference of {one:g} and {other:g}"
        yield one * other, f"{one:g} × {other:g}"
        for above, below in ((one, other), (other, one)):
            if below:
                yield above / below, f"{above:g} / {below:g}"
                if not percent:
                    continue
                yield 100 * above / below, f"{above:g} of {below:g} in percent"
                yield 100 * abs(above - below) / below, f"the change from {below:g} to {above:g} in percent"
