"""The embedded judge on free-form answers: are the gold's own words described, near what was asked?"""

from __future__ import annotations

import re

from p2r_rewards.judges.comparisons import judge_comparison
from p2r_rewards.judges.coverage import (
    Decision,
    attributes_of,
    coloured,
    contradicted,
    covers,
    head_keys,
    support,
    wanted_keys,
)
from p2r_rewards.judges.event_order import anchor_position, event_positions, order_asked
from p2r_rewards.judges.facts import Facts, asked_keys, content_keys
from p2r_rewards.judges.lexical_counts import judge_number
from p2r_rewards.judges.lexical_truth import TRUTH, judge_truth
from p2r_rewards.judges.signs import shown

SHOWN = 0.5

_NEGATED = re.compile(r"\b(?:no|not|never|none|nothing|without)\b|n't\b", re.IGNORECASE)
_WHO = re.compile(r"\s{0,4}(?:who|whose|whom)\b", re.IGNORECASE)
_BARE_NUMBER = re.compile(r"[-+]?[0-9][0-9.,]{0,20}%?")


def judge_free_form(question: str, gold: str, facts: Facts) -> Decision:
    """Whether the facts hold what the gold says beyond the question."""
    bare = gold.strip().lower().strip(" .!\"'")
    if bare in TRUTH:
        return judge_truth(question, TRUTH[bare], facts)
    if _BARE_NUMBER.fullmatch(bare):
        return judge_number(question, gold, facts)
    compared = judge_comparison(question, gold, facts)
    if compared is not None:
        return compared
    wanted = wanted_keys(gold, question)
    anchors = asked_keys(question)
    heads = head_keys(question)
    attributes = attributes_of(wanted)
    if attributes is not None:
        held = coloured(facts, heads, attributes)
        return Decision(
            wanted <= held, f"given to what was asked: {', '.join(sorted(held)) or 'none'}", settled=bool(held)
        )
    decision = _by_words(question, gold, wanted, anchors, facts)
    if decision.sufficient or "but" in decision.how:
        return decision
    found = shown(facts, wanted, anchors)
    if _NEGATED.search(gold) or len(found.signs) < 2 or found.share < SHOWN:
        return decision
    return Decision(True, f"the gold is shown by {', '.join(sorted(found.signs)[:5])}")


def _by_words(question: str, gold: str, wanted: frozenset[str], anchors: frozenset[str], facts: Facts) -> Decision:
    heads = head_keys(question)
    if len(wanted) > 6:
        share = len(wanted & facts.positions.keys()) / len(wanted)
        return Decision(share >= 0.5, f"the gold's words are held to {share:.0%}")
    found = support(facts, wanted, anchors)
    held = f"the gold's words are held to {found.share:.0%}"
    first = next(each for each in (*content_keys(gold), *wanted) if each in wanted)
    spoken_of = len(anchors & facts.positions.keys()) >= 0.5 * len(anchors)
    if not covers(found, len(wanted)) or (len(wanted) == 3 and first not in facts.positions):
        return Decision(False, held)
    if len(anchors) > 1 and found.relevance == 0 and not spoken_of and not _WHO.match(question) and len(wanted) <= 2:
        return Decision(False, f"{held}, but away from what was asked")
    numbers = {each for each in wanted if each[:1].isdigit()}
    if not numbers <= facts.positions.keys():
        return Decision(False, f"{held}, but not its number")
    if (against := contradicted(facts, wanted, heads)) is not None:
        return Decision(False, f"{held}, but the observation says {against!r:.40}", settled=True)
    order = order_asked(question)
    if order is not None and order.kind in ("after", "before"):
        anchor = anchor_position(order, facts)
        places = event_positions(wanted, facts)
        if anchor is not None and places and not any((p > anchor) == (order.kind == "after") for p in places):
            return Decision(False, f"{held}, but not {order.kind} what was asked", settled=True)
    return Decision(True, held)
