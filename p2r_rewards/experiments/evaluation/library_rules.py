"""Marks by this library's graders, and by the paper's metrics."""

from __future__ import annotations

from typing import Literal

from p2r_rewards.experiments.benchmarks import tempcompass, video_mmmu, vsi_bench
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation import official_video_mmmu
from p2r_rewards.experiments.evaluation.marks import Mark, mark_of
from p2r_rewards.experiments.evaluation.replies import Reply
from p2r_rewards.graders.config import GradingConfig
from p2r_rewards.graders.grading import grade
from p2r_rewards.graders.multiple_choice import read_choice
from p2r_rewards.graders.options import MAX_OPTIONS, read_options
from p2r_rewards.problem import Problem, ProblemType
from p2r_rewards.scores import Unscored

_MRA = GradingConfig(numerical_metric="mra", regression_metric="mra")
_WITH_MRA = (ProblemType.NUMERICAL, ProblemType.REGRESSION)


def grade_by_library(question: Question, reply: Reply, mode: Literal["default", "paper"] = "default") -> Mark:
    """The mark of this library's graders, or of the paper's metrics (arXiv 2511.11113, Supp. 7.2 and 8.2).

    VSI-Bench's numbers, and regression, have MRA with `<` in both. VideoMMMU's open questions are marked by MMMU's
    rules in the paper's mode, for which its accuracy over all questions needs a yes or no.
    """
    problem = question.problem
    if problem.type == "captioning":
        return Mark(None, "captioning: somebody must answer the question from the caption")
    if problem.gold is None:
        return Mark(None, f"gold can't be read: {str(problem.meta.get('answer'))[:60]!r}")
    answer = reply.answer
    if answer is None:
        graded = grade(problem, None)  # where the gold can't be read, no reply is at fault
        return mark_of(graded) if isinstance(graded, Unscored) else Mark(0.0, reply.fault, parsed=False)
    if question.benchmark == video_mmmu.NAME and not problem.options and mode == "paper":
        return official_video_mmmu.grade_reply(question, reply._replace(text=answer))
    if question.breakdown.get("task") == "caption_matching" and question.benchmark == tempcompass.NAME:
        answer = tempcompass.plain_caption_answer(answer)
    numbers = problem.type in _WITH_MRA and (
        question.benchmark == vsi_bench.NAME or problem.type == ProblemType.REGRESSION
    )
    graded = grade(problem, answer, config=_MRA) if numbers else grade(problem, answer, mode=mode)
    return mark_of(graded, parsed=_names_an_option(problem, answer))


def _names_an_option(problem: Problem, answer: str) -> bool:
    """Whether the answer commits to an option, where there are any."""
    if problem.type != ProblemType.MULTIPLE_CHOICE or not 1 < len(problem.options) <= MAX_OPTIONS:
        return True
    return bool(read_choice(read_options(problem.options), answer).options)
