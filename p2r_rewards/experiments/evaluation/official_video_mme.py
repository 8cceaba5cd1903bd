"""Video-MME's own score: the first capital A to D anywhere; replies without one are left out."""

from __future__ import annotations

from collections.abc import Sequence

from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.intervals import Measure, measure
from p2r_rewards.experiments.evaluation.marks import Mark, Marked
from p2r_rewards.experiments.evaluation.replies import Reply
from p2r_rewards.graders.compat.lmms_eval import parse_videomme


def grade_reply(question: Question, reply: Reply) -> Mark:
    """The mark of `evaluation/eval_your_results.py`: "A man walks. The answer is C" is A."""
    gold = question.problem.gold
    if not isinstance(gold, str):
        return Mark(None, "gold is missing")
    letter = parse_videomme(reply.text)
    return Mark(float(letter == gold), f"first capital {letter!r}, gold {gold[:60]!r}", bool(letter))


def summarise(marked: Sequence[Marked]) -> list[Measure]:
    """The accuracy over replies with a letter, and as lmms-eval has it, which counts the others as wrong."""
    scored = [mark.value for _, mark in marked if mark.value is not None]
    read = [mark.value for _, mark in leave_out(marked) if mark.value is not None]
    left_out = len(scored) - len(read)
    note = f"{left_out:,} replies without a letter are left out" if left_out else ""
    return [
        measure("accuracy of replies with a letter", read, note),
        measure("accuracy of all, as lmms-eval", scored),
    ]


def leave_out(marked: Sequence[Marked]) -> list[Marked]:
    """All questions, those without a letter in the reply unscored: they are in no part of the official accuracies."""
    return [one if one.mark.parsed else one._replace(mark=one.mark._replace(value=None)) for one in marked]
