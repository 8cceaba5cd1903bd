"""VSI-Bench's own score: MRA with `<=`, first words, and the mean over eight tasks."""

from __future__ import annotations

from collections.abc import Sequence

from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.benchmarks.vsi_bench import DIRECTION, TYPES
from p2r_rewards.experiments.evaluation.intervals import Measure, Stratum, measure_strata
from p2r_rewards.experiments.evaluation.marks import Mark, Marked, mark_of
from p2r_rewards.experiments.evaluation.replies import Reply
from p2r_rewards.graders.compat.video_r1 import read_float
from p2r_rewards.graders.compat.vsi_official import first_token
from p2r_rewards.graders.grading import grade
from p2r_rewards.graders.options import read_options

TASKS = {task: 1 / 3 if task.startswith(DIRECTION) else 1.0 for task in TYPES}
"""The question types with their weights: the three of relative direction make one of eight tasks."""


def grade_reply(question: Question, reply: Reply) -> Mark:
    """The mark of `lmms_eval/tasks/vsibench/utils.py` in thinking-in-space: see `vsi_official`."""
    token = first_token(reply.text)
    if question.problem.options:
        parsed = token.upper() in read_options(question.problem.options).labels
    else:
        parsed = read_float(token) is not None
    # The word alone: what stands behind it has no say, however long it is.
    return mark_of(grade(question.problem, token, mode="vsi_official"), parsed=parsed)


def summarise(marked: Sequence[Marked]) -> list[Measure]:
    """The mean of the eight tasks, and each of the ten question types."""
    values: dict[str, list[float]] = {task: [] for task in TASKS}
    for question, mark in marked:
        if mark.value is not None:
            values[question.breakdown["task"]].append(mark.value)
    direction = [values[task] for task in TASKS if task.startswith(DIRECTION)]
    share = sum(1 for one in direction if one)
    strata = [
        Stratum(task, 1 / share if share and task.startswith(DIRECTION) else TASKS[task], listed)
        for task, listed in values.items()
    ]
    return [measure_strata("mean of the 8 tasks", strata)]
