from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2r_rewards.graders import GradingConfig, grade
from p2r_rewards.graders.multi_select import GRADER, GoldSet, compare, prepare
from p2r_rewards.problem import Problem
from p2r_rewards.scores import Score, Unscored

OPTIONS = ("A. a cat", "B. a brown dog", "C. a fish, red", "D. a bird")
RIGHT = (
    "A, C",
    "AC",
    "A and C",
    "(A)(C)",
    "A; C",
    "[A, C]",
    "A、C",
    "\\boxed{A,C}",
    "\\boxed{A}, \\boxed{C}",
    "A C",
    "A & C",
    "A/C",
    "A. a cat, C. a fish, red",
    "a cat, a fish, red",
    "a cat\na fish, red",
    "a cat and a fish, red",
    "Options A and C",
    "- A\n- C",
    "* A\n* C",
    "1. A\n2. C",
    "The answers are A and C",
    "The correct options are A and C.",
    "C, A",
    "A, C, A",
    "A is correct. C is correct, B is wrong.",
    "Both A and C",
    "Answer: A, C",
    "Answer: AC",
    "['A', 'C']",
    '["A", "C"]',
    '{"answer": ["A", "C"]}',
    "{A, C}",
    "a, c",
    "A,C.",
    "**A** and **C**",
    "A.\nC.",
    "I choose A and C",
    "A and C are correct because B is wrong",
    "A, C, but not B",
    "(A) a cat\n(C) a fish, red",
    "答案是A和C",
    "答案：AC",
    "选AC",
    "The video shows a cat and a fish, red.",
    "A and C, not D",
    "A and C\n\nB and D are wrong.",
    "ac",
    "A plus C",
    "Correct: A, C. Incorrect: B, D.",
    "AC正确，BD错误",
    "选AC，B错误",
    "A. a cat\nB. a brown dog\nC. a fish, red\nD. a bird\n\nAnswer: A, C",  # the options, then an answer
    "A. a cat\nB. a brown dog\nC. a fish, red\nD. a bird\nThe answers are A and C.",
)
WRONG = (
    "",
    "A",
    "C",
    "A, B, C",
    "ABCD",
    "A, B, C, D",
    "A, D",
    "B, D",
    "not A, C",
    "neither A nor C",
    "A. a bird, C. a fish, red",
    "A, C, E",
    "a cat",
    "a cat, a fish",
    "I don't know",
    "all of them",
    "A and C are wrong",
    "The answers are not A and C",
    "A or C",
    "either A or C",
    "A, maybe C",
    "A, possibly C",
    "A or C, or both",
    "Incorrect: A, C",
    "A. a fish, red, C. a cat",  # each letter contradicts its text
    "A. a fish, C. a cat",
    "cab",
    "If it meows, A and C",
)


def select(gold: object, answer: str, options: tuple[str, ...] = OPTIONS) -> Score | Unscored:
    return grade(Problem("Which?", gold=gold, type="multi-select", options=options), answer)  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", RIGHT)
def test_right_sets(answer: str) -> None:
    graded = select("A, C", answer)
    assert isinstance(graded, Score)
    assert graded.value == 1.0, graded.how


@pytest.mark.parametrize("answer", WRONG)
def test_wrong_sets(answer: str) -> None:
    graded = select("A, C", answer)
    assert isinstance(graded, Score)
    assert graded.value == 0.0, graded.how


@pytest.mark.parametrize(
    "gold",
    [["A", "C"], ["a cat", "a fish, red"], [0, 2], "A, C", "AC", "A and C", "[A, C]", "(A)(C)", "a cat; a fish, red",
     "a cat, a fish, red", "0,2", (("A", "C"),), ["C", "A"], ["A. a cat", "C. a fish, red"]],
)  # fmt: skip
def test_golds(gold: object) -> None:
    assert select(gold, "A, C").value == 1.0  # type: ignore[union-attr]
    assert select(gold, "A").value == 0.0  # type: ignore[union-attr]


@pytest.mark.parametrize("gold", ["E", ["A", "E"], [0, 9], "a horse", "A or so"])
def test_golds_that_name_no_options(gold: object) -> None:
    assert isinstance(select(gold, "A"), Unscored)


def test_a_gold_of_one_and_of_all() -> None:
    assert select("B", "B") == Score(1.0, "option B; gold is B")
    assert select("ABCD", "A, B, C, D").value == 1.0  # type: ignore[union-attr]
    assert select("A, B", "B, A").value == 1.0  # type: ignore[union-attr]


def test_without_options() -> None:
    assert select("AC", "A and C", ()).value == 1.0  # type: ignore[union-attr]
    assert select("AC", "A", ()).value == 0.0  # type: ignore[union-attr]
    assert select("AC", "", ()).value == 0.0  # type: ignore[union-attr]
    assert isinstance(select("AC", "a cat", ()), Unscored)
    assert isinstance(select("a cat", "A", ()), Unscored)


SETS = [named for size in range(1, 5) for named in combinations("ABCD", size)]


@given(
    gold=st.sampled_from(SETS),
    said=st.sampled_from(SETS),
    form=st.sampled_from((", ", "", " and ", "; ", "\n", " ")),
    data=st.data(),
)
def test_pays_for_the_same_set_only(
    gold: tuple[str, ...], said: tuple[str, ...], form: str, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(said))
    answer = data.draw(st.sampled_from(("{}", "Answer: {}", "\\boxed{{{}}}", "The answers are {}."))).format(
        form.join(shuffled)
    )
    graded = select(list(gold), answer)
    assert isinstance(graded, Score)
    assert graded.value == (set(gold) == set(said)), (answer, graded.how)


@settings(max_examples=200)
@given(
    answer=st.text()
    | st.lists(st.sampled_from(("A", "C", ", ", " and ", "(", ")", "a cat", "not ", "\n", ".")), max_size=30).map(
        "".join
    )
)
def test_total_on_every_string(answer: str) -> None:
    problem = Problem("Which?", gold="AC", type="multi-select", options=OPTIONS)
    prepared = GRADER.prepare(problem, "AC", GradingConfig())
    assert not isinstance(prepared, Unscored)
    graded = GRADER.compare(prepared, answer)
    assert isinstance(graded, Score)
    assert graded.value in (0.0, 1.0)
    assert 0 < len(graded.how) <= 200


OPTION_TEXTS = st.sampled_from(
    [
        "a dog",
        "a cat",
        "A",
        "A, B",
        "a and b",
        "band",
        "abc",
        "and",
        "this",
        "b, c",
        "B and C",
        "The answer is A",
        "red car",
    ]
)


@given(
    st.lists(OPTION_TEXTS, min_size=2, max_size=5),
    st.booleans(),
    st.lists(st.sampled_from("ABCDEFGH"), min_size=1, max_size=6),
    st.sampled_from([", ", ",", " and ", " ", "; "]),
)
def test_clean_lists_are_read_as_by_the_general_rules(texts, labelled, letters, joint):
    options = tuple(f"{chr(65 + i)}. {text}" if labelled else text for i, text in enumerate(texts))
    prepared = prepare(Problem("Which?", gold=("A",), type="multi-select", options=options), ("A",), GradingConfig())
    if isinstance(prepared, GoldSet):
        answer = joint.join(letters)
        assert compare(prepared, answer) == compare(replace(prepared, quick=False), answer)
