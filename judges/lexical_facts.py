"""The facts of an item's observation, without what it copies from the item: the question, and all options in a row."""

from __future__ import annotations

import re
from functools import lru_cache

from p2r_rewards.judges.facts import MAX_CHARS, Facts, content_keys, read_facts
from p2r_rewards.judges.gold import gold_option
from p2r_rewards.judges.verdict import JudgeItem
from p2r_rewards.normalize import unwrap_answer

MIN_OPTIONS = 3
"""From so many options on, naming all of them one after the other is a list and no description."""

MIN_QUESTION = 12
"""Characters from which a question that stands there word by word was copied."""

_BETWEEN = re.compile(r"[\s,;./|•*()-]{0,6}(?:(?:or|and) )?(?:\(?[a-j][.):] ?)?(?:an? |the )?")
_MAX_PLACES = 16
_CUT = " · "


def item_facts(item: JudgeItem) -> Facts:
    """The facts that an item's observation asserts of its own.

    Example:
        >>> options = ("a red kite", "a cup", "a book")
        >>> seen = "A dog. It is a red kite, a cup or a book."
        >>> facts = item_facts(JudgeItem(question="What flies?", gold="A", options=options, observation=seen))
        >>> sorted(facts.positions), facts.claims
        (['a', 'be', 'dog', 'it'], 1)
    """
    text = item.observation[:MAX_CHARS]
    asked = (item.question or "").strip()
    if len(asked) >= MIN_QUESTION and asked in text:
        text = text.replace(asked, " ")
    chosen = gold_option(item)
    if chosen is None:
        return read_facts(text, answer=_answer_keys(item.gold))
    options, gold = chosen
    text, lists = _without_lists(text, options.texts)
    return read_facts(text, claims=lists, answer=_answer_keys(options.texts[gold]))


@lru_cache(maxsize=512)  # the rollouts of a group share them
def _answer_keys(gold: str) -> frozenset[str]:
    return frozenset(content_keys(unwrap_answer(gold)))


def _without_lists(text: str, options: tuple[str, ...]) -> tuple[str, int]:
    """The text without runs that name all the options, with nothing but labels and links between, and their number."""
    wanted = tuple(option.strip().lower() for option in options)
    lowered = text.lower()
    if len(wanted) < MIN_OPTIONS or len(lowered) != len(text) or not all(each and each in lowered for each in wanted):
        return text, 0
    runs: list[tuple[int, int]] = []
    start = end = -1
    named: set[str] = set()
    for at, to, option in sorted(_places(lowered, wanted), key=lambda place: (place[0], -place[1])):
        if at < end:
            continue
        if start < 0 or _BETWEEN.fullmatch(lowered, end, min(at, end + 40)) is None or at > end + 40:
            start, named = at, set()
        named.add(option)
        end = to
        if len(named) == len(wanted):
            runs.append((start, end))
            start, named = -1, set()
    for first, last in reversed(runs):
        text = text[:first] + _CUT + text[last:]
    return text, len(runs)


def _places(lowered: str, wanted: tuple[str, ...]) -> list[tuple[int, int, str]]:
    """Where each option stands, at most so often as no honest text repeats it."""
    found = []
    for option in wanted:
        at = lowered.find(option)
        for _ in range(_MAX_PLACES):
            if at < 0:
                break
            found.append((at, at + len(option), option))
            at = lowered.find(option, at + len(option))
    return found
