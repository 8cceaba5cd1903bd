"""Video-R1's own scores of its evaluation files: accuracy, MRA, and what it reports of the two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.intervals import Measure, Stratum, measure, measure_strata
from p2r_rewards.experiments.evaluation.marks import Mark, Marked, mark_of
from p2r_rewards.experiments.evaluation.replies import Reply
from p2r_rewards.grading_completions import grade_completion
from p2r_rewards.problem import ProblemType


def grade_reply(question: Question, reply: Reply) -> Mark:
    """The mark of `src/eval_bench.py`: strings that are equal, numbers at two decimals, MRA with `<`; OCR is 0."""
    parsed = "<answer>" in reply.output
    return mark_of(grade_completion(question.problem, reply.output, mode="video_r1_eval"), parsed=parsed)


def summarise(marked: Sequence[Marked]) -> list[Measure]:
    """The mean of the benchmarks, then of each: what is reported, `mean_acc` and `mean_mra`.

    Reported of a benchmark with regression is the mean of the two (VSI-Bench), which is not VSI-Bench's own mean.
    """
    parts: dict[str, dict[str, list[float]]] = defaultdict(lambda: {"mean_acc": [], "mean_mra": []})
    for question, mark in marked:
        if mark.value is not None:
            kind = "mean_mra" if question.problem.type == ProblemType.REGRESSION else "mean_acc"
            parts[question.breakdown["subset"]][kind].append(mark.value)
    found, strata = [], []
    for subset, listed in parts.items():
        filled = [Stratum(kind, 1, values) for kind, values in listed.items() if values]
        found.append(measure_strata(f"{subset}: reported", filled))
        found += [measure(f"{subset}: {one.name}", one.values) for one in filled]
        strata += [Stratum(f"{subset} {one.name}", 1 / len(filled), one.values) for one in filled]
    return [measure_strata("mean of the benchmarks", strata), *found]
