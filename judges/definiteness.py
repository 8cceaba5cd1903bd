"""How definitely an observation tells of what was asked: the evidence left where the gold's own words are missing.

Who saw the deciding fact tells it exactly (`both`, `until`, `the third`) and of the things that were asked about; who
did not tells of `some people`, of `a window`, and of how it all looks. That is a matter of style, not proof: it may
tip the scales where nothing speaks against, and an account that was made up passes for one.
"""

from __future__ import annotations

import re

from p2r_rewards.judges.facts import Facts, asked_keys

LEAST_WORDS = 25
LEAST_SENTENCES = 2

PER = 50
"""Words are counted per so many of the observation: a longer one is not more definite."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ARTICLES = frozenset(("a", "an"))
VAGUE = _words(
    """some several something somebody someone somewhere many few various certain different other others somewhat thing
    things object objects item items lot number people row group kind mix often usually generally mostly"""
)
"""Words that leave open what, who or how many."""

EXACT = _words(
    """exactly straight only both each same until then finally last whole entire precisely just right third second
    first fourth fifth another twice once one two three four five six seven eight nine half nothing nobody none neither
    without"""
)
"""Words that settle what, who, when or how many."""

SEEMING = _words("seems seem appears looks look too hidden blurred blurry cut covered unclear seemingly apparently")
STATIC = _words("is are was were wears wearing wear background bright light window wall camera clip sky")
"""Words of a description of how a place looks, not of what happens in it."""

_COMPLETE = re.compile(r"[.!?。！？][\"'”’)\]]{0,2}$")
_LINKS = re.compile(r"[;:]")


def is_whole(facts: Facts) -> bool:
    """Whether an observation comes to its end, and states no answer."""
    return not facts.claims and _COMPLETE.search(facts.text[-40:].rstrip()) is not None


def definiteness(facts: Facts, question: str) -> float | None:
    """The log odds, of about -4 to 3, that a definite account lends; None where there is hardly an account at all.

    None as well where the observation states an answer, or stops before its end.

    Example:
        >>> from p2r_rewards.judges.facts import read_facts
        >>> question = "What does the woman do with the letter?"
        >>> exact = "The woman takes the letter by both corners. She tears it in half, lays the halves on top of each "
        >>> exact += "other, tears them once more, and drops the four pieces of the letter into the bin."
        >>> vague = "Some people sit in a room with a few objects on a table. A woman holds something that looks like "
        >>> vague += "a letter. There are several pictures on a wall and a window with different plants."
        >>> definiteness(read_facts(exact), question) > 0 > definiteness(read_facts(vague), question)
        True
    """
    words = facts.words
    if len(words) < LEAST_WORDS or len(facts.spoken) < LEAST_SENTENCES or not is_whole(facts):
        return None
    asked = asked_keys(question)
    exact = vague = static = seeming = articles = 0
    for word in words:
        if word in ARTICLES:
            articles += 1
        elif word in STATIC:
            static += 1
        elif word in EXACT:
            exact += 1
        elif word in VAGUE:
            vague += 1
        elif word in SEEMING:
            seeming += 1
    repeated = sum(each in asked for each in facts.keys)
    style = 0.27 * exact - 0.6 * vague - 0.3 * static - 0.4 * seeming - 0.25 * articles - 0.2 * repeated
    speaking = sum(not asked.isdisjoint(held) for held in facts.by_sentence)
    passing = (0.6, 0.3)[speaking] if asked and speaking < 2 else 0.0  # hardly of what was asked
    near = speaking / len(facts.by_sentence)
    links = min(6, len(_LINKS.findall(facts.text)))
    return style * PER / len(words) + 1.2 * near + 0.18 * links - passing
