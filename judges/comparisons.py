"""Questions that offer two things: `Which is higher, the lamp or the painting?`."""

from __future__ import annotations

import re

from p2r_rewards.judges.coverage import Decision, coloured, head_keys
from p2r_rewards.judges.facts import Facts, content_keys, plain
from p2r_rewards.judges.lexicon import COLOUR_KEYS, key, keys

_OFFER = re.compile(r"(?:^|[,:?]|\bbetween\b|\bis\b|\bare\b)([^,:?]{1,120}?)\bor\b([^,:?]{1,120})", re.IGNORECASE)
# What ranks two things, each way.
_RANKS = (
    (keys("high above top tall up upper raised"), keys("low under bottom short down lower beneath")),
    (keys("left leftmost"), keys("right rightmost")),
    (keys("front near close foreground nearer"), keys("behind far back background distant rear")),
    (keys("large big more wide long thick heavy great fast old exceed"),
     keys("small little less few narrow short thin slow young")),
    (keys("first before early earlier"), keys("after last later second then")),
)  # fmt: skip


def judge_comparison(question: str, gold: str, facts: Facts) -> Decision | None:
    """Whether the facts rank two offered things as the gold does; None where the question offers none."""
    offered = _OFFER.search(plain(question))
    if offered is None:
        return None
    first, second = frozenset(content_keys(offered[1])), frozenset(content_keys(offered[2]))
    first, second = first - second, second - first
    if first & COLOUR_KEYS and second & COLOUR_KEYS:
        first, second = first & COLOUR_KEYS, second & COLOUR_KEYS
    named = frozenset(content_keys(gold))
    if not first or not second or bool(named & first) == bool(named & second):
        return None
    wins, loses = (first, second) if named & first else (second, first)
    if wins | loses <= COLOUR_KEYS:
        held = coloured(facts, head_keys(question))
        return Decision(
            wins <= held and not loses & held, f"colours given to what was asked: {', '.join(sorted(held))}"
        )
    asked = frozenset(content_keys(question)) | frozenset(map(key, re.findall(r"[^\W\d_]+", question.lower())))
    for up, down in _RANKS:
        if asked & up and not asked & down:
            return _rank(wins, loses, up, down, facts)
        if asked & down and not asked & up:
            return _rank(wins, loses, down, up, facts)
    held_wins, held_loses = wins & facts.positions.keys(), loses & facts.positions.keys()
    return Decision(bool(held_wins) and not held_loses, "of the two offered, one is described")


def _rank(
    wins: frozenset[str], loses: frozenset[str], more: frozenset[str], less: frozenset[str], facts: Facts
) -> Decision:
    """Looks for a sentence that ranks the two: `the painting hangs above the lamp`."""
    for number, sentence in enumerate(facts.by_sentence):
        ranks = sentence & (more | less)
        if not ranks or not (sentence & wins or sentence & loses):
            continue
        at = [index for index in facts.sentence_spans[number] if facts.live[index]]
        rank = next(index for index in at if facts.keys[index] in ranks)
        before = [facts.keys[index] for index in at if index < rank and facts.keys[index] in wins | loses]
        after = [facts.keys[index] for index in at if index > rank and facts.keys[index] in wins | loses]
        subject = before[0] if before else after[0]
        won = (subject in wins) == (facts.keys[rank] in more)
        return Decision(
            won, "the observation ranks the two " + ("as the gold does" if won else "the other way round"), settled=True
        )
    return Decision(False, "the two offered are not ranked")
