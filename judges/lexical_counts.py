"""The embedded judge on numbers: is the gold number stated of what was asked, or can it be counted or worked out?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations
from math import isclose
from typing import NamedTuple

from p2r_rewards.graders.number_prose import read_number
from p2r_rewards.judges.coverage import Decision
from p2r_rewards.judges.derivations import derive
from p2r_rewards.judges.facts import Facts, content_keys, plain
from p2r_rewards.judges.lexicon import GENERIC_THING_KEYS, ORDINALS, PEOPLE_KEYS, STOP, key
from p2r_rewards.judges.number_mentions import NumberMention, number_mentions, ordinal_times, read_value

_COUNTED = re.compile(
    r"\b(?:how many|number of|count of|count the|amount of|quantity of)\b(.{1,160})", re.IGNORECASE | re.DOTALL
)
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
_PLURALS = frozenset(("people", "children", "men", "women", "feet", "teeth", "mice", "sheep", "fish"))
_ENDS_NOUN = frozenset(
    [
        "are",
        "is",
        "was",
        "were",
        "do",
        "does",
        "did",
        "can",
        "will",
        "have",
        "has",
        "there",
        "be",
        "in",
        "on",
        "at",
        "the",
        "that",
        "which",
        "who",
    ]
)


class Target(NamedTuple):
    """What is counted: the head's keys, the words that narrow it, and everything else that was asked."""

    head: frozenset[str]
    narrowing: frozenset[str]
    anchors: frozenset[str]
    people: bool
    times: bool


@lru_cache(maxsize=512)
def read_target(question: str) -> Target | None:
    """What a question counts, or None where it asks for a number that is shown."""
    match = _COUNTED.search(question)
    if match is None:
        return None
    run: list[str] = []
    for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", plain(match[1])):
        if word in _ENDS_NOUN or (word in STOP and run):
            break
        if word not in STOP:
            run.append(word)
    run = run[:3]
    if not run:
        return None
    # `red balls enter`: the head is the last plural, the words behind it are the verb.
    plurals = [at for at, word in enumerate(run) if word.endswith("s") or word in _PLURALS]
    plural = max(plurals, default=len(run) - 1)
    head = key(run[plural])
    narrowing = frozenset(key(word) for word in run[:plural])
    anchors = frozenset(content_keys(question)) - {head}
    if key("left") in anchors or key("remain") in anchors:
        anchors |= {key("left"), key("remain")}
    return Target(
        frozenset((head,)), narrowing, anchors, head in PEOPLE_KEYS and head == key("people"), head == key("time")
    )


def judge_number(question: str, gold: str, facts: Facts) -> Decision:
    """Whether the gold number is stated, counted or worked out of stated numbers."""
    quantity = read_number(gold)
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
        decision = _judge_times(value, target, mentions, facts)
    else:
        decision = _judge_count(value, target, mentions, facts)
    if decision.sufficient:
        return decision
    return judge_nearby(question, value, mentions, facts) or decision


def judge_nearby(
    question: str, value: float, mentions: Sequence[NumberMention], facts: Facts, *, tolerance: float = 1e-6
) -> Decision | None:
    """Sufficient where the gold is the number with most of the question's words around it, or follows from others."""
    stated = [each for each in mentions if not each.single]
    anchors = frozenset(content_keys(question))
    if ordinals := _last_ordinal(question, facts):
        return Decision(True, f"tells of the first to number {value:g}") if _same(ordinals, value) else None
    loose = [each for each in stated if not set(each.noun[:2]) - anchors or each.unit]
    near = {each: len(_window(each, facts) & anchors) for each in loose}
    best = max(near.values(), default=0)
    nearest = {each.value for each in loose if near[each] == best}
    if best >= 2 and len(nearest) == 1 and _same(nearest.pop(), value):
        return Decision(True, f"states {value:g} beside most of what was asked")
    if any(_same(each.value, value) for each in stated):
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


