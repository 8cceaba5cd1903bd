"""Agreement measures against direct computation of their definitions."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.agreement import (
    Confusion,
    cohen_kappa,
    compare_verdicts,
    confuse,
    length_bias,
    measure_accuracy,
    wilson_interval,
)

VERDICTS = st.sampled_from([True, False, None])
PAIRS = st.lists(st.tuples(st.booleans(), VERDICTS), max_size=40)


@given(PAIRS)
def test_confusion_counts_pairs(pairs: list[tuple[bool, bool | None]]) -> None:
    found = confuse([label for label, _ in pairs], [verdict for _, verdict in pairs])
    assert found.true_positives == pairs.count((True, True))
    assert found.false_positives == pairs.count((False, True))
    assert found.false_negatives == pairs.count((True, False))
    assert found.true_negatives == pairs.count((False, False))
    assert found.unscored == sum(verdict is None for _, verdict in pairs)
    assert sum(found) == len(pairs)


@given(PAIRS)
def test_kappa_and_accuracy_are_their_definitions(pairs: list[tuple[bool, bool | None]]) -> None:
    found = confuse([label for label, _ in pairs], [verdict for _, verdict in pairs])
    scored = [(label, verdict) for label, verdict in pairs if verdict is not None]
    if not scored:
        assert measure_accuracy(found) is None
        assert cohen_kappa(found) is None
        return
    n = len(scored)
    observed = sum(label == verdict for label, verdict in scored) / n
    expected = sum(
        sum(label == value for label, _ in scored) / n * sum(verdict == value for _, verdict in scored) / n
        for value in (True, False)
    )
    assert measure_accuracy(found) == pytest.approx(observed)
    kappa = cohen_kappa(found)
    if expected > 1 - 1e-12:
        assert kappa is None
    else:
        assert kappa == pytest.approx((observed - expected) / (1 - expected))
        assert -1 <= kappa <= 1  # type: ignore[operator]


@pytest.mark.parametrize(
    ("confusion", "kappa"),
    [
        (Confusion(20, 5, 10, 15), 0.4),  # the textbook example of two readers of 50 proposals
        (Confusion(45, 25, 15, 15), 0.1304),  # the same accuracy of 0.6 ...
        (Confusion(25, 5, 35, 35), 0.2593),  # ... with other rates of yes
        (Confusion(5, 0, 0, 5), 1.0),
        (Confusion(0, 5, 5, 0), -1.0),
        (Confusion(5, 5, 5, 5), 0.0),
        (Confusion(9, 0, 0, 0), None),  # both always say yes: nothing is left beyond chance
    ],
)
def test_kappa_examples(confusion: Confusion, kappa: float | None) -> None:
    found = cohen_kappa(confusion)
    assert found == (None if kappa is None else pytest.approx(kappa, abs=1e-4))


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_wilson_bounds_solve_the_score_equation(counts: tuple[int, int], confidence: float) -> None:
    successes, total = counts
    low, high = wilson_interval(successes, total, confidence=confidence)
    share = successes / total
    assert 0 <= low <= share <= high <= 1
    for bound in (low, high):
        if 0 < bound < 1:  # the bounds are the p with |share - p| = z sqrt(p (1 - p) / n)
            z = abs(share - bound) / math.sqrt(bound * (1 - bound) / total)
            assert math.erf(z / math.sqrt(2)) == pytest.approx(confidence, abs=1e-6)


def test_wilson_at_the_ends() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(0, 10)[0] == 0.0
    assert wilson_interval(10, 10)[1] == 1.0
    assert wilson_interval(0, 10)[1] == pytest.approx(1 - wilson_interval(10, 10)[0])
    assert wilson_interval(190, 200) == pytest.approx((0.9104, 0.9726), abs=1e-4)  # Claude in Table 4: 95% of 200


@pytest.mark.parametrize(("successes", "total", "confidence"), [(2, 1, 0.9), (-1, 1, 0.9), (1, 2, 1.0), (1, 2, 0.0)])
def test_wilson_refuses_what_is_no_share(successes: int, total: int, confidence: float) -> None:
    with pytest.raises(ConfigError):
        wilson_interval(successes, total, confidence=confidence)


@given(st.lists(st.tuples(VERDICTS, VERDICTS), max_size=30))
def test_comparing_counts_flips(pairs: list[tuple[bool | None, bool | None]]) -> None:
    found = compare_verdicts([one for one, _ in pairs], [two for _, two in pairs])
    both = [(one, two) for one, two in pairs if one is not None and two is not None]
    assert found.compared == len(both)
    assert found.to_sufficient == both.count((False, True))
    assert found.to_insufficient == both.count((True, False))
    assert found.unscored == len(pairs) - len(both)
    assert found.agreement == (pytest.approx(sum(a == b for a, b in both) / len(both)) if both else None)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans(), VERDICTS), max_size=25))
def test_length_bias_is_the_share_over_all_pairs(rows: list[tuple[int, bool, bool | None]]) -> None:
    found = length_bias(*([row[index] for row in rows] for index in range(3)))  # type: ignore[arg-type]
    wins = pairs = 0.0
    for (length, label, verdict), (other, its_label, its_verdict) in product(rows, rows):
        if label == its_label and verdict is True and its_verdict is False:
            pairs += 1
            wins += 1.0 if length > other else 0.5 if length == other else 0.0
    assert found.pairs == pairs
    assert found.paid_longer == (pytest.approx(wins / pairs) if pairs else None)


def test_a_judge_that_pays_length_shows() -> None:
    lengths = [10, 20, 30, 40] * 2
    labels = [True] * 4 + [False] * 4
    assert length_bias(lengths, labels, [length > 25 for length in lengths]).paid_longer == 1.0
    assert length_bias(lengths, labels, labels).pairs == 0  # right everywhere


def test_numbers_of_items_must_match() -> None:
    with pytest.raises(ConfigError, match="give one of each an item"):
        confuse([True], [])
    with pytest.raises(ConfigError):
        compare_verdicts([True], [])
    with pytest.raises(ConfigError):
        length_bias([1], [True], [])
