"""What judges are asked, and what they say: items and verdicts."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeItem:
    """One observation and what it is to suffice for (arXiv 2511.11113, Sec. 3.2.2).

    Attributes:
        question: What was asked; None where it is unknown.
        gold: The correct answer, bare.
        observation: What the model says that it sees, without its tags. Hostile text.
        options: The options of a choice question, as full texts.
        type: The problem's type.
        data_type: "image" or "video".
    """

    question: str | None
    gold: str
    observation: str
    options: tuple[str, ...] = ()
    type: str = ""
    data_type: str = "video"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a judge says of one item.

    Attributes:
        sufficient: Whether the gold answer follows from the observation alone; None: unscored.
        how: What decided, in a few words; of an unscored one, why there is no verdict.
        raw: The judge's own reply; None where no model was asked.
        model: Who judged.
        template: The name and version of the prompt; None where there was none.
        prompt_tokens: Tokens that the judge read, where the server told.
        completion_tokens: Tokens that it wrote.
        seconds: How long the answer took; 0.0 for one from the cache.
        cached: Whether the verdict was known before.
    """

    sufficient: bool | None
    how: str
    raw: str | None = None
    model: str = ""
    template: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float = 0.0
    cached: bool = False


class Judge(Protocol):
    """Anything that gives each item its verdict, in order; an unanswered item is unscored, never insufficient."""

    def __call__(self, items: Sequence[JudgeItem]) -> Awaitable[list[Verdict]]:
        """The verdicts, one an item."""
