"""What reasoning settles on, by a model: asked only where the rules leave it open (arXiv 2511.11113, Fig. 14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from p2r_rewards.judges.client import Message, Reply
from p2r_rewards.judges.extraction import SHOWN_CHARS, Extraction, build_extraction, find_extraction, settle_on
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.opening import judge_with, open_client
from p2r_rewards.judges.outcome import check_reached
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.judges.verdict import JudgeItem, Verdict
from p2r_rewards.templates.loader import PromptTemplate

TEMPLATE = "answer-extraction"


class Reasoning(NamedTuple):
    """The reasoning on a choice question."""

    think: str
    options: tuple[str, ...]
    question: str | None


class ModelExtraction:
    """Asks a model what reasoning settles on, with the cache, the merging and the limits of a model judge.

    What such a judge calls a verdict is here: sufficient, it settles on the option that `how` names; insufficient, on
    none.

    Args:
        judge: A judge as `open_extraction` makes it.
        name: The string that names the model.
    """

    def __init__(self, judge: ModelJudge, name: str) -> None:
        self.judge = judge
        self.name = name

    def extract(self, asked: Sequence[Reasoning]) -> list[Extraction]:
        """What each settles on, in order; undecided where the model did not say.

        Raises:
            DataError: It can't be reached.
        """
        items = [
            JudgeItem(question=one.question, gold="", observation=one.think[-SHOWN_CHARS:], options=one.options)
            for one in asked
        ]
        verdicts = judge_sync(self.judge, items)
        check_reached(self.judge, self.name, verdicts)
        return [_read_verdict(verdict, one.options) for verdict, one in zip(verdicts, asked, strict=True)]

    def close(self) -> None:
        """Closes connections and cache."""
        self.judge.close()


def open_extraction(spec: str, *, cache: Any = True, **options: Any) -> ModelExtraction:
    """The model that a string names, as `open_judge` takes it.

    Raises:
        ConfigError: It names none.
        MissingExtraError: A library it needs is not installed.
    """
    judge = judge_with(
        open_client(spec), template=TEMPLATE, cache=cache, structured=False, prepare=_prepare, read=_read, **options
    )
    assert isinstance(judge, ModelJudge)
    return ModelExtraction(judge, spec)


def _prepare(item: JudgeItem, template: PromptTemplate) -> Verdict | list[Message]:
    return build_extraction(item.observation, item.options, item.question, template)


def _read(reply: Reply) -> tuple[bool | None, str]:
    content = find_extraction(reply)
    if content is None:
        return None, "the reply holds no extraction"
    return content.casefold() not in ("no", "none"), content


def _read_verdict(verdict: Verdict, options: tuple[str, ...]) -> Extraction:
    if verdict.sufficient is None:
        return Extraction("undecided", None, None, verdict.how)
    return settle_on(verdict.how, options)
