import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2r_rewards.scoring.contingency import (
    PositionTable,
    chi_square_p,
    marginal_homogeneity,
    phi_coefficient,
    total_variation,
)
from p2r_rewards.scoring.length_correlation import LengthCorrelation, length_bins, pearson
from p2r_rewards.scoring.quantiles import LIMIT, SHARES, CountHistogram, describe_lengths, suggest_band
from p2r_rewards.scoring.step_sums import StepSums


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_phi_is_pearson_s_r_of_two_booleans(a: int, b: int, c: int, d: int) -> None:
    found = phi_coefficient(((a, b), (c, d)))
    first = np.repeat([1, 1, 0, 0], [a, b, c, d])
    second = np.repeat([1, 0, 1, 0], [a, b, c, d])
    if len(set(first.tolist())) < 2 or len(set(second.tolist())) < 2:
        assert found is None
    else:
        assert found == pytest.approx(np.corrcoef(first, second)[0, 1])


@given(st.floats(0, 500), st.integers(1, 40))
@settings(max_examples=200)
def test_chi_square_is_the_upper_incomplete_gamma(statistic: float, df: int) -> None:
    wanted = mpmath.gammainc(mpmath.mpf(df) / 2, mpmath.mpf(statistic) / 2, regularized=True)
    assert chi_square_p(statistic, df) == pytest.approx(float(wanted), rel=1e-9, abs=1e-300)


def test_stuart_maxwell_on_the_published_example() -> None:
    # Vision of 7,477 women, right eye against left (Stuart 1955): 11.96 on 3 degrees of freedom, p 0.0075.
    table = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]
    found = marginal_homogeneity(np.array(table))
    assert found is not None
    assert found == (pytest.approx(11.957, abs=1e-3), 3, pytest.approx(0.0075, abs=1e-4))


def test_two_places_are_mcnemar_s_test() -> None:
    found = marginal_homogeneity(np.array([[50, 5], [21, 40]]))
    assert found is not None
    assert found[0] == pytest.approx((5 - 21) ** 2 / 26)
    assert marginal_homogeneity(np.diag([5, 6, 7])) is None
    assert marginal_homogeneity(np.zeros((4, 4), int)) is None


def test_fair_choices_are_seldom_called_biased() -> None:
    random = np.random.default_rng(0)
    low = 0
    for _ in range(200):
        correct, chosen = random.integers(0, 4, (2, 400))
        chosen = np.where(random.random(400) < 0.6, correct, chosen)
        table = PositionTable()
        table.add(correct, chosen)
        low += table.describe()["chi_square"]["p"] < 0.05
    assert 2 <= low <= 22  # 10 expected


@given(st.lists(st.integers(0, 9), min_size=1), st.lists(st.integers(0, 9), min_size=1))
def test_total_variation_is_a_distance(first: list[int], second: list[int]) -> None:
    p, q = (np.bincount(values, minlength=10) for values in (first, second))
    found = total_variation(p, q)
    assert found is not None
    assert 0 <= found <= 1 + 1e-12
    assert found == total_variation(q, p)
    assert total_variation(p, 3 * p) == pytest.approx(0)
    assert total_variation(p, np.zeros(10)) is None


