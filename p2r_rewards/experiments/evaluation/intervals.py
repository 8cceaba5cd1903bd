"""A score with its confidence interval: Wilson's where it is a proportion, else by bootstrap; of means, combined."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from p2r_rewards.judges.agreement import wilson_interval

CONFIDENCE = 0.95
RESAMPLES = 2_000
SEED = 0

Interval = Literal["wilson", "bootstrap", "combined"]


class Stratum(NamedTuple):
    """Values that are averaged among themselves before they are averaged with others.

    Attributes:
        name: Which they are.
        weight: Their share of the whole; the shares need not sum to 1.
        values: In [0, 1].
    """

    name: str
    weight: float
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Measure:
    """A score.

    Attributes:
        name: What is measured.
        value: In [0, 1]; None where nothing was scored.
        low: The lower end of its 95% interval.
        high: The upper end.
        count: Over how many questions.
        interval: How the interval was made.
        note: What is to be known of it.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    count: int = 0
    interval: Interval | None = None
    note: str = ""


def measure(name: str, values: Sequence[float], note: str = "") -> Measure:
    """The mean of values in [0, 1].

    Example:
        >>> found = measure("accuracy", [1.0] * 9 + [0.0])
        >>> found.value, found.count, found.interval
        (0.9, 10, 'wilson')
    """
    return measure_strata(name, [Stratum("", 1.0, values)], note)


def measure_strata(name: str, strata: Sequence[Stratum], note: str = "") -> Measure:
    """The weighted mean of the means of strata: m = sum_s w_s mean_s / sum_s w_s.

    Strata without values are left out, and named in the note. The interval of a stratum of zeros and ones is Wilson's,
    of others the percentiles of a bootstrap (2,000 draws, a fixed seed). Those of several strata are put together by
    recovery of their variances: m - sqrt(sum_s (v_s (mean_s - low_s))^2), and so upwards, with v_s = w_s / sum w.
    Questions count as independent.

    Sources: B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), ch. 13; G. Y. Zou, A. Donner, Stat.
    Med. 27 (2008), 1693-1702.

    Example:
        >>> measure_strata("mean", [Stratum("a", 1, [1.0, 0.0]), Stratum("b", 1, [1.0])]).value
        0.75
    """
    filled = [stratum for stratum in strata if len(stratum.values)]
    absent = [stratum.name for stratum in strata if not len(stratum.values)]
    if absent and filled:
        note = "; ".join(part for part in (note, f"without {', '.join(absent)}, of which nothing is scored") if part)
    if not filled:
        return Measure(name, None, note=note)
    whole = math.fsum(stratum.weight for stratum in filled)
    shares = [stratum.weight / whole for stratum in filled]
    means = [math.fsum(stratum.values) / len(stratum.values) for stratum in filled]
    bounds = [_bounds(stratum.values) for stratum in filled]
    value = math.fsum(share * mean for share, mean in zip(shares, means, strict=True))
    parts = list(zip(shares, means, bounds, strict=True))
    low = value - math.sqrt(math.fsum((share * (mean - bound[0])) ** 2 for share, mean, bound in parts))
    high = value + math.sqrt(math.fsum((share * (bound[1] - mean)) ** 2 for share, mean, bound in parts))
    count = sum(len(stratum.values) for stratum in filled)
    kind = bounds[0][2] if len(filled) == 1 else "combined"
    return Measure(name, value, max(0.0, low), min(1.0, high), count, kind, note)


def _bounds(values: Sequence[float]) -> tuple[float, float, Interval]:
    """The interval of a mean, and how it was made."""
    total, count = math.fsum(values), len(values)
    if len(set(values)) == 1 or all(one in (0.0, 1.0) for one in values):
        # Equal values have nothing to draw from: the widest interval that values in [0, 1] of this mean could have.
        low = wilson_interval(math.floor(total), count, confidence=CONFIDENCE)[0]
        return low, wilson_interval(math.ceil(total), count, confidence=CONFIDENCE)[1], "wilson"
    return *_bootstrap(values), "bootstrap"


def _bootstrap(values: Sequence[float]) -> tuple[float, float]:
    import numpy as np

    # Values repeat: it is enough to draw how often each comes.
    counts = Counter(values)
    chance = np.random.default_rng(SEED)
    often = chance.multinomial(len(values), np.array(list(counts.values())) / len(values), size=RESAMPLES)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(often @ np.array(list(counts)) / len(values), [tail, 1 - tail])
    mean = math.fsum(values) / len(values)
    return min(float(low), mean), max(float(high), mean)
