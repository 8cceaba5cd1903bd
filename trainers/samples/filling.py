"""Rewards for trainers that know numbers only: an unscored sample takes what leaves it without an advantage."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence


def fill_with_means(values: Sequence[float | None], groups: Sequence[Hashable], otherwise: float) -> list[float]:
    """The values, with the mean of its group's known ones in the place of each None.

    Args:
        values: Rewards; None is unscored.
        groups: The group of each.
        otherwise: Stands where nothing of a group is known.

    Example:
        >>> fill_with_means([4.0, None, 1.0, None], ["a", "a", "a", "b"], 0.0)
        [4.0, 2.5, 1.0, 0.0]
    """
    known: dict[Hashable, list[float]] = {}
    for value, group in zip(values, groups, strict=True):
        if value is not None:
            known.setdefault(group, []).append(value)
    means = {group: math.fsum(own) / len(own) for group, own in known.items()}
    pairs = zip(values, groups, strict=True)
    return [means.get(group, otherwise) if value is None else value for value, group in pairs]
