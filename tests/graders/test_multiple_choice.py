from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2r_rewards.graders import GradingConfig, grade
from p2r_rewards.graders.multiple_choice import GRADER, GoldChoice, read_choice
from p2r_rewards.graders.options import latin_label, read_options
from p2r_rewards.problem import Problem
from p2r_rewards.scores import Score, Unscored
from tests.graders.choice_cases import ANIMALS, CASES, Case

CONFIG = GradingConfig()
WORDS = ("a cat", "a brown dog", "a fish", "a bird", "three horses", "nobody", "the tall man", "12", "-4.5", "1/2")
DECORATIONS = (
    "{}", "({})", "{}.", "{})", "[{}]", "**{}**", "*{}*", "`{}`", "${}$", "\\boxed{{{}}}", "\\boxed{{\\text{{{}}}}}",
    "Answer: {}", "**Answer:** {}", "The answer is {}.", "The correct option is ({}).", "option {}", "<b>{}</b>",
    '{{"answer": "{}"}}', "答案是{}", "I choose {}.", " {}\n", "It must be ({})", "Final answer: \\boxed{{{}}}",
)  # fmt: skip


def choice(options: tuple[str, ...], gold: str | int, answer: str) -> Score | Unscored:
    return grade(Problem("Which?", gold=gold, type="multiple choice", options=options), answer)


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.gold}-{case.answer}"[:40].encode("unicode_escape").decode()
)
def test_labelled_answer(case: Case) -> None:
    graded = choice(case.options, case.gold, case.answer)
    value = graded.value if isinstance(graded, Score) else None
    assert value == case.expected, f"{case.why}: {graded}"
    assert 0 < len(graded.how if isinstance(graded, Score) else graded.reason) <= 200


def test_a_question_for_the_wrong_option_makes_the_wrong_one_an_answer() -> None:
    options = ("A. cats meow", "B. fish bark")
    for question, value in (("Which is incorrect?", 1.0), ("下列错误的是", 1.0), ("Which is right?", 0.0)):
        graded = grade(
            Problem(question, gold="B", type="multiple choice", options=options), "The incorrect option is B."
        )
        assert isinstance(graded, Score)
        assert graded.value == value


def test_table_is_large_and_has_every_outcome() -> None:
    assert len(CASES) >= 250
    assert {case.expected for case in CASES} == {0.0, 1.0, None}


problems = st.tuples(st.permutations(WORDS), st.integers(2, len(WORDS)), st.booleans()).map(
    lambda drawn: tuple(
        f"{latin_label(i)}. {text}" if drawn[2] else text for i, text in enumerate(drawn[0][: drawn[1]])
    )
)


@given(options=problems, data=st.data())
def test_any_decoration_of_a_letter_is_that_letter(options: tuple[str, ...], data: st.DataObject) -> None:
    gold = data.draw(st.integers(0, len(options) - 1))
    said = data.draw(st.integers(0, len(options) - 1))
    label = data.draw(st.sampled_from((latin_label(said), latin_label(said).lower(), chr(0xFF21 + said))))
    answer = data.draw(st.sampled_from(DECORATIONS)).format(label)
    graded = choice(options, gold, answer)
    assert isinstance(graded, Score)
    assert graded.value == (said == gold), (answer, graded)


@given(options=problems, data=st.data())
def test_any_decoration_of_a_text_is_its_option(options: tuple[str, ...], data: st.DataObject) -> None:
    gold = data.draw(st.integers(0, len(options) - 1))
    said = data.draw(st.integers(0, len(options) - 1))
    text = options[said].partition(". ")[2] or options[said]
    cased = data.draw(
        st.sampled_from((text, text.upper(), text.capitalize(), options[said], f"({latin_label(said)}) {text}"))
    )
    answer = data.draw(
        st.sampled_from(("{}", "{}.", "**{}**", "The answer is {}.", "Answer: {}", "\\boxed{{{}}}"))
    ).format(cased)
    graded = choice(options, gold, answer)
    assert isinstance(graded, Score)
    assert graded.value == (said == gold), (answer, graded)


@given(options=problems, data=st.data())
def test_listing_every_option_never_pays(options: tuple[str, ...], data: st.DataObject) -> None:
    gold = data.draw(st.integers(0, len(options) - 1))
    labels = [latin_label(i) for i in range(len(options))]
    lines = data.draw(
        st.sampled_from((labels, [f"{label}." for label in labels], [f"({label})" for label in labels], list(options)))
    )
    answer = data.draw(st.sampled_from((", ", " ", "\n", " or ", " and ", "; ", "/"))).join(lines)
    lead = data.draw(st.sampled_from(("", "The answer is ", "Answer: ")))
    graded = choice(options, gold, lead + answer)
    assert isinstance(graded, Score)
    assert graded.value == 0.0, (answer, graded)


