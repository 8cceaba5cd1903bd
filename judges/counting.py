"""Counts in an observation: of what was asked, stated, listed part by part, or told one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isclose

from p2r_rewards.judges.coverage import Decision
from p2r_rewards.judges.facts import Facts
from p2r_rewards.judges.lexicon import GENERIC_THING_KEYS, PEOPLE_KEYS, key
from p2r_rewards.judges.number_mentions import NumberMention, ordinal_times
from p2r_rewards.judges.number_questions import Target

_TOTALS = frozenset(
    ("total", "altogether", "totals", "totaling", "totalling", "so", "thus", "hence", "therefore", "overall")
)


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


def judge_count(value: float, target: Target, mentions: Sequence[NumberMention], facts: Facts) -> Decision:
    """Whether what is counted is stated as the value, or adds up to it."""
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
            all(same(each.value, value) for each in concluded),
            f"concludes {shown_numbers([each.value for each in concluded])}",
        )
    near = {each: _nearness(target, each, facts) for each in stated}
    if stated:
        best = max(near.values())
        nearest = [each for each in stated if near[each] == best]
        if all(same(each.value, value) for each in nearest):
            return Decision(True, f"states {value:g} of what is counted")
        # `Four floors: the ground floor and three more`: the whole comes first, its parts are smaller.
        if same(stated[0].value, value) and all(each.value <= value for each in stated):
            return Decision(True, f"states {value:g} of what is counted, then its parts")
    parts = [each.value for each in counted]
    if len(parts) > 1 and same(sum(parts), value):
        return Decision(True, f"the parts add up to {value:g}")
    if stated and len(stated) > 1 and same(sum(each.value for each in stated), value):
        return Decision(True, f"the parts stated add up to {value:g}")
    if len(parts) == 1 and same(parts[0], value):
        return Decision(True, f"describes {value:g} of what is counted")
    if any(same(each.value, value) and near[each] >= max(near.values()) - 1 for each in stated):
        others = [each for each in stated if not same(each.value, value) and near[each] >= max(near.values())]
        if not others:
            return Decision(True, f"states {value:g} of what is counted")
    return Decision(False, f"counts {shown_numbers(parts)}, not {value:g}")


def _is_concluded(mention: NumberMention, facts: Facts) -> bool:
    """Whether the clause of a number sums up: `so eight in all`."""
    clause = facts.clauses[mention.at]
    before = [facts.words[at] for at in range(max(0, mention.at - 4), mention.at) if facts.clauses[at] == clause]
    end = min(mention.end + 6, len(facts.words))
    after = [facts.words[at] for at in range(mention.end, end) if facts.clauses[at] == clause]
    return bool(_TOTALS.intersection(before) or _TOTALS.intersection(after)) or "in all" in " ".join(after)


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
    if len(values) == 1 and same(values.pop(), value):
        return Decision(True, f"states {value:g} beside what is counted")
    told = shown_numbers([each.value for each in mentions if not each.single])
    return Decision(False, f"does not count what was asked; numbers: {told}")


def _speaks_of(target: Target, mention: NumberMention, facts: Facts) -> bool:
    """Whether a number without a noun counts the target: in its sentence, or as `five of them`."""
    pronoun = facts.words[mention.end : mention.end + 2] == ["of", "them"]
    return bool(
        (facts.context(mention.at) if pronoun else facts.by_sentence[facts.sentences[mention.at]]) & target.head
    )


def judge_times(value: float, target: Target, mentions: Sequence[NumberMention], facts: Facts) -> Decision:
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
        return Decision(same(highest, value), f"the last one told is number {highest}")
    if not stated:
        nouns = [each.value for each in mentions if not each.single and set(each.noun) & target.anchors]
        stated = nouns
    if not stated:
        return Decision(False, "does not say how many times")
    total = sum(stated)
    right = all(same(each, value) for each in stated) or same(total, value)
    return Decision(right, f"says {shown_numbers(stated)} times")


def same(one: float, other: float) -> bool:
    """Whether two numbers are the same but for rounding."""
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def shown_numbers(values: Iterable[float]) -> str:
    """The first four numbers as they are shown in an explanation."""
    listed = [f"{value:g}" for value in list(values)[:4]]
    return ", ".join(listed) or "none"
