from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2r_rewards.graders import grade
from p2r_rewards.graders.config import GradingConfig
from p2r_rewards.graders.temporal import Interval, compare, prepare, read_interval, temporal_iou
from p2r_rewards.problem import Problem
from p2r_rewards.scores import Score, Unscored


def score(gold: str, answer: str) -> float:
    graded = grade(Problem("When does it happen?", gold=gold, type="temporal"), answer)
    assert isinstance(graded, Score), graded
    assert 0 < len(graded.how) <= 200
    return graded.value


@pytest.mark.parametrize(
    "answer",
    [
        "[2.5, 9.0]", "2.5 - 9.0", "2.5-9.0", "2.5–9", "from 2.5 to 9.0 seconds", "2.5s to 9s", "2.5 s - 9 s",
        "between 2.5 and 9 seconds", "<2.5s to 9s>", "<2.5><9>", "2.5, 9.0", "(2.5, 9)", "2.5 to 9", "2.5s ~ 9s",
        "It happens from 2.5s to 9.0s.", "starts at 2.5 and ends at 9.0", "start: 2.5, end: 9", "00:02.5 - 00:09",
        '{"start": 2.5, "end": 9.0}', "2.5 -> 9", "2.5 → 9", "$[2.5, 9]$", r"\boxed{[2.5, 9]}", "**2.5s - 9s**",
        "[2.5, 9.0], i.e. from 2.5 to 9 seconds", "从2.5秒到9秒", "2.5 seconds until 9 seconds", "[ 2.50 , 9.00 ]",
        "from 2.5 seconds through 9 seconds", "２.5 - 9", "[2.5,9]", "(2.5,9.0)", "2.5,9",
        "two point five to nine seconds", "from two and a half seconds to nine seconds", "(2.5) to (9.0)",
    ],
)  # fmt: skip
def test_spellings_of_one_interval(answer: str) -> None:
    assert score("[2.5, 9.0]", answer) == 1.0


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        ("[0, 10]", "[5, 10]", 0.5),
        ("[2, 123]", "2,123", 1.0),  # a comma parts two times, never thousands
        ("[0, 10]", "[5, 15]", 1 / 3),
        ("[0, 10]", "[20, 30]", 0.0),
        ("[0, 10]", "[10, 20]", 0.0),  # they only touch
        ("00:12 - 00:15", "12 to 15", 1.0),
        ("1:02:03 - 1:02:05", "3723 to 3725", 1.0),
        ("[90, 120]", "1.5 to 2 minutes", 1.0),  # the unit holds for both
        ("[90, 120]", "1 min 30 s to 2 min", 1.0),
        ("[90, 120]", "1m30s - 2m00s", 1.0),
        ("[3, 3]", "[3, 3]", 1.0),  # an instant
        ("[3, 3]", "[2, 4]", 0.0),
        ("[2, 4]", "[3, 3]", 0.0),
        ("[2, 4]", "[4, 2]", 0.0),  # ends before it begins
        ("[2, 4]", "2", 0.0),
        ("[2, 4]", "", 0.0),
        ("[2, 4]", "[2, 4] or [5, 6]", 0.0),
        ("[2, 4]", "2 to 4 and 5 to 6", 0.0),
        ("[2, 4]", "[1, 2, 4]", 0.0),
        ("[2, 4]", "not from 2 to 4", 0.0),
        ("[2, 4]", "2 people wait for 4 seconds", 0.0),  # two numbers, no interval
        ("[2, 4]", "[-2, 4]", 0.0),
        ("[10, 20]", "10 to -20", 0.0),
        ("[10, 20]", "from -10 to 20", 0.0),
        ("[10, 20]", "between 10 and -20", 0.0),
        ("[10, 20]", "10 s -20 s", 1.0),  # a dash
        ("[2, 6]", "two to six seconds", 1.0),
        ("[2, 6]", "The one who jumps does so from two to six", 0.0),
        ("[2, 6]", "The one who jumps does so from 2 to 6", 1.0),
        ("[60, 120]", "one to two minutes", 1.0),
        ("[2, 4]", "[nan, 4]", 0.0),
        ("[2, 4]", "[2, inf]", 0.0),
        ("[2, 4]", "[2e0, 4]", 0.0),
        ("[2, 4]", "2%-4%", 0.0),
        ("[2, 4]", "00:99 - 00:04", 0.0),  # no clock
        ("[2, 4]", "[2, " + "9" * 500 + "]", 0.0),
        ("[2, 4]", "0 to " + "9" * 300, 0.0),  # tiny, and rounded to zero
    ],
)
def test_overlap(gold: str, answer: str, expected: float) -> None:
    assert score(gold, answer) == pytest.approx(expected, abs=1e-290)


