"""The gold answer in words: of a choice question the option's text, not its letter."""

from __future__ import annotations

from functools import lru_cache

from p2r_rewards.graders.multiple_choice import read_gold
from p2r_rewards.graders.options import MAX_OPTIONS, Options, read_options
from p2r_rewards.judges.verdict import JudgeItem
from p2r_rewards.scores import Unscored


def gold_option(item: JudgeItem) -> tuple[Options, int] | None:
    """The options of an item and which of them is the gold; None where it has none or the gold names none.

    Example:
        >>> gold_option(JudgeItem(question="?", gold="B", observation="", options=("a cat", "a dog")))[1]
        1
    """
    if not item.options or len(item.options) > MAX_OPTIONS:
        return None
    return _gold_option(item.options, item.gold)


@lru_cache(maxsize=256)  # the rollouts of a group share them
def _gold_option(texts: tuple[str, ...], gold: str) -> tuple[Options, int] | None:
    options = read_options(texts)
    accepted = read_gold(options, gold)
    return None if isinstance(accepted, Unscored) or not accepted else (options, accepted[0])


def gold_text(item: JudgeItem) -> str:
    """The gold as a judge reads it: of a choice question the option's own line, else the gold as it stands.

    Example:
        >>> gold_text(JudgeItem(question="?", gold="B", observation="", options=("A. a cat", "B. a dog")))
        'B. a dog'
        >>> gold_text(JudgeItem(question="?", gold="B", observation="", options=("a cat", "a dog")))
        'B. a dog'
    """
    found = gold_option(item)
    if found is None:
        return item.gold
    options, index = found
    return item.options[index].strip() if options.labelled else f"{options.labels[index]}. {options.texts[index]}"
