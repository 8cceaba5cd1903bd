"""The embedded judge on numbers: is the gold number stated of what was asked, or can it be counted or worked out?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from p2r_rewards.judges.counting import judge_count, judge_times, same, shown_numbers
from p2r_rewards.judges.coverage import Decision
from p2r_rewards.judges.derivations import derive
from p2r_rewards.judges.facts import Facts, content_keys
from p2r_rewards.judges.lexicon import ORDINALS, STOP, key
from p2r_rewards.judges.listing import judge_listed
from p2r_rewards.judges.number_mentions import NumberMention, number_mentions, plain_number, read_value
from p2r_rewards.judges.number_questions import read_target

_DIFFERENCE = re.compile(
    r"\b(?:how (?:many|much) (?:more|fewer|less|longer|taller|higher|older|farther|heavier)|difference|left over|"
    r"remain\w{0,4}|"
    r"(?:are|is) left)\b",
    re.IGNORECASE,
)


_SUM = re.compile(r"\b(?:total|sum|altogether|combined|in all|all together|both|together|overall)\b", re.IGNORECASE)


_PRODUCT = re.compile(r"\b(?:area|product|multipl\w{1,6}|volume|times as)\b", re.IGNORECASE)


_PERIMETER = re.compile(r"\bperimeter\b", re.IGNORECASE)


_PERCENT = re.compile(r"%|\bper ?cent\b|\bpercentage\b", re.IGNORECASE)


_AVERAGE = re.compile(r"\b(?:average|mean)\b", re.IGNORECASE)


def judge_number(question: str, gold: str, facts: Facts) -> Decision:
    """Whether the gold number is stated, counted or worked out of stated numbers."""
    quantity = plain_number(gold)
    if quantity is None:
        return Decision(False, "the gold is no plain number")
    value = float(quantity.value)
    mentions = number_mentions(facts)
    target = read_target(question)
    derived = _derive(question, value, mentions, facts)
    if derived is not None:
        return derived
    if target is None:
        decision = _judge_shown(question, value, mentions, facts)
    elif target.times:
        decision = judge_times(value, target, mentions, facts)
    else:
        decision = judge_count(value, target, mentions, facts)
    if decision.sufficient:
        return decision
    listed = None if target is None else judge_listed(value, target, mentions, facts)
    return listed or judge_nearby(question, value, mentions, facts) or decision


def judge_nearby(
    question: str, value: float, mentions: Sequence[NumberMention], facts: Facts, *, tolerance: float = 1e-6
) -> Decision | None:
    """Sufficient where the gold is the number with most of the question's words around it, or follows from others."""
    stated = [each for each in mentions if not each.single]
    anchors = frozenset(content_keys(question))
    if ordinals := _last_ordinal(question, facts):
        return Decision(True, f"tells of the first to number {value:g}") if same(ordinals, value) else None
    loose = [each for each in stated if not set(each.noun[:2]) - anchors or each.unit]
    near = {each: len(_window(each, facts) & anchors) for each in loose}
    best = max(near.values(), default=0)
    nearest = {each.value for each in loose if near[each] == best}
    if best >= 2 and len(nearest) == 1 and same(nearest.pop(), value):
        return Decision(True, f"states {value:g} beside most of what was asked")
    if any(same(each.value, value) for each in stated):
        return None
    target = read_target(question)
    if target is not None:  # chairs and stools don't add up
        stated = [
            each for each in stated if each.unit or not each.noun or set(each.noun) & (target.head | target.anchors)
        ]
    percent = _PERCENT.search(question) is not None
    how = derive(value, [each.value for each in stated], tolerance=tolerance, percent=percent)
    return None if how is None else Decision(True, f"{value:g} is {how}")


def _window(mention: NumberMention, facts: Facts) -> set[str]:
    sentence = facts.sentence_spans[facts.sentences[mention.at]]
    start, end = max(sentence.start, mention.at - 6), min(sentence.stop, mention.end + 5)
    return set(facts.keys[start:end])


