"""The numbers that an observation states, with what they count, their unit, and what they are said of."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from p2r_rewards.graders.number_prose import read_number
from p2r_rewards.graders.numbers import Quantity
from p2r_rewards.judges.facts import Facts
from p2r_rewards.judges.lexicon import CARDINALS, ORDINALS, STOP, key

MAX_MENTIONS = 200

_NUMBER = re.compile(r"[0-9]{1,12}(?:,[0-9]{3}){0,4}(?:\.[0-9]{1,12})?")
_CLOCK = re.compile(r"([0-9]{1,2}):00")
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_ANOTHER = frozenset(("another", "second", "third", "fourth", "fifth", "sixth"))

# Unit -> (dimension, factor to the dimension's base).
UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetres"), ("length", 0.001)),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), ("length", 0.01)),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), ("length", 1.0)),
    **dict.fromkeys(("km", "kilometer", "kilometers", "kilometre", "kilometres"), ("length", 1000.0)),
    **dict.fromkeys(("inch", "inches"), ("length", 0.0254)),
    **dict.fromkeys(("ft", "foot", "feet"), ("length", 0.3048)),
    **dict.fromkeys(("yd", "yard", "yards"), ("length", 0.9144)),
    **dict.fromkeys(("mile", "miles"), ("length", 1609.344)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("time", 1.0)),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), ("time", 60.0)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("time", 3600.0)),
    **dict.fromkeys(("day", "days"), ("time", 86400.0)),
    **dict.fromkeys(("year", "years"), ("time", 31_557_600.0)),
    **dict.fromkeys(("mg", "milligram", "milligrams"), ("mass", 1e-6)),
    **dict.fromkeys(("g", "gram", "grams", "gramme", "grammes"), ("mass", 0.001)),
    **dict.fromkeys(("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"), ("mass", 1.0)),
    **dict.fromkeys(("lb", "lbs", "pound", "pounds"), ("mass", 0.45359237)),
    **dict.fromkeys(("oz", "ounce", "ounces"), ("mass", 0.028349523)),
    **dict.fromkeys(("ml", "milliliter", "milliliters"), ("volume", 0.001)),
    **dict.fromkeys(("l", "liter", "liters", "litre", "litres"), ("volume", 1.0)),
    **dict.fromkeys(("degree", "degrees", "celsius", "fahrenheit", "c", "f"), ("degrees", 1.0)),
    **dict.fromkeys(("dollar", "dollars", "usd", "euro", "euros", "cents"), ("money", 1.0)),
    **dict.fromkeys(("percent", "percentage"), ("percent", 1.0)),
    **dict.fromkeys(("kmh", "kph"), ("speed", 1.0)),
    "mph": ("speed", 1.609344),
    "mps": ("speed", 3.6),
}


@lru_cache(maxsize=1_024)  # golds and options, which the rollouts of a group share
def plain_number(text: str) -> Quantity | None:
    """The plain number that a gold or an option is, or None.

    Example:
        >>> float(plain_number("36.5").value), plain_number("a kite")
        (36.5, None)
    """
    return read_number(text)


class NumberMention(NamedTuple):
    """A number as it is stated.

    Attributes:
        value: Its value.
        at: The index of its word.
        end: The index behind it.
        noun: The keys of the words that follow it: what it counts.
        unit: The unit behind it, in lower case, or None.
        single: Whether it is an article or `another`, so that it counts only where things are listed.
    """

    value: float
    at: int
    end: int
    noun: tuple[str, ...]
    unit: str | None
    single: bool = False


@lru_cache(maxsize=4_096)
def read_value(word: str) -> float | None:
    """The number that a lower-case word is, in digits or in words, else None.

    Example:
        >>> read_value("1,200"), read_value("three"), read_value("7:00"), read_value("kite")
        (1200.0, 3.0, 7.0, None)
    """
    if not word[0].isdigit():
        value = CARDINALS.get(word) or _TIMES.get(word)
        return float(value) if value else 0.0 if word == "zero" else None
    if _NUMBER.fullmatch(word):
        return float(word.replace(",", ""))
    clock = _CLOCK.fullmatch(word)
    return float(clock[1]) if clock else None


@lru_cache(maxsize=4)  # several rules ask for those of the item at hand
def number_mentions(facts: Facts) -> tuple[NumberMention, ...]:
    """The asserted numbers in order; `6 and a half` is one, `between 21 and 22` their mean."""
    found: list[NumberMention] = []
    at = 0
    words = facts.words
    while at < len(words) and len(found) < MAX_MENTIONS:
        value = read_value(words[at]) if facts.live[at] else None
        if value is None:
            if facts.live[at] and (words[at] in ("a", "an") or words[at] in _ANOTHER):
                noun = _noun(facts, at)
                if noun:
                    found.append(NumberMention(1.0, at, at + 1, noun, None, True))
            at += 1
            continue
        end = at + 1
        if (
            words[end : end + 1]
            and value >= 20
            and value % 10 == 0
            and words[at] in CARDINALS
            and CARDINALS.get(words[end], 10) < 10
        ):
            value += CARDINALS[words[end]]
            end += 1
        # `one metre eighty` is 1.80.
        if (
            words[end : end + 1]
            and UNITS.get(words[end], ("",))[0] == "length"
            and words[end] in ("metre", "meter", "metres", "meters")
        ):
            rest = (
                read_value(words[end + 1])
                if end + 1 < len(words) and facts.clauses[end + 1] == facts.clauses[at]
                else None
            )
            if rest is not None and 10 <= rest < 100:
                found.append(NumberMention(value + rest / 100, at, end + 2, (), "m"))
                at = end + 2
                continue
        if words[end : end + 1] == ["hundred"]:
            value, end = value * 100, end + 1
        if words[end : end + 3] == ["and", "a", "half"]:
            value, end = value + 0.5, end + 3
        elif words[end : end + 1] == ["and"] and words[at - 1 : at] == ["between"] and end + 1 < len(words):
            upper = read_value(words[end + 1])
            if upper is not None:
                value, end = (value + upper) / 2, end + 2
        unit = (
            words[end]
            if end < len(words) and words[end] in UNITS and facts.sentences[end] == facts.sentences[at]
            else None
        )
        found.append(NumberMention(value, at, end, _noun(facts, end - 1), unit))
        at = end
    if found and found[-1].end == len(words) and facts.text.rstrip()[-1:].isalpha() and words[-1] in CARDINALS:
        found.pop()  # cut off before what is counted
    return tuple(found)


def _noun(facts: Facts, at: int) -> tuple[str, ...]:
    """The keys of what follows a number: `wooden chairs`, `of the chairs`, at most four."""
    following: list[str] = []
    for index in range(at + 1, min(at + 7, len(facts.words))):
        if facts.clauses[index] != facts.clauses[at]:
            break
        word = facts.words[index]
        if word in ("of", "the", "more", "other", "different", "such", "in", "these", "those") and not following:
            continue
        if word in STOP and word not in ("and", "or"):
            break
        if word not in ("and", "or"):
            following.append(facts.keys[index])
    return tuple(following[:4])


def ordinal_times(facts: Facts, acts: frozenset[str]) -> int:
    """The highest of `a second time`, `the third clap`; 0 where there is none."""
    highest = 0
    for index, word in enumerate(facts.words):
        value = ORDINALS.get(word)
        if value and facts.live[index] and index + 1 < len(facts.keys):
            following = set(facts.keys[index + 1 : index + 3])
            if following & (acts | {key("time")}):
                highest = max(highest, value)
    return highest
