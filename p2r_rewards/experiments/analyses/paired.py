"""The difference of two runs on the same questions, with a bootstrap interval by whole videos."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from p2r_rewards.errors import ConfigError

RESAMPLES = 2_000
_BLOCK = 2_000_000
"""Draws of one cluster held at once, so that memory stays small."""

Floats = npt.NDArray[np.float64]


class Paired(NamedTuple):
    """A difference of two scores on the same questions.

    Attributes:
        difference: First less second, in [-1, 1].
        draws: The differences of the resamples, shape (resamples,), without those that lack a stratum.
        questions: How many questions both answer for.
        clusters: How many there are to draw from.
    """

    difference: float
    draws: Floats
    questions: int
    clusters: int

    def interval(self, confidence: float = 0.95) -> tuple[float, float] | None:
        """The percentile interval; None with fewer than two clusters, whose spread can't be seen."""
        return None if self.clusters < 2 else draw_interval(self.draws, confidence)


def paired_difference(
    first: Sequence[float],
    second: Sequence[float],
    *,
    strata: Sequence[Hashable] | None = None,
    weights: Mapping[Hashable, float] | None = None,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Paired:
    """First less second, with differences of resampled clusters: a paired cluster bootstrap.

    The score is sum_s w_s mean_s over the strata s (weights summing to 1), as benchmarks that average over tasks have
    it; one stratum is a plain mean. Whole clusters are drawn with replacement, since questions on one video go right
    and wrong together.

    Source: A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application (1997), ch. 3.8 (clusters) and 5.3
    (percentiles).

    Args:
        first: A score in [0, 1] a question.
        second: The same questions' scores in the other run.
        strata: The stratum of each question; None: one.
        weights: The weight of each stratum; None: each as its share of questions (a plain mean).
        clusters: What questions are drawn together by, such as the video; None: each by itself.
        resamples: How many.
        seed: Of the draws.

    Raises:
        ConfigError: There are no questions, the sequences are not of one length, or `resamples` is below 1.

    Example:
        >>> paired_difference([1, 1, 0, 1], [0, 1, 0, 0]).difference
        0.5
    """
    size = len(first)
    named = {"second": second, "strata": strata, "clusters": clusters}
    if not size or any(each is not None and len(each) != size for each in named.values()) or resamples < 1:
        lengths = ", ".join(f"{name} {len(each)}" for name, each in named.items() if each is not None)
        message = (
            f"first has {size} scores, {lengths}; resamples={resamples}: give one of each a question, at least one"
        )
        raise ConfigError(message)
    gained = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    stratum, names = _codes(strata if strata is not None else [0] * size)
    cluster, drawn = _codes(clusters if clusters is not None else range(size))
    sums, counts = np.zeros((len(drawn), len(names))), np.zeros((len(drawn), len(names)))
    np.add.at(sums, (cluster, stratum), gained)
    np.add.at(counts, (cluster, stratum), 1.0)
    total = counts.sum(axis=0)
    share = total / size if weights is None else np.array([weights[name] for name in names])
    if weights is None:  # the plain mean of every resample, not the means of strata that happen to be in it
        sums, counts, share = sums.sum(1, keepdims=True), counts.sum(1, keepdims=True), np.ones(1)
        total = counts.sum(axis=0)
    draws = np.concatenate([*_resample(sums, counts, share, resamples, np.random.default_rng(seed))])
    return Paired(float((sums.sum(axis=0) / total) @ share), draws[~np.isnan(draws)], size, len(drawn))


def draw_interval(draws: Floats, confidence: float = 0.95) -> tuple[float, float] | None:
    """The percentile interval of some draws; None without any.

    Raises:
        ConfigError: The confidence is not between 0 and 1.
    """
    check_confidence(confidence)
    if not len(draws):
        return None
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    return low, high


def check_confidence(confidence: float) -> None:
    """Refuses a confidence that is none.

    Raises:
        ConfigError: It is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        message = f"confidence={confidence} must be between 0 and 1, such as 0.95"
        raise ConfigError(message)


def _resample(sums: Floats, counts: Floats, share: Floats, resamples: int, chance: np.random.Generator) -> list[Floats]:
    size = len(sums)
    block = max(1, _BLOCK // size)
    found = []
    for start in range(0, resamples, block):
        times = chance.multinomial(size, np.full(size, 1 / size), size=min(block, resamples - start)).astype(np.float64)
        with np.errstate(invalid="ignore"):  # a resample may lack a stratum: 0 / 0
            found.append(((times @ sums) / (times @ counts)) @ share)
    return found


def _codes(values: Sequence[Hashable]) -> tuple[npt.NDArray[np.intp], list[Hashable]]:
    known: dict[Hashable, int] = {}
    codes = np.array([known.setdefault(value, len(known)) for value in values], np.intp)
    return codes, list(known)
