"""MVBench's own score: a reply's first word against the option's letter; correct over all, and the mean of tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.benchmarks.shown_choices import gold_letters
from p2r_rewards.experiments.evaluation.intervals import Measure, Stratum, measure, measure_strata
from p2r_rewards.experiments.evaluation.marks import Mark, Marked
from p2r_rewards.experiments.evaluation.replies import Reply
from p2r_rewards.graders.options import latin_label


def grade_reply(question: Question, reply: Reply) -> Mark:
    """The mark of `check_ans` in `video_chat2/mvbench.ipynb`, faults included.

    The reply's first word, without full stops, must be part of `(b)`, or `(b)` part of it. So an empty reply is
    right, and so is a bracket; of candidates with the same text the last one is the gold.
    """
    candidates = question.problem.meta["candidates"]
    letters = gold_letters(question.problem.meta["answer"], candidates)
    if not letters:
        return Mark(None, "the answer is none of the candidates")
    gold = letters[-1]
    word = reply.text.lower().split(" ")[0]
    bare, option = word.replace(".", ""), f"({gold.lower()})"
    labels = [f"({latin_label(position).lower()})" for position in range(len(candidates))]
    parsed = bool(bare) and any(bare in label or label in word for label in labels)
    right = bare in option or option in word
    return Mark(float(right), f"first word {word[:60]!r} against {option!r}", parsed)


def summarise(marked: Sequence[Marked]) -> list[Measure]:
    """Correct over all questions, which is the official average, and the mean of the tasks."""
    tasks: dict[str, list[float]] = defaultdict(list)
    for question, mark in marked:
        if mark.value is not None:
            tasks[question.breakdown["task"]].append(mark.value)
    strata = [Stratum(task, 1, values) for task, values in tasks.items()]
    return [
        measure("correct of all", [value for values in tasks.values() for value in values]),
        measure_strata("mean of the tasks", strata),
    ]
