"""What stands for a word without naming it: umbrellas and puddles for rain, from a table written by hand."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from p2r_rewards.judges import signs_of_people, signs_of_scenes, signs_of_things
from p2r_rewards.judges.facts import Facts
from p2r_rewards.judges.lexicon import key, keys

FULL = 3
"""So many signs of a word stand for it."""

LIGHT = keys("go get make take put add become try let come set give keep use start stop turn move two one")
"""Words of answers that hardly tell what is seen, where others do."""


class Shown(NamedTuple):
    """How far wanted words are shown.

    Attributes:
        share: The mean over the words: 1 where the word itself is asserted, else its signs out of `FULL`.
        signs: The signs that are asserted.
    """

    share: float
    signs: frozenset[str]


@cache
def _table() -> dict[str, frozenset[str]]:
    """From a word's key to those of its signs; read once, at the first use."""
    found: dict[str, set[str]] = {}
    for module in (signs_of_scenes, signs_of_people, signs_of_things):
        for line in module.SIGNS.strip().splitlines():
            names, _, signs = line.partition(": ")
            shown = frozenset(map(key, signs.split()))
            same = frozenset(map(key, names.split()))
            for name in same:
                found.setdefault(name, set()).update(shown | same)
    return {name: frozenset(signs - {name}) for name, signs in found.items()}


@lru_cache(maxsize=4_096)
def signs_of(each: str) -> frozenset[str]:
    """The keys of the signs of a key; none where the table does not know it.

    Example:
        >>> key("puddle") in signs_of(key("rain")), signs_of("qwerty")
        (True, frozenset())
    """
    return _table().get(each, frozenset())


def shown(facts: Facts, wanted: frozenset[str], asked: frozenset[str]) -> Shown:
    """How far the wanted words are asserted, or shown by signs that the question does not name.

    Example:
        >>> from p2r_rewards.judges.facts import read_facts
        >>> facts = read_facts("People with umbrellas jump over puddles on the wet road.")
        >>> shown(facts, frozenset([key("rain")]), frozenset()).share
        1.0
    """
    telling = (wanted - LIGHT) or wanted
    there = facts.positions.keys()
    total = 0.0
    signs: frozenset[str] = frozenset()
    for each in telling:
        if each in there:
            total += 1
            continue
        found = (signs_of(each) & there) - asked
        total += min(1.0, len(found) / FULL)
        signs |= found
    return Shown(total / len(telling) if telling else 0.0, signs)
