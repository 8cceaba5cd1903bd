"""VCR-Bench's score without its judge: IoU of intervals and boxes, letters of multiple choice."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import orjson

from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.benchmarks.vcr_bench import BOX
from p2r_rewards.experiments.evaluation.intervals import Measure, measure
from p2r_rewards.experiments.evaluation.library_rules import grade_by_library
from p2r_rewards.experiments.evaluation.marks import Mark, Marked
from p2r_rewards.experiments.evaluation.replies import Reply
from p2r_rewards.problem import ProblemType

TIME_IOU, SPACE_IOU = Fraction(7, 10), Fraction(1, 2)
"""What an interval's and a box's overlap must exceed."""

NEEDS_JUDGE = "an open question: VCR-Bench's own score needs a judge"
MAX_CHARS = 200


def grade_reply(question: Question, reply: Reply) -> Mark:
    """The mark of `eval_code/eval.py`: intervals above 0.7 and boxes above 0.5 IoU are right.

    Its judge extracts the answer first; here the answer is the reply's own, and a letter is read as this library does.
    An interval or a box that is not written as a list of numbers goes to its judge there, and is unscored here.
    """
    problem = question.problem
    gold = problem.gold if isinstance(problem.gold, str) else ""
    if problem.options:
        return grade_by_library(question, reply)
    if problem.type not in (ProblemType.TEMPORAL, BOX):
        return Mark(None, NEEDS_JUDGE)
    size = 4 if problem.type == BOX else 2
    target, found = read_numbers(gold, size), read_numbers(reply.text, size)
    if target is None:
        return Mark(None, f"gold {gold[:60]!r} is no list of {size} numbers")
    if not reply.text:
        return Mark(0.0, "empty reply", parsed=False)
    if found is None:
        return Mark(None, f"the answer is no list of {size} numbers: VCR-Bench asks a judge", parsed=False)
    overlap, least = (box_iou(found, target), SPACE_IOU) if size == 4 else (interval_iou(found, target), TIME_IOU)
    return Mark(float(overlap > least), f"IoU {float(overlap):.3f}, must exceed {float(least)}")


def read_numbers(text: str, size: int) -> tuple[Fraction, ...] | None:
    """The numbers of a list that is the whole text, four of them integers; None where it is none.

    Example:
        >>> read_numbers("[1, 2.5]", 2), read_numbers("1 to 2", 2)
        ((Fraction(1, 1), Fraction(5, 2)), None)
    """
    text = text.strip()
    if len(text) > MAX_CHARS or not text.startswith("["):
        return None
    try:
        listed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    kinds = int if size == 4 else int | float
    if not isinstance(listed, list) or len(listed) != size or not all(type(n) is not bool for n in listed):
        return None
    return tuple(Fraction(str(one)) for one in listed) if all(isinstance(one, kinds) for one in listed) else None


def interval_iou(one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
    """The shared time over the time from the first start to the last end; 0 where that is none.

    Example:
        >>> interval_iou([Fraction(0), Fraction(8)], [Fraction(0), Fraction(10)])
        Fraction(4, 5)
    """
    shared = max(Fraction(0), min(one[1], other[1]) - max(one[0], other[0]))
    span = max(one[1], other[1]) - min(one[0], other[0])
    return shared / span if span else Fraction(0)


def box_iou(one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
    """The shared area over the area of both; 0 where they don't meet.

    Example:
        >>> box_iou([Fraction(n) for n in (0, 0, 10, 10)], [Fraction(n) for n in (0, 0, 10, 5)])
        Fraction(1, 2)
    """
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width < 0 or height < 0:
        return Fraction(0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    union = sum(areas) - width * height
    return width * height / union if union else Fraction(0)


def summarise(marked: Sequence[Marked]) -> list[Measure]:
    """The accuracy on what is scored without a judge; recall and precision of reasoning steps need one too."""
    values = [mark.value for _, mark in marked if mark.value is not None]
    unscored = sum(mark.value is None for _, mark in marked)
    note = f"without a judge: {unscored:,} questions unscored" if unscored else ""
    return [measure("accuracy", values, note)]