@given(st.lists(st.integers(0, LIMIT), min_size=1, max_size=50))
def test_quantiles_are_numpy_s(counts: list[int]) -> None:
    histogram = CountHistogram()
    for count in counts:
        histogram.add(np.array([count]))
    for share in SHARES:
        assert histogram.quantile(share) == pytest.approx(np.quantile(counts, share))
    low, high = min(counts), sorted(counts)[len(counts) // 2]
    assert histogram.share_within(low, high) == sum(low <= count <= high for count in counts) / len(counts)


def test_lengths_beyond_the_limit_count_as_the_limit() -> None:
    histogram = CountHistogram()
    histogram.add(np.array([5, 10**9]))
    assert histogram.quantile(1.0) == LIMIT
    assert CountHistogram().quantile(0.5) is None


@given(st.lists(st.integers(0, 2_000), min_size=30, max_size=80))
def test_the_suggested_band_holds_most_right_answers(counts: list[int]) -> None:
    right = CountHistogram()
    right.add(np.array(counts))
    band = suggest_band(right)
    assert band is not None
    assert band == (math.floor(np.quantile(counts, 0.1) + 1e-6), math.ceil(np.quantile(counts, 0.9) - 1e-6))
    described = describe_lengths(right, right, (128, 320))
    assert described["right_in_suggested_band"] >= 0.75


def test_few_right_answers_suggest_nothing() -> None:
    right = CountHistogram()
    right.add(np.arange(29))
    assert suggest_band(right) is None


pairs = st.lists(
    st.tuples(st.integers(0, 3_000), st.sampled_from([0.0, 0.2, 0.5, 1.0, 1.2, 2.2]), st.integers(-1, 5)),
    min_size=2,
    max_size=60,
)


@given(pairs)
def test_correlations_are_numpy_s(rows: list[tuple[int, float, int]]) -> None:
    x, y = np.array([row[0] for row in rows], float), np.array([row[1] for row in rows])
    groups = np.array([row[2] for row in rows])
    correlation = LengthCorrelation()
    for part in (slice(0, 1), slice(1, None)):
        correlation.add(x[part], y[part], np.ones(len(x[part]), bool), groups[part])
    found = pearson(len(x), x.sum(), y.sum(), (x * x).sum(), (x * y).sum(), (y * y).sum())
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert found is None
        assert correlation.spearman() is None
        return
    assert found == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-6)
    bins = length_bins(x)
    if np.ptp(bins):
        assert correlation.spearman() == pytest.approx(np.corrcoef(ranks(bins), ranks(y))[0, 1], abs=1e-9)
    dx, dy = np.array([]), np.array([])
    for group in set(groups[groups >= 0].tolist()):
        own = groups == group
        dx, dy = np.append(dx, x[own] - x[own].mean()), np.append(dy, y[own] - y[own].mean())
    within = correlation.within_groups()["pearson"]
    if (dx * dx).sum() < 1e-6 or (dy * dy).sum() < 1e-6:
        assert within is None
    else:
        assert within == pytest.approx((dx * dy).sum() / math.sqrt((dx * dx).sum() * (dy * dy).sum()), abs=1e-6)


def ranks(values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([(values < value).sum() + (values == value).sum() / 2 for value in values])


def test_spearman_of_many_rows_is_that_without_bins() -> None:
    random = np.random.default_rng(0)
    x = random.integers(100, 700, 2_000).astype(float)
    y = np.where(random.random(2_000) < x / 800, 1.2, 0.0)
    correlation = LengthCorrelation()
    correlation.add(x, y, np.ones(2_000, bool), np.full(2_000, -1))
    assert correlation.spearman() == pytest.approx(np.corrcoef(ranks(x), ranks(y))[0, 1], abs=2e-3)
    assert correlation.within_groups() == {"rows": 0, "pearson": None}


@given(st.integers(0, 2**20 - 1), st.integers(0, 2**20 - 1))
def test_longer_never_falls_into_a_lower_bin(first: int, second: int) -> None:
    low, high = length_bins(np.array([min(first, second), max(first, second)])).tolist()
    assert 0 <= low <= high < 512


@given(
    st.lists(st.tuples(st.floats(-1e18, 1e18) | st.integers(0, 300), st.integers(0, 9)), min_size=1, max_size=80),
    st.integers(2, 20),
)
def test_step_sums_are_the_same_row_by_row(rows: list[tuple[float, int]], size: int) -> None:
    steps, values = np.array([row[0] for row in rows], float), np.array([[row[1] for row in rows]], float)
    whole, single = StepSums(size), StepSums(size)
    whole.add(steps, values)
    for number in range(len(rows)):
        single.add(steps[number : number + 1], values[:, number : number + 1])
    assert len(whole.bins) <= size
    assert [(b.first, b.last, b.sums.tolist()) for b in whole.bins] == [
        (b.first, b.last, b.sums.tolist()) for b in single.bins
    ]
    assert sum(b.sums[0] for b in whole.bins) == values.sum()
    places = whole.locate(steps)
    assert all(
        whole.bins[place].first <= step <= whole.bins[place].last for place, step in zip(places, steps, strict=True)
    )
