"""What a rule makes of one reply."""

from __future__ import annotations

from typing import NamedTuple

from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.scores import Grade, Unscored


class Mark(NamedTuple):
    """A rule's verdict on a reply.

    Attributes:
        value: In [0, 1]; None: unscored, for a reason that is not the model's fault.
        how: What was read and which rule decided, or why there is no value.
        parsed: Whether the rule found an answer in the reply at all.
    """

    value: float | None
    how: str
    parsed: bool = True


class Marked(NamedTuple):
    """A question with its mark."""

    question: Question
    mark: Mark


def mark_of(grade: Grade, *, parsed: bool = True) -> Mark:
    """A grade as a mark."""
    return Mark(None, grade.reason) if isinstance(grade, Unscored) else Mark(grade.value, grade.how, parsed)
