"""Every rule on every question of every benchmark, whatever a model writes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from p2r_rewards.experiments.benchmarks.locate import load_benchmark
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.marks import Marked
from p2r_rewards.experiments.evaluation.replies import read_reply
from p2r_rewards.experiments.evaluation.rules import RULES, grade_reply, summarise
from tests.experiments.benchmarks.made_layouts import MAKERS

TAGS = ("<answer>", "</answer>", "<think>", " ", "\n")
ANSWERS = ("A", "B.", "(C) ", "yes", "No", "12.5", "[1, 2]", "[0, 0, 9, 9]", "Caption B: ", "Option 2", "It drops.")
ODD = ("answer is ", "=", "1e9", "Ⅳ", "\ud800", "\x00", "{0}", "é", "B\u0301")
PIECES = st.sampled_from([*TAGS, *ANSWERS, *ODD])
OUTPUTS = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=8).map("".join))


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Question, ...]]:
    root = tmp_path_factory.mktemp("data")
    return {name: load_benchmark(make(root / name, clips=False)).questions for name, make in MAKERS.items()}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_marks_lie_between_0_and_1_and_scores_within_their_intervals(
    questions: dict[str, tuple[Question, ...]], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(questions)))
    style = data.draw(st.sampled_from([None, "direct", "process-aware"]))
    replies = [read_reply(data.draw(OUTPUTS), style) for _ in questions[name]]  # type: ignore[arg-type]
    for rule in RULES:
        marked = [
            Marked(question, grade_reply(rule, question, reply))
            for question, reply in zip(questions[name], replies, strict=True)
        ]
        assert all(mark.value is None or 0 <= mark.value <= 1 for _, mark in marked)
        assert all(mark.how for _, mark in marked)
        for measure in summarise(rule, name, marked):
            if measure.value is not None and measure.low is not None and measure.high is not None:
                assert measure.low <= measure.value + 1e-9
                assert measure.value <= measure.high + 1e-9


def test_the_gold_itself_is_right_by_our_rules(questions: dict[str, tuple[Question, ...]]) -> None:
    for name, asked in questions.items():
        for question in asked:
            gold = question.problem.gold
            if gold is None or question.problem.type in ("captioning", "box"):
                continue
            answer = gold[0] if isinstance(gold, tuple) else gold
            tagged = f"<observation>o</observation><think>t</think><answer>{answer}</answer>"
            output = tagged.replace("<answer><answer>", "<answer>").replace("</answer></answer>", "</answer>")
            mark = grade_reply("default", question, read_reply(output, "process-aware"))
            assert mark.value == 1.0, (name, question.key, mark.how)


def test_no_answer_is_wrong_by_our_rules_and_never_unscored_where_the_gold_is_known(
    questions: dict[str, tuple[Question, ...]],
) -> None:
    for asked in questions.values():
        for question in asked:
            if question.problem.gold is not None and question.problem.type not in ("captioning", "box"):
                mark = grade_reply("default", question, read_reply("<think>A", "think-answer"))
                assert (mark.value, mark.parsed) == (0.0, False)