@pytest.mark.parametrize("gold", ["", "soon", "5", "[4, 2]", "[1, 2, 3]", "[nan, 2]", "[1, 2] or [3, 4]", "-1 to 4"])
def test_unreadable_gold_is_unscored(gold: str) -> None:
    assert isinstance(grade(Problem("When?", gold=gold, type="temporal"), "[2, 4]"), Unscored)


moments = st.fractions(min_value=0, max_value=1000, max_denominator=100)
intervals = st.tuples(moments, moments).map(lambda pair: Interval(min(pair), max(pair)))


@given(intervals, intervals)
def test_iou_is_symmetric_in_range_and_one_only_for_equals(one: Interval, other: Interval) -> None:
    iou = temporal_iou(one, other)
    assert iou == temporal_iou(other, one)
    assert 0 <= iou <= 1
    assert (iou == 1) == (one == other)


@given(intervals, intervals)
def test_iou_agrees_with_inclusion_and_exclusion(one: Interval, other: Interval) -> None:
    lengths = (one.end - one.start) + (other.end - other.start)
    shared = max(Fraction(0), min(one.end, other.end) - max(one.start, other.start))
    if lengths - shared > 0 and one != other:
        assert temporal_iou(one, other) == shared / (lengths - shared) or shared == 0


@given(
    st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(["[{}, {}]", "{} - {}", "from {} to {}", "{}s–{}s"])
)
def test_what_is_written_is_read(start: int, length: int, form: str) -> None:
    first, last = f"{start / 100:.2f}", f"{(start + length) / 100:.2f}"
    assert read_interval(form.format(first, last)) == Interval(Fraction(first), Fraction(last))


@given(st.text() | st.text(alphabet="0123456789.:,-[]() stomn", max_size=60))
def test_total_on_every_text(answer: str) -> None:
    assert 0.0 <= score("[2, 4]", answer) <= 1.0


decimals = st.from_regex(r"[0-9]{1,15}(\.[0-9]{1,15})?", fullmatch=True) | st.integers(0, 30).map(str)


@given(decimals, decimals, decimals, decimals, st.sampled_from(["[{}, {}]", "{}, {}", "{} - {}", "{},{}", "{}-{}"]))
def test_fast_path_gives_what_the_general_one_gives(one: str, other: str, first: str, last: str, form: str) -> None:
    ends = sorted((one, other), key=Fraction)
    gold = prepare(Problem("When?", gold="-", type="temporal"), "[{}, {}]".format(*ends), GradingConfig())
    assert not isinstance(gold, Unscored)
    answer = form.format(first, last)
    # White space at an end is no plain form.
    assert compare(gold, answer) == compare(gold, f" {answer}")


def test_a_mode_without_such_a_rule_names_the_type_as_users_write_it() -> None:
    found = grade(Problem("When?", gold="[1, 2]", type="temporal"), "[1, 2]", mode="paper")
    assert isinstance(found, Unscored)
    assert found.reason == "unknown problem type 'temporal' in mode 'paper'; see register_grader"
