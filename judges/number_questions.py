"""What a question about numbers counts or wants worked out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from p2r_rewards.judges.facts import content_keys, plain
from p2r_rewards.judges.lexicon import PEOPLE_KEYS, STOP, key

_COUNTED = re.compile(
    r"\b(?:how many|number of|count of|count the|amount of|quantity of)\b(.{1,160})", re.IGNORECASE | re.DOTALL
)


_PLURALS = frozenset(("people", "children", "men", "women", "feet", "teeth", "mice", "sheep", "fish"))


_ENDS_NOUN = frozenset(
    [
        "are",
        "is",
        "was",
        "were",
        "do",
        "does",
        "did",
        "can",
        "will",
        "have",
        "has",
        "there",
        "be",
        "in",
        "on",
        "at",
        "the",
        "that",
        "which",
        "who",
    ]
)


class Target(NamedTuple):
    """What is counted: the head's keys, the words that narrow it, and everything else that was asked."""

    head: frozenset[str]
    narrowing: frozenset[str]
    anchors: frozenset[str]
    people: bool
    times: bool


@lru_cache(maxsize=512)
def read_target(question: str) -> Target | None:
    """What a question counts, or None where it asks for a number that is shown."""
    match = _COUNTED.search(question)
    if match is None:
        return None
    run: list[str] = []
    for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", plain(match[1])):
        if word in _ENDS_NOUN or (word in STOP and run):
            break
        if word not in STOP:
            run.append(word)
    run = run[:3]
    if not run:
        return None
    # `red balls enter`: the head is the last plural, the words behind it are the verb.
    plurals = [at for at, word in enumerate(run) if word.endswith("s") or word in _PLURALS]
    plural = max(plurals, default=len(run) - 1)
    head = key(run[plural])
    narrowing = frozenset(key(word) for word in run[:plural])
    anchors = frozenset(content_keys(question)) - {head}
    if key("left") in anchors or key("remain") in anchors:
        anchors |= {key("left"), key("remain")}
    return Target(
        frozenset((head,)), narrowing, anchors, head in PEOPLE_KEYS and head == key("people"), head == key("time")
    )
