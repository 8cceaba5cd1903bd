"""The embedded judge on regression: is a measure near the gold stated of what was asked, in a unit that fits?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from p2r_rewards.judges.coverage import Decision, head_keys
from p2r_rewards.judges.facts import Facts, content_keys, with_unit_words
from p2r_rewards.judges.lexical_counts import judge_nearby
from p2r_rewards.judges.lexicon import COLOUR_KEYS, EXCLUSIVE, ORDINALS, key, keys
from p2r_rewards.judges.measured import work_out
from p2r_rewards.judges.number_mentions import UNITS, NumberMention, number_mentions, plain_number

TOLERANCE = 0.15
"""Relative error up to which a stated measure carries the gold: regression pays nearness (VideoP2R, Supp. 7.2)."""

_UNIT_WORD = re.compile(r"[a-z]+")
_DIMENSIONS = (
    keys("height tall high"),
    keys("length long"),
    keys("width wide breadth broad"),
    keys("depth deep"),
    keys("distance apart away far"),
)
_DIMENSION_OF = {each: number for number, group in enumerate(_DIMENSIONS) for each in group}
_TELLING = COLOUR_KEYS | frozenset(EXCLUSIVE) | frozenset(map(key, ORDINALS))
_SHOWING = frozenset(("figure", "figures", "number", "numeral", "says", "reads", "shows", "displays"))
_NAMING = frozenset(("route", "line", "bus", "gate", "room", "page", "channel", "size"))


def judge_measure(question: str, gold: str, facts: Facts) -> Decision:
    """Whether a stated measure is within `TOLERANCE` of the gold, and no other is nearer to what was asked."""
    quantity = plain_number(gold)
    if quantity is None:
        return Decision(False, "the gold is no plain number")
    value = float(quantity.value)
    decision = _judge_stated(question, gold, value, quantity.unit, facts)
    if decision.sufficient:
        return decision
    numbers = _in_unit(question, facts)
    nearby = judge_nearby(question, value, numbers, facts, tolerance=0.01)
    if nearby is not None:
        return nearby
    how = work_out(question, value, _unit_asked(question), numbers, facts)
    return decision if how is None else Decision(True, f"{value:g} is {how}")


def _judge_stated(question: str, gold: str, value: float, gold_unit: str | None, facts: Facts) -> Decision:
    unit = _unit_asked(question) or _unit_asked(gold_unit or "") or _unit_asked(gold)
    anchors = frozenset(content_keys(question)) - {key(unit or ""), key("measure"), key("estimate")}
    heads = head_keys(question) - {
        key(word) for word in ("height", "length", "width", "distance", "weight", "dimension", "depth")
    }
    asked_for = {_DIMENSION_OF[each] for each in anchors if each in _DIMENSION_OF}
    stated: list[tuple[float, float]] = []
    elsewhere: list[float] = []
    mentions = number_mentions(facts)
    others = _of_others(mentions, anchors & _TELLING, facts)
    for mention in mentions:
        measured = None if mention.single or mention in others else _convert(mention, unit, facts)
        if measured is None or _is_of_other_dimension(mention, asked_for, facts):
            continue
        clause = facts.by_clause[facts.clauses[mention.at]]
        context = facts.context(mention.at)
        near = 0.25 * len(clause & anchors) + len(context & anchors) + (1.0 if context & heads else 0.0)
        if near > 0 or not anchors:
            stated.append((near, measured))
        elif mention.unit is not None and unit is not None:
            elsewhere.append(measured)
    if not stated and len(elsewhere) == 1 and abs(elsewhere[0] - value) <= 0.02 * abs(value):
        return Decision(True, f"states {value:g} as the only measure in its unit")
    if not stated:
        return Decision(False, "states no measure of what was asked")
    exact = [measured for near, measured in stated if abs(measured - value) <= 0.02 * abs(value)]
    if exact:
        return Decision(True, f"states {exact[0]:g} for {value:g}")
    best = max(near for near, _ in stated)
    nearest = [measured for near, measured in stated if near >= best - 1]
    shown = ", ".join(f"{measured:g}" for measured in nearest[:4])
    fits = [measured for measured in nearest if _is_near(measured, value)]
    if fits and len(fits) == len(nearest):
        return Decision(True, f"states {shown} for {value:g}")
    return Decision(False, f"states {shown}, not {value:g}")


def _of_others(mentions: Sequence[NumberMention], telling: frozenset[str], facts: Facts) -> set[NumberMention]:
    """The numbers that are another thing's: of `the yellow one costs 79, the red one 49` the first, where red is asked.

    That is where the words that lead to another number of the sentence hold what tells them apart, and its own don't.
    """
    if not telling:
        return set()
    led: dict[int, list[tuple[NumberMention, bool]]] = {}
    end = 0
    for mention in mentions:
        if mention.single or facts.words[mention.at] == "one":  # `the red one`
            continue
        number = facts.sentences[mention.at]
        start = max(end, facts.sentence_spans[number].start)
        led.setdefault(number, []).append((mention, not telling.isdisjoint(facts.keys[start : mention.at])))
        end = mention.end
    return {mention for held in led.values() if any(own for _, own in held) for mention, own in held if not own}


def _in_unit(question: str, facts: Facts) -> list[NumberMention]:
    """The numbers with those that have a unit of the asked dimension in the unit asked for."""
    unit = _unit_asked(question)
    found = []
    for mention in number_mentions(facts):
        converted = _convert(mention, unit, facts) if unit and mention.unit else None
        found.append(mention if converted is None else mention._replace(value=converted, unit=unit))
    return found


def _is_near(measured: float, value: float) -> bool:
    return abs(measured - value) <= TOLERANCE * abs(value) if value else measured == 0


@lru_cache(maxsize=512)
def _unit_asked(text: str) -> str | None:
    found = [
        word
        for word in _UNIT_WORD.findall(with_unit_words(text.lower()))
        if word in UNITS and (len(word) > 1 or text == word)
    ]
    return found[-1] if found else None


def _convert(mention: NumberMention, unit: str | None, facts: Facts) -> float | None:
    """The mention's value in the unit asked for; None where it is of another dimension, counts or names."""
    if mention.at and facts.words[mention.at - 1] in _NAMING:
        return None
    if mention.unit is None:
        shown = mention.at > 0 and facts.words[mention.at - 1] in _SHOWING
        return mention.value if not mention.noun or unit is None or shown else None
    if unit is None:
        return mention.value
    dimension, factor = UNITS[mention.unit]
    wanted, scale = UNITS[unit]
    return mention.value * factor / scale if dimension == wanted else None


def _is_of_other_dimension(mention: NumberMention, asked_for: set[int], facts: Facts) -> bool:
    """Whether `long` follows the number where the height was asked for."""
    end = mention.end + (mention.unit is not None)
    following = facts.keys[end : end + 2]
    named = {_DIMENSION_OF[each] for each in following if each in _DIMENSION_OF}
    return bool(asked_for and named) and not named & asked_for
