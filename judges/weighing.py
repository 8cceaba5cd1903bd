"""The last word where no rule found the gold: what little speaks for it, and how definite the account is."""

from __future__ import annotations

import re

from p2r_rewards.graders.options import Options
from p2r_rewards.judges.coverage import Decision, wanted_keys
from p2r_rewards.judges.definiteness import definiteness
from p2r_rewards.judges.facts import Facts, asked_keys
from p2r_rewards.judges.lexical_choice import read_choices
from p2r_rewards.judges.number_mentions import number_mentions, plain_number
from p2r_rewards.judges.signs import shown
from p2r_rewards.problem import ProblemType

CHOICE_ODDS = 0.0
"""Log odds above which an account pays where options are given."""

TEXT_ODDS = 0.25
"""The same for free-form answers, which no option rivals."""

NUMBER_ODDS = 0.65
"""The same for numbers, of which an unrelated account is full."""

_NEGATED = re.compile(r"\b(?:no|not|never|none|nothing|without)\b|n't\b", re.IGNORECASE)


def weigh(
    question: str, gold: str, chosen: tuple[Options, int] | None, kind: str | None, facts: Facts
) -> Decision | None:
    """Sufficient where a definite account and the traces of the gold outweigh what is missing; else None.

    A text that is not quoted cannot be read off anything else: OCR is left to its rules.
    """
    if kind == ProblemType.OCR:
        return None
    odds = definiteness(facts, question)
    trace = None if odds is None else _trace(question, gold, chosen, kind, facts)
    if odds is None or trace is None:
        return None
    text = TEXT_ODDS if kind == ProblemType.FREE_FORM else NUMBER_ODDS
    if odds + trace <= (text if chosen is None else CHOICE_ODDS):
        return None
    return Decision(True, f"a definite account of what was asked (log odds {odds:.1f}, traces of the gold {trace:.1f})")


def _trace(
    question: str, gold: str, chosen: tuple[Options, int] | None, kind: str | None, facts: Facts
) -> float | None:
    """The log odds that traces of the gold lend, beyond those of any other option; None where several are named."""
    asked = asked_keys(question)
    if chosen is not None:
        options, index = chosen
        shares = [shown(facts, wanted, asked).share for wanted in read_choices(question, options.texts).wanted]
        if sum(share == 1 for share in shares) > 2:
            return None
        own = shares.pop(index)
        return 1.5 * (own - max(shares, default=0.0))
    if kind == ProblemType.FREE_FORM:
        return 0.0 if _NEGATED.search(gold) else 1.5 * shown(facts, wanted_keys(gold, question), asked).share
    quantity = plain_number(gold)
    if quantity is None:
        return 0.0
    value = float(quantity.value)
    stated = {each.value for each in number_mentions(facts) if not each.single}
    told = any(abs(each - value) < 1e-9 for each in stated)
    if kind == ProblemType.REGRESSION and not told:  # unlike counts, measures are not told without their figure
        return None
    return 1.7 * told + 0.17 * min(5, len(stated))
