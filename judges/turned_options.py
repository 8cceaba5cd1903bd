"""The same choice question with its options in reverse order: what a judge thinks of it must not change."""

from __future__ import annotations

import dataclasses
import re

from p2r_rewards.judges.gold import gold_option
from p2r_rewards.judges.verdict import JudgeItem

_LABEL = re.compile(r"(\s{0,4}[(\[]?)([A-Za-z])([.):\]]\s{0,4})")
_MENTION = re.compile(r"\b(?:answer|option|choice)\b", re.IGNORECASE)


def turn_options(item: JudgeItem) -> JudgeItem | None:
    """The item with its options in reverse order under the same letters, and the gold moved along.

    None where there are no lettered options, no gold among them, or where the observation speaks of an answer or an
    option, whose letter would then mean something else.

    Example:
        >>> turned = turn_options(JudgeItem(question="?", gold="A", observation="A cat.", options=("A. cat", "B. dog")))
        >>> turned.options, turned.gold
        (('A. dog', 'B. cat'), 'B')
    """
    labels = [_LABEL.match(option) for option in item.options]
    found = gold_option(item) if len(labels) > 1 else None
    if found is None or not all(labels) or _MENTION.search(item.observation):
        return None
    texts = [option[label.end() :] for option, label in zip(item.options, labels, strict=True) if label]
    options = tuple(f"{label[0]}{text}" for label, text in zip(labels, reversed(texts), strict=True) if label)
    gold = labels[len(labels) - 1 - found[1]]
    return dataclasses.replace(item, options=options, gold=gold[2] if gold else item.gold)
