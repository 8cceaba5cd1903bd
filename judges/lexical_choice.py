"""The embedded judge on choice questions: is one option described, and no other as well?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from p2r_rewards.judges.coverage import Decision, Support, attributes_of, coloured, covers, head_keys, support
from p2r_rewards.judges.event_order import order_asked, pick_by_order
from p2r_rewards.judges.facts import Facts, asked_keys, content_keys, plain
from p2r_rewards.judges.lexical_counts import judge_number
from p2r_rewards.judges.lexical_truth import TRUTH, judge_truth
from p2r_rewards.judges.lexicon import ORDINAL_KEYS, STOP, key
from p2r_rewards.judges.number_mentions import plain_number
from p2r_rewards.judges.signs import shown

SHOWN = 0.5
MARGIN = 0.2

_PLACES = frozenset(
    [
        "on",
        "in",
        "at",
        "up",
        "down",
        "off",
        "out",
        "inside",
        "outside",
        "ontop",
        "under",
        "above",
        "behind",
        "front",
        "left",
        "right",
        "beside",
        "over",
        "into",
    ]
)
_NEGATED = re.compile(r"\b(?:not|no|never|none|n't|neither|nothing)\b|n't\b", re.IGNORECASE)
_MOST = re.compile(
    r"\b(?:highest|most|largest|biggest|greatest|tallest|longest|maximum|max|top|peak|heaviest|oldest)\b"
)
_LEAST = re.compile(r"\b(?:lowest|least|fewest|smallest|shortest|minimum|min|youngest|lightest)\b")


class Choices(NamedTuple):
    """What tells each option from the others, and what was asked."""

    wanted: tuple[frozenset[str], ...]
    anchors: frozenset[str]
    heads: frozenset[str]
    places: bool
    negated: tuple[bool, ...]
    nouns: tuple[str, ...]


@lru_cache(maxsize=512)
def read_choices(question: str, texts: tuple[str, ...]) -> Choices:
    """The keys that tell the options apart."""
    asked = asked_keys(question)
    all_keys = [frozenset(content_keys(text)) for text in texts]
    distinct, places = _distinct(all_keys, asked), False
    if not all(distinct):
        all_keys = [_keys_with_places(text) for text in texts]
        distinct, places = _distinct(all_keys, asked), True
    negated = tuple(_NEGATED.search(text) is not None for text in texts)
    nouns = tuple((content_keys(text) or ("",))[-1] for text in texts)
    return Choices(tuple(distinct), asked, head_keys(question), places, negated, nouns)


def _keys_with_places(text: str) -> frozenset[str]:
    return frozenset(key(word) for word in re.findall(r"\w+", plain(text)) if word not in STOP or word in _PLACES)


def _distinct(all_keys: Sequence[frozenset[str]], asked: frozenset[str]) -> list[frozenset[str]]:
    common = frozenset.intersection(*all_keys)
    return [(own - common - asked) or (own - common) for own in all_keys]


def judge_choice(question: str, texts: tuple[str, ...], gold: int, facts: Facts) -> Decision:
    """Whether the facts single out the option `gold` among the texts."""
    if all(text.strip().lower().rstrip(".") in TRUTH for text in texts):
        return judge_truth(question, TRUTH[texts[gold].strip().lower().rstrip(".")], facts)
    numbers = [plain_number(text) for text in texts]
    if all(numbers):
        return judge_number(question, texts[gold], facts)
    choices = read_choices(question, texts)
    shares = [_support(choices, facts, index) for index in range(len(texts))]
    decision = _by_words(question, choices, shares, gold, facts)
    if decision.sufficient or not decision.how.startswith(("nothing", "the gold's words")):
        return decision
    return _by_signs(choices, gold, facts) or decision


def _by_signs(choices: Choices, gold: int, facts: Facts) -> Decision | None:
    """Sufficient where the gold option is shown by signs, and clearly better than any other; else None."""
    if choices.places or any(choices.negated):
        return None
    asked = choices.anchors.union(*choices.wanted) - choices.wanted[gold]
    found = [
        shown(facts, wanted, asked if index == gold else choices.anchors) for index, wanted in enumerate(choices.wanted)
    ]
    own = found.pop(gold)
    if not own.signs or own.share < SHOWN or own.share < max(each.share for each in found) + MARGIN:
        return None
    return Decision(True, f"the gold option is shown by {', '.join(sorted(own.signs)[:5])}")


def _by_words(question: str, choices: Choices, shares: Sequence[Support], gold: int, facts: Facts) -> Decision:
    """Whether the words of the gold option are asserted, and no other option's as well."""
    own = shares[gold]
    held = f"the gold's words are held to {own.share:.0%}"
    if own.share == 0:
        return Decision(False, "nothing of the gold option is described")
    if (picked := _by_extreme(question, choices, facts)) is not None:
        return Decision(picked == gold, f"the figures single out option {picked + 1}", settled=True)
    asked = order_asked(question)
    if asked is not None:
        picked = (
            None
            if _is_elsewhere(choices.anchors - ORDINAL_KEYS, facts)
            else pick_by_order(asked, [choices.wanted[index] for index in range(len(shares))], shares, facts)
        )
        if picked is not None:
            return Decision(picked == gold, f"by the order of events it is option {picked + 1}", settled=True)
    headed = choices.nouns[gold] in facts.positions and own.share >= 0.5 and own.relevance >= 0.5
    if not covers(own, len(choices.wanted[gold])) and not headed:
        return Decision(False, held)
    rivals = [index for index in range(len(shares)) if index != gold and shares[index].share >= own.share - 0.2]
    if rivals:
        return _among(choices, facts, gold, rivals)
    if choices.anchors and own.relevance == 0 and any(share.share for share in shares if share is not own):
        return Decision(False, f"{held}, but away from what was asked")
    return Decision(True, f"{held}, no other option's as well")


