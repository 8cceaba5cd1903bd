"""The embedded judge on yes-or-no questions: does an observation affirm or deny what is asked?"""

from __future__ import annotations

from p2r_rewards.judges.coverage import Decision, coloured, head_keys
from p2r_rewards.judges.facts import Facts, content_keys
from p2r_rewards.judges.lexicon import COLOUR_KEYS, EXCLUSIVE

TRUTH = {"yes": True, "no": False, "true": True, "false": False, "correct": True, "incorrect": False}


def judge_truth(question: str, gold: bool, facts: Facts) -> Decision:
    """Whether the facts settle a yes-or-no question as the gold does."""
    asked = [each for each in content_keys(question) if each not in ("end", "begin", "true", "statement", "correct")]
    settled = _settle(frozenset(asked), head_keys(question), facts)
    if settled is None:
        return Decision(False, "what was asked is neither affirmed nor denied")
    said = "affirms" if settled else "denies"
    return Decision(settled == gold, f"the observation {said} what was asked", settled=True)


def _settle(asked: frozenset[str], heads: frozenset[str], facts: Facts) -> bool | None:
    if not asked:
        return None
    colours = asked & COLOUR_KEYS
    if colours and (given := coloured(facts, asked - COLOUR_KEYS)):
        return colours <= given
    groups = {EXCLUSIVE[each]: each for each in asked if each in EXCLUSIVE}
    numbers = {each for each in asked if each.isdigit()}
    best: tuple[float, bool] | None = None
    for number in range(len(facts.by_sentence)):
        present = {facts.keys[index] for index in facts.sentence_spans[number]}
        asserted = facts.by_sentence[number]
        before = facts.by_sentence[number - 1] if number else frozenset()
        held = asked & (present | (before & heads))
        opposed = {groups[EXCLUSIVE[each]] for each in asserted if each in EXCLUSIVE and each not in asked
                   and EXCLUSIVE[each] in groups and groups[EXCLUSIVE[each]] not in asserted}  # fmt: skip
        other_number = numbers and not numbers <= present and any(each.isdigit() for each in asserted)
        share = len(held | opposed) / len(asked)
        if share < 0.6 or not (present | before) & heads:
            continue
        denied = bool(opposed or other_number or (asked & present) - asserted - before)
        if best is None or share >= best[0]:
            best = (share, not denied)
    return None if best is None else best[1]