@given(
    texts=st.permutations(WORDS[:5]),
    gold=st.integers(0, 4),
    said=st.integers(0, 4),
    answer=st.sampled_from(("{}", "It is {}.", "So {}")),
)
def test_shuffled_options_with_their_gold_keep_the_grade(texts: list[str], gold: int, said: int, answer: str) -> None:
    options = tuple(f"{latin_label(i)}. {text}" for i, text in enumerate(WORDS[:5]))
    shuffled = tuple(f"{latin_label(i)}. {text}" for i, text in enumerate(texts))
    text = answer.format(WORDS[said])
    assert choice(options, gold, text).value == choice(shuffled, texts.index(WORDS[gold]), text).value  # type: ignore[union-attr]


PIECES = (
    *("A", "B", "(", ")", ". ", ", ", " or ", "not ", "answer is ", "a cat", "\\boxed{", "}", "**", "\n", "so "),
    *("{", "$", "é", "是", " I ", "B. ", "wrong", " because "),
)
hostile = st.text() | st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@settings(max_examples=300)
@given(
    options=st.lists(st.text(max_size=12), max_size=6) | problems.map(list),
    gold=st.text(max_size=8) | st.integers(-2, 8),
    answer=hostile,
)
def test_total_on_every_string(options: list[str], gold: str | int, answer: str) -> None:
    problem = Problem("Which?", gold=gold, type="multiple choice", options=tuple(options))
    prepared = GRADER.prepare(problem, gold, CONFIG)
    if isinstance(prepared, Unscored):
        assert 0 < len(prepared.reason) <= 200
        return
    graded = GRADER.compare(prepared, answer)
    if isinstance(graded, Score):
        assert graded.value in (0.0, 1.0)
        assert 0 < len(graded.how) <= 200
    else:
        assert not options
        assert 0 < len(graded.reason) <= 200


@given(options=problems, data=st.data())
def test_quick_answers_are_read_as_by_the_rules(options: tuple[str, ...], data: st.DataObject) -> None:
    gold = data.draw(st.integers(0, len(options) - 1))
    prepared = GRADER.prepare(Problem("Which?", gold=gold, type="multiple choice", options=options), gold, CONFIG)
    assert isinstance(prepared, GoldChoice)
    for answer, score in prepared.quick.items():
        slow = GRADER.compare(GoldChoice(prepared.options, prepared.accepted, {}), answer)
        assert slow == score


@pytest.mark.parametrize(
    "unit", ["A. ", "A or ", "the answer is ", "\\boxed{", "<b ", "not ", "(", "a brown dog ", "选B", "ﷺ", "* ", "\n"]
)
def test_long_answers_are_cut_before_any_search(unit: str) -> None:
    answer = (unit * 70_000)[:200_000]
    reading = read_choice(read_options(ANIMALS), answer)
    assert reading.options == ()


REAL = Path(os.environ.get("P2R_REAL_DATA", "missing")) / "videorft_videommmu.jsonl"


@pytest.mark.skipif(not REAL.exists(), reason="P2R_REAL_DATA does not name the folder with real rows")
def test_clean_letters_agree_with_recorded_rewards() -> None:
    rows = [json.loads(line) for line in REAL.read_text(encoding="utf-8").splitlines()]
    compared = 0
    for row in rows:
        found = re.findall(r"<answer>\s*([A-Z])\s*</answer>", row["output"])
        if row["problem_type"] == "multiple choice" and len(found) == 1:
            graded = choice(tuple(row["options"]), row["solution"], found[0])
            assert isinstance(graded, Score)
            assert graded.value == row["reward"], row["problem"]
            compared += 1
    assert compared > 600


@given(
    st.lists(
        st.sampled_from(
            [
                "a dog",
                "a cat",
                "B",
                "The answer is A",
                "answers",
                "**A**",
                "option b",
                "blue",
                "yes",
                "a is",
                "",
                "to be",
            ]
        ),
        min_size=2,
        max_size=5,
    ),
    st.booleans(),
    st.sampled_from("ABCDEFZ"),
    st.sampled_from(
        [
            "The answer is {}.",
            "The answer is {}",
            "The correct answer is ({}).",
            "The answer is: {}",
            "Answer: {}",
            "Answer: ({})",
            "Final answer: {}",
            "Option {}.",
            "**{}**",
            "**({})**",
            "**{}.**",
            "Option {}**",
            "Answer: ({}",
            "**{}**.",
            "Answer: {}).",
        ]
    ),
)
def test_stated_labels_are_read_as_by_the_general_rules(texts, labelled, label, form):
    options = tuple(f"{chr(65 + i)}. {text}" if labelled else text for i, text in enumerate(texts))
    prepared = GRADER.prepare(
        Problem("Which?", gold="A", type="multiple choice", options=options), "A", GradingConfig()
    )
    if isinstance(prepared, GoldChoice):
        answer = form.format(label)
        assert GRADER.compare(prepared, answer) == GRADER.compare(replace(prepared, plain=False), answer)