def _last_ordinal(question: str, facts: Facts) -> int:
    """The highest of `the first egg, … the third egg`, where `first` is told as well; else 0."""
    target = read_target(question)
    if target is None:
        return 0
    told = {
        value
        for index, word in enumerate(facts.words[:-1])
        if (value := ORDINALS.get(word)) and facts.live[index] and facts.keys[index + 1] in target.head
    }
    return max(told) if 1 in told and len(told) > 1 else 0


def _judge_shown(question: str, value: float, mentions: Sequence[NumberMention], facts: Facts) -> Decision:
    """A number that is shown or labelled: the one whose clause says most of what was asked."""
    anchors = frozenset(content_keys(question)) - {key("number"), key("display"), key("read")}
    stated = [each for each in mentions if not each.single]
    candidates = [each for each in stated if each.unit or not set(each.noun) - anchors] or stated
    if not candidates:
        return Decision(False, "states no number")
    near = {each: len(facts.by_clause[facts.clauses[each.at]] & anchors) for each in candidates}
    best = max(near.values())
    if best == 0:
        number = [each for each in candidates if facts.context(each.at) & anchors and _stands_alone(each, facts)]
        right = bool(number) and len({each.value for each in number}) == 1 and same(number[0].value, value)
        return Decision(right, f"states {shown_numbers([each.value for each in candidates])}, away from what was asked")
    nearest = [each.value for each in candidates if near[each] == best]
    right = any(same(each, value) for each in nearest) and len(set(nearest)) <= 2
    return Decision(right, f"states {shown_numbers(nearest)} of what was asked")


def _stands_alone(mention: NumberMention, facts: Facts) -> bool:
    """Whether a number's clause names nothing else: `It reads 23`."""
    clause = facts.by_clause[facts.clauses[mention.at]]
    return all(each in _CUES or each in _STOP_KEYS or each[:1].isdigit() for each in clause)


_CUES = frozenset(map(key, ["number", "read", "say", "display", "state", "mark", "label", "write", "print", "digit"]))


_STOP_KEYS = frozenset(map(key, STOP))


def _derive(question: str, value: float, mentions: Sequence[NumberMention], facts: Facts) -> Decision | None:
    """Numbers that a question wants worked out: sums, differences, areas, means. None where it asks for none."""
    stated = [each for each in mentions if not each.single]
    asked = frozenset(content_keys(question))
    if _DIFFERENCE.search(question):
        named = [each for each in stated if _said_of(each, asked, facts)]
        pairs = combinations([each.value for each in named[:12]], 2)
        if any(same(abs(one - other), value) for one, other in pairs) and not same(value, 0):
            return Decision(True, f"the difference of stated numbers is {value:g}")
        return None
    values = [each.value for each in stated]
    own = [
        number for word in re.findall(r"[0-9][0-9.,]*[0-9]|[0-9]", question) if (number := read_value(word)) is not None
    ]
    if _PERIMETER.search(question) or _PRODUCT.search(question):
        numbers = list(dict.fromkeys([*values, *own]))[:6]
        for one, other in combinations(numbers, 2):
            worked = 2 * (one + other) if _PERIMETER.search(question) else one * other
            if same(worked, value) and {one, other} & set(values):
                return Decision(True, f"{one:g} and {other:g} give {value:g}")
        return None
    if len(values) > 1 and _AVERAGE.search(question) and same(sum(values) / len(values), value):
        return Decision(True, f"the mean of the stated numbers is {value:g}")
    if len(values) > 1 and _SUM.search(question) and same(sum(values), value):
        return Decision(True, f"the stated numbers add up to {value:g}")
    return None


def _said_of(mention: NumberMention, asked: frozenset[str], facts: Facts) -> bool:
    """Whether the words that a number counts, or the nearest before it in its clause, are of the question's."""
    if asked.intersection(mention.noun):
        return True
    for at in facts.clause_before(mention.at):
        if facts.words[at] not in STOP:
            return facts.keys[at] in asked or any(
                facts.keys[i] in asked for i in list(facts.clause_before(mention.at))[:4] if facts.words[i] not in STOP
            )
    return False
