"""Which of a benchmark's questions are asked: tasks, a sample, the first few, one shard."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.benchmarks.question import Question

MAX_NAMED = 30
_SHARD = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A selection of questions; the default is all of them.

    Args:
        tasks: Subsets, or values of breakdowns such as a task or a duration: a question of any of them is chosen.
        limit: The first so many.
        sample: So many drawn at random, which stay in order.
        seed: Of the draw.
        shard: (i, n): every n-th question from the i-th on, i from 1 to n.

    Raises:
        ConfigError: A number is outside its range, or `limit` and `sample` are both given.
    """

    tasks: tuple[str, ...] = ()
    limit: int | None = None
    sample: int | None = None
    seed: int = 0
    shard: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        for name in ("limit", "sample"):
            value = getattr(self, name)
            if value is not None and value < 1:
                message = f"{name} must be at least 1, not {value}"
                raise ConfigError(message)
        if self.limit is not None and self.sample is not None:
            message = "limit takes the first questions and sample random ones: choose one"
            raise ConfigError(message)
        if not 1 <= self.shard[0] <= self.shard[1]:
            message = f"shard {self.shard[0]}/{self.shard[1]}: write I/N with I from 1 to N, such as 1/4"
            raise ConfigError(message)

    def to_mapping(self) -> dict[str, Any]:
        """The selection as plain data."""
        return {
            "tasks": list(self.tasks),
            "limit": self.limit,
            "sample": self.sample,
            "seed": self.seed if self.sample is not None else None,
            "shard": None if self.shard == (1, 1) else f"{self.shard[0]}/{self.shard[1]}",
        }


def read_shard(text: str) -> tuple[int, int]:
    """The two numbers of `I/N`.

    Raises:
        ConfigError: It is not of that form.

    Example:
        >>> read_shard("2/8")
        (2, 8)
    """
    match = _SHARD.fullmatch(text.strip())
    if match is None:
        message = f"shard {text!r:.40}: write I/N with I from 1 to N, such as 1/4"
        raise ConfigError(message)
    return int(match[1]), int(match[2])


def choose_questions(questions: Iterable[Question], choice: Choice) -> list[Question]:
    """The questions of a selection, in their order: tasks first, then sample or limit, then the shard.

    Raises:
        ConfigError: A task has no question; the message names those that there are.
    """
    found = list(questions)
    for task in choice.tasks:
        if not any(_is_of(question, task) for question in found):
            raise ConfigError(_no_such_task(found, task))
    if choice.tasks:
        found = [question for question in found if any(_is_of(question, task) for task in choice.tasks)]
    if choice.sample is not None and choice.sample < len(found):
        drawn = random.Random(choice.seed).sample(range(len(found)), choice.sample)
        found = [found[index] for index in sorted(drawn)]
    found = found[: choice.limit]
    first, step = choice.shard
    return found[first - 1 :: step]


def _is_of(question: Question, task: str) -> bool:
    return task in (question.subset, *question.breakdown.values())


def _no_such_task(questions: Sequence[Question], task: str) -> str:
    names = dict.fromkeys(
        name for question in questions for name in (question.subset, *question.breakdown.values()) if name
    )
    shown = ", ".join(list(names)[:MAX_NAMED]) + (", …" if len(names) > MAX_NAMED else "")
    return f"no question is of {task!r:.80}; there are {shown or 'none at all'}"