def _is_elsewhere(anchors: frozenset[str], facts: Facts) -> bool:
    """Whether hardly any of what was asked about is spoken of."""
    return len(anchors & facts.positions.keys()) < 0.3 * len(anchors)


def _support(choices: Choices, facts: Facts, index: int) -> Support:
    wanted = choices.wanted[index]
    if choices.negated[index]:
        share = len(wanted & facts.denied) / len(wanted) if wanted else 0.0
        return Support(share, 1.0, 0)
    attributes = attributes_of(wanted)
    if attributes is not None:
        held = coloured(facts, choices.heads, attributes)
        share = len(held & wanted) / len(wanted)
        return Support(share, 1.0 if share else 0.0, 0)
    if choices.places:
        return _placed(choices, facts, wanted)
    return support(facts, wanted, choices.anchors)


def _placed(choices: Choices, facts: Facts, wanted: frozenset[str]) -> Support:
    """Support by words of place, which count where their own clause speaks of what was asked."""
    best = Support(0.0, 0.0, -1)
    for each in wanted:
        for index in facts.positions.get(each, ()):
            number = facts.clauses[index]
            clause = facts.by_clause[number]
            subject = _has_subject(facts, index, choices.heads) or (
                facts.has_pronoun_before(index) and bool(facts.context(index) & choices.heads)
            )
            if subject:
                share = len(clause & wanted) / len(wanted)
                best = max(best, Support(share, len(clause & choices.anchors) / max(1, len(choices.anchors)), index))
    return best


def _has_subject(facts: Facts, index: int, heads: frozenset[str]) -> bool:
    """Whether the noun phrase nearest before a word of place is one of the heads: not so in `a cat and a rug under`."""
    for at in facts.clause_before(index):
        if facts.keys[at] in heads:
            return True
        if facts.words[at] in ("a", "an", "the"):
            return False
    return False


def _among(choices: Choices, facts: Facts, gold: int, rivals: list[int]) -> Decision:
    """Several options are described: the one whose clause says most of what was asked, if one does clearly."""
    near = {index: support(facts, choices.wanted[index], choices.anchors, by_clause=True) for index in (gold, *rivals)}
    own = near[gold]
    best = max((near[index] for index in rivals), key=lambda each: each.share * each.relevance)
    if choices.anchors and own.share * own.relevance >= best.share * best.relevance + 0.25:
        return Decision(True, "of the options described, the gold's is what was asked about")
    return Decision(False, f"option {rivals[0] + 1} is described as well")


def _by_extreme(question: str, choices: Choices, facts: Facts) -> int | None:
    """The option with the highest or lowest figure, where the question asks for it and every option has one."""
    lowered = question.lower()
    most, least = _MOST.search(lowered), _LEAST.search(lowered)
    if (most is None) == (least is None):
        return None
    figures: list[float] = []
    every = frozenset().union(*choices.wanted)
    for wanted in choices.wanted:
        places = [index for each in wanted for index in facts.positions.get(each, ())]
        found = [figure for index in places if (figure := _figure_after(facts, index, every)) is not None]
        if not found:
            return None
        figures.append(found[0])
    extreme = max(figures) if most else min(figures)
    return figures.index(extreme) if figures.count(extreme) == 1 else None


def _figure_after(facts: Facts, index: int, names: frozenset[str]) -> float | None:
    """The first figure behind an option's name and before the next one's."""
    for at in range(index + 1, min(index + 14, len(facts.keys))):
        text = facts.keys[at]
        if text[:1].isdigit() and len(text) <= 12:
            plain_number = text.replace(",", "")
            return float(plain_number) if _FIGURE.fullmatch(plain_number) else None
        if facts.sentences[at] != facts.sentences[index] or text in names:
            return None
    return None


_FIGURE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
