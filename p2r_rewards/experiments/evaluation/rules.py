"""The three rules by which a benchmark is scored, and what each makes of all marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, get_args

from p2r_rewards.experiments.benchmarks import (
    mmvu,
    mvbench,
    tempcompass,
    vcr_bench,
    video_mme,
    video_mmmu,
    video_r1_eval,
    vsi_bench,
)
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation import (
    official_mmvu,
    official_mvbench,
    official_tempcompass,
    official_vcr_bench,
    official_video_mme,
    official_video_mmmu,
    official_video_r1_eval,
    official_vsi_bench,
)
from p2r_rewards.experiments.evaluation.intervals import Measure, Stratum, measure, measure_strata
from p2r_rewards.experiments.evaluation.library_rules import grade_by_library
from p2r_rewards.experiments.evaluation.marks import Mark, Marked
from p2r_rewards.experiments.evaluation.replies import Reply

RuleName = Literal["official", "paper", "default"]

RULES: tuple[RuleName, ...] = get_args(RuleName)
"""The benchmark's own rule, the paper's metric, and this library's graders."""


class Official(NamedTuple):
    """A benchmark's own rule: the mark of a reply, and the scores of all marks, the main one first."""

    grade: Callable[[Question, Reply], Mark]
    summarise: Callable[[Sequence[Marked]], list[Measure]]


_OFFICIAL = {
    vsi_bench.NAME: Official(official_vsi_bench.grade_reply, official_vsi_bench.summarise),
    video_mmmu.NAME: Official(official_video_mmmu.grade_reply, official_video_mmmu.summarise),
    mmvu.NAME: Official(official_mmvu.grade_reply, official_mmvu.summarise),
    vcr_bench.NAME: Official(official_vcr_bench.grade_reply, official_vcr_bench.summarise),
    mvbench.NAME: Official(official_mvbench.grade_reply, official_mvbench.summarise),
    tempcompass.NAME: Official(official_tempcompass.grade_reply, official_tempcompass.summarise),
    video_mme.NAME: Official(official_video_mme.grade_reply, official_video_mme.summarise),
    video_r1_eval.NAME: Official(official_video_r1_eval.grade_reply, official_video_r1_eval.summarise),
}

CHOICES_ONLY = (mmvu.NAME, vcr_bench.NAME)
"""Of which the paper scores multiple choice alone (Supp. 8.2)."""

_SUMMED_OFFICIALLY = (vsi_bench.NAME, video_mmmu.NAME, video_r1_eval.NAME)
"""Of which this library's marks are averaged as the benchmark's own."""


def grade_reply(rule: RuleName, question: Question, reply: Reply) -> Mark:
    """A rule's mark of a reply."""
    if rule == "official":
        return _OFFICIAL[question.benchmark].grade(question, reply)
    return grade_by_library(question, reply, rule)


def summarise(rule: RuleName, benchmark: str, marked: Sequence[Marked]) -> list[Measure]:
    """A rule's scores of a benchmark, the main one first."""
    if rule == "official" or (rule == "default" and benchmark in _SUMMED_OFFICIALLY):
        return _OFFICIAL[benchmark].summarise(marked)
    if benchmark == video_r1_eval.NAME:
        return _OFFICIAL[benchmark].summarise(marked)
    if benchmark == vsi_bench.NAME:
        return [_accuracy_and_mra(marked)]
    kept = [one for one in marked if one.question.problem.options] if benchmark in CHOICES_ONLY else list(marked)
    if benchmark == video_mmmu.NAME:
        kept = [one for one in kept if one.question.breakdown["track"] != video_mmmu.QUESTION_ONLY]
    name = "accuracy on multiple choice" if benchmark in CHOICES_ONLY else "accuracy"
    captions = sum(one.question.problem.type == "captioning" for one in kept)
    note = f"without {captions:,} captions, which need a judge" if captions else ""
    return [measure(name, [mark.value for _, mark in kept if mark.value is not None], note)]


def for_breakdowns(rule: RuleName, benchmark: str, marked: Sequence[Marked]) -> Sequence[Marked]:
    """The marks that a rule's breakdowns average; what its score leaves out is unscored."""
    if rule == "official" and benchmark == video_mme.NAME:
        return official_video_mme.leave_out(marked)
    return marked


def _accuracy_and_mra(marked: Sequence[Marked]) -> Measure:
    """The paper's score of VSI-Bench: the mean of MRA over its numbers and of accuracy over its choices."""
    parts: dict[str, list[float]] = {"MRA": [], "accuracy": []}
    for question, mark in marked:
        if mark.value is not None:
            parts["accuracy" if question.problem.options else "MRA"].append(mark.value)
    return measure_strata("mean of MRA and accuracy", [Stratum(name, 1, values) for name, values in parts.items()])
