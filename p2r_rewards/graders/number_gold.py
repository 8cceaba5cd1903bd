"""A gold number made ready, and an answer read on the gold's own scale."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from p2r_rewards.graders.config import GradingConfig
from p2r_rewards.graders.number_markup import spell_plainly
from p2r_rewards.graders.number_prose import NO_NUMBER, find_number, read_number
from p2r_rewards.graders.number_shorthand import read_shorthand
from p2r_rewards.graders.numbers import Quantity, format_number
from p2r_rewards.graders.units import same_dimension, same_unit, unit_asked_for
from p2r_rewards.normalize import quote
from p2r_rewards.problem import GoldAtom, Problem
from p2r_rewards.scores import Unscored

_MAX_GOLD_CHARS = 2_000
_MAX_SHORTHAND_CHARS = 200
_MAX_INT_BITS = 1_330  # 400 digits
_PERCENT_ASKED = re.compile(r"%|\b(?:percent|per cent|percentages?|pct)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NumberGold:
    """A gold number with what decides how an answer is read beside it.

    Attributes:
        quantity: Value, unit and percent sign as the gold has them.
        unit_asked: The unit that the question asks for, where the gold has none.
        percent_asked: Whether the question speaks of percent.
        pairs_counted: Whether gold or question speak of pairs, so that a pair is one and not two.
        shown: The value, for people.
        config: The graders' options.
    """

    quantity: Quantity
    unit_asked: str | None
    percent_asked: bool
    pairs_counted: bool
    shown: str
    config: GradingConfig


def read_gold_number(problem: Problem, gold: GoldAtom, config: GradingConfig) -> NumberGold | Unscored:
    """The gold of a numerical or a regression problem, or why it is no number."""
    quantity = None
    if isinstance(gold, str):
        quantity = read_number(gold) if len(gold) <= _MAX_GOLD_CHARS else None
    elif isinstance(gold, int) and gold.bit_length() <= _MAX_INT_BITS:
        quantity = Quantity(Fraction(gold))
    if quantity is None:
        shown = quote(gold, 80) if isinstance(gold, str) else "of this kind or size"
        return Unscored(f"gold {shown} is not a number")
    question = problem.question or ""
    return NumberGold(
        quantity=quantity,
        unit_asked=None if quantity.unit else unit_asked_for(question),
        percent_asked=_PERCENT_ASKED.search(question) is not None,
        pairs_counted=quantity.unit == "pair" or "pair" in question.lower(),
        shown=format_number(quantity.value) + ("%" if quantity.percent else ""),
        config=config,
    )


def read_answer_number(gold: NumberGold, answer: str) -> Fraction | str:
    """The answer's value on the gold's own scale, or the reason why it has none that could be right."""
    found = find_number(answer)
    if isinstance(found, str):
        bare = found == NO_NUMBER and gold.quantity.unit is None and not gold.quantity.percent
        shorthand = read_shorthand(spell_plainly(answer)) if bare and len(answer) <= _MAX_SHORTHAND_CHARS else None
        return found if shorthand is None else shorthand
    quantity = found.quantity
    if quantity.unit == "pair" and not gold.pairs_counted:
        quantity = replace(quantity, value=2 * quantity.value, unit=None)
    unit = quantity.unit
    if not same_unit(unit, gold.quantity.unit):
        return f"unit {unit} is not the gold's {gold.quantity.unit}"
    asked = gold.unit_asked
    if unit and asked and not same_unit(unit, asked) and same_dimension(unit, asked):
        return f"unit {unit} is not the {asked} asked for"
    return rescale(quantity, gold)


def rescale(answer: Quantity, gold: NumberGold) -> Fraction:
    """The answer's value on the gold's scale; a percent sign is a factor of 1/100 unless gold or question say percent.

    One reading a gold: where the question says percent and the gold has no sign, a gold of 1 or more is a percentage
    (50 is 50%), one below 1 a proportion (0.5 is 50%). A gold with the sign takes 50%, 50 and 0.5 for 50%.
    """
    value = answer.value
    if answer.percent == gold.quantity.percent:
        return value
    if gold.quantity.percent:
        return gold.quantity.value if 100 * value == gold.quantity.value else value
    return value if gold.percent_asked and abs(gold.quantity.value) >= 1 else value / 100
