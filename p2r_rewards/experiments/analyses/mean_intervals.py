"""The interval of a mean of shares, out of the shares' own intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Share(NamedTuple):
    """A share in [0, 1] with its interval."""

    value: float
    low: float
    high: float


def mean_share(shares: Sequence[Share]) -> Share | None:
    """The mean of independent shares with its interval, by recovery of their variances; None without any.

    l = m - sqrt(sum_i ((p_i - l_i) / k)^2) and u = m + sqrt(sum_i ((u_i - p_i) / k)^2), with m the mean of the k shares
    p_i in [l_i, u_i]. With Wilson's intervals it holds for shares near 0 and for few items, where p(1-p)/n does not.

    Source: G. Y. Zou, A. Donner, "Construction of confidence limits about effect measures: a general approach", Stat.
    Med. 27 (2008), 1693-1702.

    Example:
        >>> mean_share([Share(0.5, 0.2, 0.9), Share(0.1, 0.1, 0.1)])
        Share(value=0.3, low=0.15, high=0.5)
    """
    if not shares:
        return None
    count = len(shares)
    mean = math.fsum(one.value for one in shares) / count
    below = math.sqrt(math.fsum((one.value - one.low) ** 2 for one in shares)) / count
    above = math.sqrt(math.fsum((one.high - one.value) ** 2 for one in shares)) / count
    return Share(mean, max(0.0, mean - below), min(1.0, mean + above))