def _same(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def _counts(target: Target, mention: NumberMention, facts: Facts) -> bool:
    """Whether a number counts the target: `three red chairs`, `there are three of them`."""
    noun = set(mention.noun)
    if target.narrowing and target.head <= GENERIC_THING_KEYS:
        return target.narrowing <= noun
    if target.people and noun & PEOPLE_KEYS:
        return True
    if not noun & target.head:
        return False
    return not target.narrowing or bool(noun & target.narrowing) or bool(target.narrowing & facts.context(mention.at))


def _judge_count(value: float, target: Target, mentions: Sequence[NumberMention], facts: Facts) -> Decision:
    counted = [each for each in mentions if _counts(target, each, facts)]
    stated = [each for each in counted if not each.single]
    if all(each.single for each in counted):
        alone = _judge_alone(value, target, mentions, facts)
        if alone.sufficient or not counted:
            return alone
    concluded = [
        each
        for each in mentions
        if not each.single and (each in counted or not each.noun) and each.unit is None and _is_concluded(each, facts)
    ]
    if concluded:
        return Decision(
            all(_same(each.value, value) for each in concluded),
            f"concludes {_shown([each.value for each in concluded])}",
        )
    near = {each: _nearness(target, each, facts) for each in stated}
    if stated:
        best = max(near.values())
        nearest = [each for each in stated if near[each] == best]
        if all(_same(each.value, value) for each in nearest):
            return Decision(True, f"states {value:g} of what is counted")
        # `Four floors: the ground floor and three more`: the whole comes first, its parts are smaller.
        if _same(stated[0].value, value) and all(each.value <= value for each in stated):
            return Decision(True, f"states {value:g} of what is counted, then its parts")
    parts = [each.value for each in counted]
    if len(parts) > 1 and _same(sum(parts), value):
        return Decision(True, f"the parts add up to {value:g}")
    if stated and len(stated) > 1 and _same(sum(each.value for each in stated), value):
        return Decision(True, f"the parts stated add up to {value:g}")
    if len(parts) == 1 and _same(parts[0], value):
        return Decision(True, f"describes {value:g} of what is counted")
    if any(_same(each.value, value) and near[each] >= max(near.values()) - 1 for each in stated):
        others = [each for each in stated if not _same(each.value, value) and near[each] >= max(near.values())]
        if not others:
            return Decision(True, f"states {value:g} of what is counted")
    return Decision(False, f"counts {_shown(parts)}, not {value:g}")


def _is_concluded(mention: NumberMention, facts: Facts) -> bool:
    """Whether the clause of a number sums up: `so eight in all`."""
    clause = facts.clauses[mention.at]
    before = [facts.words[at] for at in range(max(0, mention.at - 4), mention.at) if facts.clauses[at] == clause]
    end = min(mention.end + 6, len(facts.words))
    after = [facts.words[at] for at in range(mention.end, end) if facts.clauses[at] == clause]
    return bool(_TOTALS.intersection(before) or _TOTALS.intersection(after)) or "in all" in " ".join(after)


_TOTALS = frozenset(
    ("total", "altogether", "totals", "totaling", "totalling", "so", "thus", "hence", "therefore", "overall")
)


def _nearness(target: Target, mention: NumberMention, facts: Facts) -> int:
    """How many of the question's words stand in the mention's clause, those that narrow the target twice."""
    clause = facts.by_clause[facts.clauses[mention.at]]
    return len(clause & target.anchors) + len(clause & target.narrowing)


def _judge_alone(value: float, target: Target, mentions: Sequence[NumberMention], facts: Facts) -> Decision:
    """Numbers that name nothing, as in `Chairs: 6` or `there are six of them`, where the target is spoken of."""
    loose = [
        each
        for each in mentions
        if not each.single
        and each.unit is None
        and (
            (not each.noun and _speaks_of(target, each, facts))
            # `Five sparrows land on the wire` for birds: all else that was asked stands beside the number.
            or len(facts.by_clause[facts.clauses[each.at]] & target.anchors) >= min(2, len(target.anchors) or 2)
        )
    ]
    values = {each.value for each in loose}
    if len(values) == 1 and _same(values.pop(), value):
        return Decision(True, f"states {value:g} beside what is counted")
    return Decision(
        False, f"does not count what was asked; numbers: {_shown([each.value for each in mentions if not each.single])}"
    )


def _speaks_of(target: Target, mention: NumberMention, facts: Facts) -> bool:
    """Whether a number without a noun counts the target: in its sentence, or as `five of them`."""
    pronoun = facts.words[mention.end : mention.end + 2] == ["of", "them"]
    return bool(
        (facts.context(mention.at) if pronoun else facts.by_sentence[facts.sentences[mention.at]]) & target.head
    )


def _judge_times(value: float, target: Target, mentions: Sequence[NumberMention], facts: Facts) -> Decision:
    """`claps three times`, `claps twice`, `a third time`."""
    stated = [
        each.value
        for each in mentions
        if not each.single
        and (key("time") in each.noun[:1] or facts.words[each.at] in ("once", "twice", "thrice"))
        and facts.context(each.at) & target.anchors
    ]
    highest = ordinal_times(facts, target.anchors)
    if highest > 1:
        return Decision(_same(highest, value), f"the last one told is number {highest}")
    if not stated:
        nouns = [each.value for each in mentions if not each.single and set(each.noun) & target.anchors]
        stated = nouns
    if not stated:
        return Decision(False, "does not say how many times")
    total = sum(stated)
    right = all(_same(each, value) for each in stated) or _same(total, value)
    return Decision(right, f"says {_shown(stated)} times")


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
        right = bool(number) and len({each.value for each in number}) == 1 and _same(number[0].value, value)
        return Decision(right, f"states {_shown([each.value for each in candidates])}, away from what was asked")
    nearest = [each.value for each in candidates if near[each] == best]
    right = any(_same(each, value) for each in nearest) and len(set(nearest)) <= 2
    return Decision(right, f"states {_shown(nearest)} of what was asked")


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
        if any(_same(abs(one - other), value) for one, other in pairs) and not _same(value, 0):
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
            if _same(worked, value) and {one, other} & set(values):
                return Decision(True, f"{one:g} and {other:g} give {value:g}")
        return None
    if len(values) > 1 and _AVERAGE.search(question) and _same(sum(values) / len(values), value):
        return Decision(True, f"the mean of the stated numbers is {value:g}")
    if len(values) > 1 and _SUM.search(question) and _same(sum(values), value):
        return Decision(True, f"the stated numbers add up to {value:g}")
    return None


def _said_of(mention: NumberMention, asked: frozenset[str], facts: Facts) -> bool:
    """Whether the word nearest before a number, in its clause, is one of the question's."""
    for at in facts.clause_before(mention.at):
        if facts.words[at] not in STOP:
            return facts.keys[at] in asked or any(
                facts.keys[i] in asked for i in list(facts.clause_before(mention.at))[:4] if facts.words[i] not in STOP
            )
    return False


def _shown(values: Iterable[float]) -> str:
    listed = [f"{value:g}" for value in list(values)[:4]]
    return ", ".join(listed) or "none"
