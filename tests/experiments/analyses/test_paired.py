"""Paired differences, against numbers worked out by hand and by simulation."""

import math

import numpy as np
import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.analyses.paired import draw_interval, paired_difference


def test_equal_runs_differ_by_nothing() -> None:
    found = paired_difference([1, 0, 1, 0], [1, 0, 1, 0])
    assert found.difference == 0
    assert found.interval() == (0.0, 0.0)


def test_one_cluster_shows_no_spread() -> None:
    found = paired_difference([1, 1], [0, 1], clusters=["v", "v"])
    assert (found.difference, found.clusters, found.interval()) == (0.5, 1, None)


def test_strata_are_weighted_as_the_benchmark_weights_them() -> None:
    # means of gains: numeric (1 + 0) / 2, choice (0 + 0 + 0 - 1) / 4
    first, second = [1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]
    strata = ["numeric"] * 2 + ["choice"] * 4
    weights = {"numeric": 0.5, "choice": 0.5}
    assert paired_difference(first, second, strata=strata, weights=weights).difference == pytest.approx(0.125)
    assert paired_difference(first, second, strata=strata).difference == 0.0


def test_the_spread_is_that_of_theory() -> None:
    # One draw of n gains in {-1, 0, 1}: the bootstrap's standard error is sqrt(var / n).
    chance = np.random.default_rng(1)
    first, second = chance.integers(0, 2, 400), chance.integers(0, 2, 400)
    found = paired_difference(first.tolist(), second.tolist(), resamples=4000)
    theory = math.sqrt(np.var(first - second) / 400)
    assert float(np.std(found.draws)) == pytest.approx(theory, rel=0.05)
    low, high = found.interval() or (0, 0)
    assert low < found.difference < high
    assert high - low == pytest.approx(2 * 1.96 * theory, rel=0.08)


def test_questions_on_one_video_count_as_one() -> None:
    # Four copies of each question on its own video: as certain as one copy, half as wide when taken one by one.
    chance = np.random.default_rng(2)
    gains = chance.integers(0, 2, 100).tolist()
    first, second = np.repeat(gains, 4).tolist(), [0] * 400
    videos = np.repeat(np.arange(100), 4).tolist()
    alone = paired_difference(gains, [0] * 100)
    together = paired_difference(first, second, clusters=videos)
    apart = paired_difference(first, second)
    assert np.std(together.draws) == pytest.approx(np.std(alone.draws), rel=0.1)
    assert np.std(apart.draws) == pytest.approx(np.std(alone.draws) / 2, rel=0.1)


def test_resamples_that_lack_a_stratum_are_left_out() -> None:
    found = paired_difference([1, 1, 1], [0, 0, 0], strata=["a", "a", "b"], weights={"a": 0.5, "b": 0.5})
    assert 0 < len(found.draws) < 2000
    assert found.interval() == (1.0, 1.0)


def test_the_same_seed_draws_the_same() -> None:
    runs = [paired_difference([1, 0, 1], [0, 0, 1], seed=seed).draws.tolist() for seed in (3, 3, 4)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    ("first", "second", "more"),
    [([], [], {}), ([1], [], {}), ([1], [1], {"clusters": []}), ([1], [1], {"resamples": 0})],
)
def test_what_does_not_fit_is_refused(first: list[float], second: list[float], more: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="one of each a question"):
        paired_difference(first, second, **more)  # type: ignore[arg-type]


def test_an_interval_needs_a_confidence_and_draws() -> None:
    assert draw_interval(np.array([])) is None
    with pytest.raises(ConfigError, match="confidence"):
        draw_interval(np.array([1.0]), 95)
