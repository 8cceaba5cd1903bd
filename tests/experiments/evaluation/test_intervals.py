"""Scores with their intervals."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2r_rewards.experiments.evaluation.intervals import Stratum, measure, measure_strata
from p2r_rewards.judges.agreement import wilson_interval


def test_proportions_have_wilsons_interval() -> None:
    found = measure("x", [1.0] * 9 + [0.0])
    assert (found.low, found.high) == pytest.approx(wilson_interval(9, 10))
    assert (found.value, found.interval) == (0.9, "wilson")


def test_other_values_have_a_bootstraps_which_is_about_the_normal_one() -> None:
    chance = random.Random(1)
    values = [chance.choice([0.1, 0.4, 0.5, 0.9]) for _ in range(400)]
    found = measure("x", values)
    mean = sum(values) / 400
    spread = 1.96 * (sum((value - mean) ** 2 for value in values) / 399 / 400) ** 0.5
    assert found.interval == "bootstrap"
    assert (found.low, found.high) == (pytest.approx(mean - spread, abs=0.005), pytest.approx(mean + spread, abs=0.005))
    assert measure("x", values) == found  # the same every time


def test_a_mean_of_means_is_not_the_mean_of_all() -> None:
    strata = [Stratum("many", 1, [1.0] * 98 + [0.0] * 2), Stratum("few", 1, [0.0, 1.0])]
    found = measure_strata("x", strata)
    assert found.value == pytest.approx((0.98 + 0.5) / 2)
    assert found.interval == "combined"
    assert (found.high or 0) - (found.low or 0) > 0.3  # two items say little


def test_equal_values_are_no_certainty() -> None:
    for values in ([1.0] * 3, [0.0] * 3, [0.9] * 3):
        found = measure("x", values)
        assert (found.high or 0) - (found.low or 0) > 0.2


def test_what_is_empty_is_left_out_and_named() -> None:
    found = measure_strata("x", [Stratum("a", 1, [1.0]), Stratum("b", 1, [])])
    assert (found.value, found.note) == (1.0, "without b, of which nothing is scored")
    assert measure_strata("x", [Stratum("a", 1, [])]).value is None


values = st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0]), max_size=12)


@given(st.lists(st.tuples(st.sampled_from([1.0, 1 / 3, 2.0]), values), min_size=1, max_size=4))
def test_a_score_lies_within_its_interval(drawn: list[tuple[float, list[float]]]) -> None:
    found = measure_strata("x", [Stratum(str(n), weight, listed) for n, (weight, listed) in enumerate(drawn)])
    assert found.count == sum(len(listed) for _, listed in drawn)
    if found.value is not None:
        assert found.low is not None
        assert found.high is not None
        assert 0 <= found.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.high <= 1
