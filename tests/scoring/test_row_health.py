import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2r_rewards.scoring.row_health import SHORT, chosen_option, correct_option, repetition

PROSE = (
    "Based on the question, I need to notice how the man handles the kite. He stands on a wide beach in a red coat, "
    "leans back against the wind, and pulls two long strings with both hands. Behind him a dog runs towards the water, "
    "while three children build a castle of sand. After a few seconds the kite dips to the left; he walks backwards, "
    "winds up one string, and it climbs again above the pier. The sky is grey, and no other kites can be seen."
)


@pytest.mark.parametrize(
    "text",
    [
        "wait wait wait",
        "wait " * 300,
        "Wait. " * 300,
        "The answer is B. " * 40,
        "I am not sure, let me look at the picture again. " * 12,
        "等等" * 200,
        PROSE + " So the answer must be C, I think." * 30,
        "no no no no",
        "a man walks a man walks a man walks",  # a loop of a phrase in a short text
    ],
)
def test_loops_are_caught(text: str) -> None:
    assert repetition(text) >= 0.5


@pytest.mark.parametrize("text", ["", "B", "a dog", PROSE, PROSE[:SHORT], PROSE[: SHORT - 1], "1, 2, 3, 4, 5, 6, 7"])
def test_prose_is_not(text: str) -> None:
    assert repetition(text) <= 0.1


@given(st.text(max_size=400))
def test_a_share_and_more_of_the_same_is_repetition(text: str) -> None:
    assert 0.0 <= repetition(text) <= 1.0
    if text:
        # A loop within the window is found at all places but those in its first round.
        assert repetition(text * (8 * SHORT // len(text) + 8)) >= 0.8


@pytest.mark.parametrize("unit", ["a", "ab" * 9 + "c", "a" * 19 + "b", "wait ", "\ud800"])
def test_a_megabyte_costs_no_more(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.process_time()
    assert repetition(text) == 1.0
    assert time.process_time() - started < 0.1


def test_hostile_text_of_two_letters() -> None:
    text = "".join(random.Random(0).choices("ab", k=1_000_000))
    started = time.process_time()
    assert repetition(text) < 0.5
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    ("answer", "options", "index"),
    [
        ("B", 4, 1),
        (" b ", 4, 1),
        ("(C)", 4, 2),
        ("[C].", 4, 2),
        ("D.", 4, 3),
        ("D)", 4, 3),
        ("**A**", 4, 0),
        (r"\boxed{B}", 4, 1),
        ("B. a dog", 4, 1),
        ("(B) a dog", 4, 1),
        ("B: a dog", 4, 1),
        ("E", 4, -1),  # no such option
        ("A", 0, -1),
        ("A dog", 4, -1),  # an article
        ("a. m.", 4, -1),
        ("A, B", 4, -1),
        ("AB", 4, -1),
        ("The answer is B", 4, -1),
        ("Ｂ", 4, -1),
        ("", 4, -1),
        ("\ud800", 4, -1),
    ],
)
def test_chosen_option(answer: str, options: int, index: int) -> None:
    assert chosen_option(answer, options) == index


@given(st.text(), st.integers(0, 30))
def test_chosen_option_is_total(answer: str, options: int) -> None:
    assert -1 <= chosen_option(answer, options) < max(options, 1)


@pytest.mark.parametrize(
    ("gold", "options", "index"),
    [
        ("B", ("a cat", "a dog"), 1),
        ("(b)", ("A. a cat", "B. a dog"), 1),
        ("a dog", ("a cat", "a dog"), 1),
        ("B. a dog", ["A. a cat", "B. a dog"], 1),
        (1, ("a cat", "a dog"), 1),
        ("2", ("1. a cat", "2. a dog"), 1),
        ("C", ("a cat", "a dog"), -1),
        ("a dog", ("a dog", "a dog"), -1),  # two of one text
        (("A", "B"), ("a cat", "a dog"), -1),
        (None, ("a cat", "a dog"), -1),
        (True, ("a cat", "a dog"), -1),
        ("A", (), -1),
        ("A" * 100_000, ("a cat", "a dog"), -1),
        ("A", ("x",) * 1_000, -1),
    ],
)
def test_correct_option(gold: object, options: tuple[str, ...], index: int) -> None:
    assert correct_option(gold, options) == index  # type: ignore[arg-type]
