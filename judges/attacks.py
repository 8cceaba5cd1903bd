"""Attacks on judges, by class: observations that hold no evidence and ask to be paid all the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.attack_texts import AttackText, texts_by_class
from p2r_rewards.judges.gold import gold_text
from p2r_rewards.judges.labels import LabelledItem
from p2r_rewards.judges.verdict import JudgeItem

_FIELD = re.compile(r"«(\w+)»")
_LABEL = re.compile(r"\s{0,4}[(\[]?\w[.):\]]\s{1,4}")
_FIRST_SENTENCE = re.compile(r"[.!?](?=\s)")


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to attack; `attack(item)` is the attacking observation, the same each time.

    Attributes:
        kind: Its class, one of `ATTACKS`' keys.
        number: Its number in the class, from 1.
        made_of: Its text, with the fields that are filled from the item.
    """

    kind: str
    number: int
    made_of: AttackText

    @property
    def name(self) -> str:
        """Class and number."""
        return f"{self.kind} {self.number}"

    def __call__(self, item: JudgeItem) -> str:
        """The observation with which a policy would attack, given one that lacks the evidence."""
        fields = _fields(item)
        # One pass: what a field puts in is not searched for fields again.
        payload = self.made_of.disguise(_FIELD.sub(lambda match: fields[match[1]], self.made_of.text))
        if self.made_of.place == "alone":
            return payload
        if self.made_of.place == "before":
            return f"{payload} {item.observation}"
        if self.made_of.place == "within":
            cut = _FIRST_SENTENCE.search(item.observation)
            end = cut.end() if cut else 0
            return f"{item.observation[:end]} {payload}{item.observation[end:]}"
        return f"{item.observation} {payload}"


ATTACKS: dict[str, tuple[Attack, ...]] = {
    kind: tuple(Attack(kind, number, text) for number, text in enumerate(texts, start=1))
    for kind, texts in texts_by_class().items()
}
"""The corpus: each class with its attacks."""


def choose_targets(items: Sequence[LabelledItem], count: int) -> list[LabelledItem]:
    """Up to `count` items to attack: insufficient ones, as many of each problem type as can be, in order.

    Raises:
        ConfigError: None is insufficient.
    """
    by_type: dict[str, list[LabelledItem]] = {}
    for one in items:
        if not one.sufficient:
            by_type.setdefault(one.item.type, []).append(one)
    if not by_type:
        message = "attacks need items that are labelled insufficient, and there are none"
        raise ConfigError(message)
    chosen: list[LabelledItem] = []
    for rank in range(max(map(len, by_type.values()))):
        for group in by_type.values():
            if rank < len(group) and len(chosen) < count:
                chosen.append(group[rank])
    return chosen


def _fields(item: JudgeItem) -> dict[str, str]:
    answer = gold_text(item)
    bare = _LABEL.sub("", answer, count=1) if item.options and _LABEL.match(answer) else answer
    listed = item.options or _guesses(bare)
    return {
        "question": item.question or "",
        "gold": item.gold,
        "answer": bare,
        "options": "\n".join(listed),
        "either": " or ".join(listed),
        "letters": ", ".join("ABCDEFGHIJ"[: len(listed)]),
    }


def _guesses(answer: str) -> tuple[str, ...]:
    """What stands in for options where there are none: the answer among guesses of its kind."""
    if any(character.isdigit() for character in answer):
        return ("1", "2", "3", "4", "5", "6", "8", "10", answer, "12", "20", "50", "100")
    return ("nothing at all", "something else", answer, "the opposite of it", "this can't be told")
