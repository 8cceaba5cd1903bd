"""Choice and numerical answers that were written before anybody looked at the rules."""

import pytest

from p2r_rewards import Problem, grade
from tests.graders.unseen_cases import CHOICES, NUMBERS_GIVEN


@pytest.mark.parametrize(("options", "answer", "label"), CHOICES)
def test_a_choice_pays_for_the_label_it_commits_to_alone(
    options: tuple[str, ...], answer: str, label: str | None
) -> None:
    labels = "ABCDEFG"[: len(options)]
    problems = {each: Problem("Which one?", gold=each, type="multiple choice", options=options) for each in labels}
    assert [each for each, problem in problems.items() if grade(problem, answer).value == 1.0] == [*(label or "")]


@pytest.mark.parametrize(("gold", "answer", "score"), NUMBERS_GIVEN)
def test_a_number_pays_where_it_is_the_gold(gold: str, answer: str, score: float) -> None:
    graded = grade(Problem("How many?", gold=gold, type="numerical"), answer)
    assert graded.value == score, graded.how
