"""Measures that follow from stated ones by the rule that their units give: tiles times their size, time from clocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from p2r_rewards.judges.facts import Facts
from p2r_rewards.judges.lexicon import ORDINALS
from p2r_rewards.judges.number_mentions import UNITS, NumberMention

MAX_NUMBERS = 10

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_MIDDLE = re.compile(r"\b(?:middle|midway|halfway|half ?way|exactly between|average|mean)\b")
_SHARES = (
    (re.compile(r"\bthree[- ]quarters?\b"), 0.75),
    (re.compile(r"\btwo[- ]thirds\b"), 2 / 3),
    (re.compile(r"\b(?:a|one) third\b"), 1 / 3),
    (re.compile(r"\b(?:a|one) quarter\b"), 0.25),
    (re.compile(r"\b(?:half|halfway)\b"), 0.5),
    (re.compile(r"\b(?:twice|double)\b"), 2.0),
)
_REST = re.compile(r"\b(?:the rest|remaind\w{0,3}|remaining|what is left)\b")
_STROKES = re.compile(r"\b(?:strokes?|ticks?|divisions?|graduations?|tick marks?|small lines?|short lines?|divided)\b")
_DIVISIONS = frozenset((2.0, 4.0, 5.0, 10.0))
_SPEED = re.compile(r"\b(?:speed|fast|km/h|mph|per (?:hour|second|minute))\b|/[hs]\b", re.IGNORECASE)


def work_out(
    question: str, value: float, unit: str | None, numbers: Sequence[NumberMention], facts: Facts
) -> str | None:
    """How the value, in the unit asked for, comes out of stated measures to within 2%, or None.

    Args:
        question: What was asked.
        value: The gold.
        unit: The unit asked for, if any.
        numbers: The asserted numbers, those of the asked dimension in the unit asked for.
        facts: What is asserted.
    """
    for worked, how in _worked_out(question, unit, list(numbers)[:MAX_NUMBERS], facts):
        if abs(worked - value) <= 0.02 * abs(value):
            return how
    return None


def _worked_out(
    question: str, unit: str | None, numbers: list[NumberMention], facts: Facts
) -> Iterator[tuple[float, str]]:
    dimension = UNITS[unit][0] if unit else None
    lowered = " ".join(sentence for sentence in facts.spoken if not sentence.rstrip().endswith("?")).lower()
    stated = [each for each in numbers if not each.single]
    held = [each for each in stated if each.unit and UNITS[each.unit][0] == dimension]
    bare = [each for each in stated if each.unit is None]
    times = _clock_times(lowered)
    for start, end in combinations(times, 2):
        for seconds in (abs(start - end), abs(start - end) / 60, abs(start - end) / 3600):
            if dimension in (None, "time") and seconds:
                yield seconds, "the time between two clocks"
    for one in held:
        for count in bare:
            if count.value == 1:  # `the red one 49.90`
                continue
            yield one.value * count.value, f"{count.value:g} times {one.value:g}"
        for rank in {ORDINALS[word] for word in facts.words if word in ORDINALS}:
            yield one.value * (rank - 1), f"{rank - 1} steps of {one.value:g}"
    if _MIDDLE.search(lowered):
        for one, other in combinations(stated, 2):
            yield (one.value + other.value) / 2, f"the middle between {one.value:g} and {other.value:g}"
    for pattern, share in _SHARES:
        if pattern.search(lowered):
            for each in held or stated[:4]:
                yield each.value * share, f"{share:.2g} of {each.value:g}"
    if dimension == "percent" and _REST.search(lowered) and held:
        yield 100 - sum(each.value for each in held), "what is left of 100 percent"
    if _STROKES.search(lowered):
        yield from _scale_readings(bare, facts)
    if _SPEED.search(question):
        yield from _speeds(question, stated)


def _scale_readings(bare: Sequence[NumberMention], facts: Facts) -> Iterator[tuple[float, str]]:
    """Numbers read off a scale: `the second stroke after the 2`, where `five divisions` make a whole."""
    whole = [each.value for each in bare if each.value == int(each.value)]
    ranks = {float(ORDINALS[word]) for word in facts.words if word in ORDINALS}
    for parts in sorted(_DIVISIONS.intersection(whole)):
        for base in dict.fromkeys(whole):
            rest = list(whole)
            rest.remove(base)  # one number is not both the mark and the strokes beyond it
            for step in sorted(ranks.union(rest)):
                if 0 < step < parts:
                    yield base + step / parts, f"{base:g} and {step:g} of {parts:g} divisions"


def _clock_times(text: str) -> list[float]:
    """The clock times in sixtieths of their first figure; `1:02:03` in seconds."""
    found = []
    for hours, minutes, seconds in _CLOCK.findall(text)[:MAX_NUMBERS]:
        value = 60 * int(hours) + int(minutes)
        found.append(float(60 * value + int(seconds) if seconds else value))
    return list(dict.fromkeys(found))


def _speeds(question: str, stated: list[NumberMention]) -> Iterator[tuple[float, str]]:
    scale = (
        3.6 if re.search(r"km ?/ ?h|kilometers? per hour|kilometres? per hour|kmh", question, re.IGNORECASE) else 1.0
    )
    lengths = [
        (each.value * UNITS[each.unit][1], each) for each in stated if each.unit and UNITS[each.unit][0] == "length"
    ]
    times = [(each.value * UNITS[each.unit][1], each) for each in stated if each.unit and UNITS[each.unit][0] == "time"]
    for length, far in lengths:
        for time, long in times:
            if time:
                yield scale * length / time, f"{far.value:g} {far.unit} in {long.value:g} {long.unit}"
