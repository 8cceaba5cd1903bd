"""How far an observation's facts hold some wanted words, and how near they stand to what was asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from p2r_rewards.judges.facts import Facts, content_keys
from p2r_rewards.judges.lexicon import COLOUR_KEYS, EXCLUSIVE, GENERIC_KEYS, MATERIAL_KEYS, PRONOUNS, STOP, key

_PRONOUN_KEYS = frozenset(map(key, PRONOUNS))
_ASKS_ATTRIBUTE = re.compile(r"\b(?:colou?rs?|materials?|made)\b")


class Decision(NamedTuple):
    """What was decided, and why in a few words.

    Attributes:
        sufficient: Whether the gold follows.
        how: Why.
        settled: Whether something else than the gold was found, so that nothing else can tip the scales.
    """

    sufficient: bool
    how: str
    settled: bool = False


class Support(NamedTuple):
    """The share of the wanted words that is asserted together, that of the question's words near them, and where."""

    share: float
    relevance: float
    start: int


NO_SUPPORT = Support(0.0, 0.0, -1)


def support(facts: Facts, wanted: frozenset[str], anchors: frozenset[str], *, by_clause: bool = False) -> Support:
    """The best support of the wanted keys in one sentence with the one before it, or in one clause alone."""
    if not wanted:
        return NO_SUPPORT
    groups = facts.by_clause if by_clause else facts.by_sentence
    best = NO_SUPPORT
    before: frozenset[str] = frozenset()
    for group in groups:
        window = group | before
        before = frozenset() if by_clause else group
        if not (group & wanted):
            continue
        if len(wanted) == 1 and anchors and not group & anchors and not group & _PRONOUN_KEYS:
            window = group  # a single word is said of what its own sentence is about
        share = len(window & wanted) / len(wanted)
        relevance = len(window & anchors) / len(anchors) if anchors else 1.0
        if (share, relevance) > best[:2]:
            best = Support(share, relevance, 0)
    return best._replace(start=first_position(facts, wanted)) if best.share else best


def first_position(facts: Facts, wanted: Iterable[str]) -> int:
    """Where the first of the wanted keys is asserted, or -1."""
    return min((facts.positions[each][0] for each in wanted if each in facts.positions), default=-1)


def head_keys(question: str) -> frozenset[str]:
    """The keys of what is asked about: the first run of words with content, without `color` and the like.

    Example:
        >>> sorted(head_keys("What color is the license plate of the car?"))
        ['licens', 'plate']
    """
    run: list[str] = []
    for word in re.findall(r"[^\W\d_]+", question.lower()):
        if word in STOP or key(word) in GENERIC_KEYS or _ASKS_ATTRIBUTE.fullmatch(word):
            if run:
                break
            continue
        run.append(word)
    return frozenset(content_keys(" ".join(run[:3])))


def coloured(facts: Facts, heads: frozenset[str], attributes: frozenset[str] = COLOUR_KEYS) -> frozenset[str]:
    """The colours (or other attributes) given to one of the heads: `a red car`, `the car is red`, `It is red`."""
    found: set[str] = set()
    for index, each in enumerate(facts.keys):
        if each not in attributes or not facts.live[index]:
            continue
        noun = _noun_after(facts, index)
        if bool(noun & heads) if noun is not None else _is_said_of(facts, index, heads):
            found.add(each)
    return frozenset(found)


def _noun_after(facts: Facts, index: int) -> frozenset[str] | None:
    """The words that a colour stands before (`red and blue car`), or None where it stands alone."""
    at = index + 1
    while at < len(facts.words) and facts.clauses[at] == facts.clauses[index]:
        joins = facts.words[at] == "and" and at + 1 < len(facts.keys) and facts.keys[at + 1] in COLOUR_KEYS
        if facts.keys[at] not in COLOUR_KEYS and not joins:
            break
        at += 1
    following = facts.content_after(at - 1, 3)
    return frozenset(following) if following else None


def _is_said_of(facts: Facts, index: int, heads: frozenset[str]) -> bool:
    """Whether a head stands in its clause, or a pronoun for one in the sentence before."""
    if facts.by_clause[facts.clauses[index]] & heads:
        return True
    number = facts.sentences[index]
    return number > 0 and facts.has_pronoun_before(index) and bool(facts.by_sentence[number - 1] & heads)


def attributes_of(wanted: frozenset[str]) -> frozenset[str] | None:
    """Colours where all wanted keys are colours, materials where they are materials, else None."""
    if not wanted:
        return None
    return next((group for group in (COLOUR_KEYS, MATERIAL_KEYS) if wanted <= group), None)


def contradicted(facts: Facts, wanted: frozenset[str], heads: frozenset[str]) -> str | None:
    """A key that excludes a wanted one (`closed` for `open`), asserted where the wanted one is not, or None."""
    groups = {EXCLUSIVE[each]: each for each in wanted if each in EXCLUSIVE and each not in facts.positions}
    if not groups:
        return None
    for each, places in facts.positions.items():
        if each in EXCLUSIVE and EXCLUSIVE[each] in groups and each not in wanted:
            for index in places:
                if not heads or facts.context(index) & heads:
                    return each
    return None


def covers(found: Support, size: int) -> bool:
    """Whether so many wanted words are held well enough: all of one or two, half of more."""
    return found.share >= (1.0 if size <= 2 else 0.5 if size > 3 else 0.6)


def wanted_keys(text: str, question: str) -> frozenset[str]:
    """The keys of an answer that the question does not hold already; all of them where nothing else is left."""
    found = frozenset(content_keys(text))
    return (
        found - frozenset(content_keys(question)) or found or frozenset(key(word) for word in text.lower().split()[:8])
    )
