"""The question put to a model judge: does the gold answer follow from the observation alone?"""

from __future__ import annotations

from p2r_rewards.judges.client import Message
from p2r_rewards.judges.defusing import drop_invisible, fence, fence_mark
from p2r_rewards.judges.gold import gold_text
from p2r_rewards.judges.reading import read_verdict
from p2r_rewards.judges.screening import screen
from p2r_rewards.judges.verdict import JudgeItem, Verdict
from p2r_rewards.templates.loader import PromptTemplate
from p2r_rewards.templates.questions import write_question

__all__ = ["CHOICES", "FIELDS", "RENDERER", "build_messages", "prepare_item", "read_verdict"]

RENDERER = "1"
"""The version of what this module makes of an item; part of every cache key."""

CHOICES = ("<judgement>Yes</judgement>", "<judgement>No</judgement>")
"""What structured decoding may hold a judge to."""

FIELDS = ("data_type", "question", "gold", "fence", "observation")
"""The fields that a sufficiency template may use (arXiv 2511.11113, Fig. 8)."""

MAX_DATA_CHARS = 65_536
"""A longer question, gold or list of options is unscored."""


def prepare_item(item: JudgeItem, template: PromptTemplate) -> Verdict | list[Message]:
    """The messages that ask a judge about an item, or the verdict where none needs to be asked.

    An observation without any evidence is insufficient; a missing question or gold leaves the item unscored.

    Raises:
        ConfigError: The template names a field other than `FIELDS`.

    Example:
        >>> from p2r_rewards.templates.loader import load_template
        >>> template = load_template("observation-sufficiency")
        >>> prepare_item(JudgeItem(question="How many?", gold="2", observation=" "), template).how
        'screened: the observation is empty'
        >>> [message["role"] for message in prepare_item(
        ...     JudgeItem(question="How many cups?", gold="2", observation="Two cups stand there."), template)]
        ['system', 'user']
    """
    return unjudgeable(item) or build_messages(item, template)


def unjudgeable(item: JudgeItem) -> Verdict | None:
    """The verdict on an item that no judge has to see, else None."""
    if item.question is None or not item.question.strip():
        return Verdict(sufficient=None, how="question is missing")
    if not item.gold.strip():
        return Verdict(sufficient=None, how="gold is missing")
    if len(item.question) + len(item.gold) + sum(map(len, item.options)) > MAX_DATA_CHARS:
        return Verdict(sufficient=None, how=f"question, options and gold are over {MAX_DATA_CHARS:,} characters")
    reason = screen(item)
    return None if reason is None else Verdict(sufficient=False, how=f"screened: the observation {reason}")


def build_messages(item: JudgeItem, template: PromptTemplate) -> list[Message]:
    """The template filled for an item: the observation is fenced and defused, everything else stands as it is.

    Raises:
        ConfigError: The template names a field other than `FIELDS`.
    """
    # The mark depends on everything that is shown, so that no text of the item can hold it.
    mark = fence_mark(item.question or "", item.gold, *item.options, item.observation)
    values = {
        "data_type": item.data_type,
        "question": drop_invisible(write_question(item.question or "", item.options)),
        "gold": drop_invisible(gold_text(item)),
        "fence": mark,
        "observation": fence(item.observation, mark),
    }
    return list(template.render({field: values[field] for field in template.fields if field in values}))
