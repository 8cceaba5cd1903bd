"""Questions about the order of events: what comes first, last, after or before something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from p2r_rewards.judges.coverage import Support
from p2r_rewards.judges.facts import Facts, content_keys
from p2r_rewards.judges.lexicon import ORDINALS

_AFTER = re.compile(r"\b(?:after|once|following)\b (.{3,200})", re.IGNORECASE)
_BEFORE = re.compile(r"\b(?:before|prior to)\b (.{3,200})", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:first|initially|begins? with|starts? with|at the (?:beginning|start))\b", re.IGNORECASE)
_RANKED = re.compile(
    r"\b(?:appear\w{0,3}|com(?:es?|ing)|shown|arriv\w{1,4}|happens?|finish\w{0,3}|is|the) (second|third|fourth)\b"
    r"(?! (?:half|part|floor|row|line|lane|time|team|column|quarter|person|player|year)s?\b)",
    re.IGNORECASE,
)
_LAST = re.compile(r"\b(?:last|finally|at the end|in the end|eventually|ends? with)\b", re.IGNORECASE)


class Order(NamedTuple):
    """Which event is asked for: `first`, `last`, `second` and so on, or the one `after` or `before` the keys'."""

    kind: str
    anchor: frozenset[str]


def order_asked(question: str) -> Order | None:
    """The order that a question asks about, or None.

    Example:
        >>> order_asked("What does she do after she peels the apple?").kind
        'after'
    """
    for kind, pattern in (("after", _AFTER), ("before", _BEFORE)):
        if match := pattern.search(question):
            anchor = frozenset(content_keys(match[1]))
            return Order(kind, anchor) if anchor else None
    if ranked := _RANKED.search(question):
        return Order(ranked[1].lower(), frozenset())
    if _FIRST.search(question):
        return Order("first", frozenset())
    return Order("last", frozenset()) if _LAST.search(question) else None


def anchor_position(order: Order, facts: Facts) -> int | None:
    """Where the question's event stands in time: in `after peeling the apple, …` before all of its sentence."""
    best: tuple[float, int] | None = None
    for number, clause in enumerate(facts.by_clause):
        share = len(clause & order.anchor) / len(order.anchor)
        if share >= 0.5 and (best is None or share > best[0]):
            best = (share, number)
    if best is None:
        return None
    places = [index for index in facts.clause_spans[best[1]] if facts.keys[index] in order.anchor and facts.live[index]]
    first, last = places[0], places[-1]
    lead = facts.words[max(0, first - 5) : first]
    sentence = facts.sentences[first]
    if "after" in lead or "once" in lead or "having" in lead:
        return facts.sentence_spans[sentence].start - 1
    if "before" in lead:
        return facts.sentence_spans[sentence].stop
    return last


def event_positions(wanted: frozenset[str], facts: Facts) -> list[int]:
    """Where a clause tells (at least half of) the wanted event, in order."""
    found = []
    for number, clause in enumerate(facts.by_clause):
        held = clause & wanted
        if 2 * len(held) >= len(wanted) and held:
            found.append(next(index for index in facts.clause_spans[number] if facts.keys[index] in held))
    return found


def pick_by_order(
    order: Order, events: Sequence[frozenset[str]], shares: Sequence[Support], facts: Facts
) -> int | None:
    """Which of several events is the one that was asked for; None where they are not told in an order."""
    told = {
        number: places
        for number, wanted in enumerate(events)
        if shares[number].share >= 0.5 and (places := event_positions(wanted, facts))
    }
    if order.kind in ("after", "before"):
        anchor = anchor_position(order, facts)
        if anchor is None:
            return None
        if order.kind == "after":
            nexts = {
                number: min(after) for number, places in told.items() if (after := [p for p in places if p > anchor])
            }
            return min(nexts, key=nexts.__getitem__) if nexts else None
        lasts = {
            number: max(before) for number, places in told.items() if (before := [p for p in places if p < anchor])
        }
        return max(lasts, key=lasts.__getitem__) if lasts else None
    if len(told) < 2:
        return None
    rank = ORDINALS.get(order.kind, 1)
    if rank > 1:
        ranked = sorted(told, key=lambda number: told[number][0])
        return ranked[rank - 1] if rank <= len(ranked) else None
    if order.kind == "first":
        return min(told, key=lambda number: told[number][0])
    return max(told, key=lambda number: told[number][-1])
