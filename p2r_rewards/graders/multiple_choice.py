"""Multiple choice: 1 if the answer commits to the right option and to no other (VideoP2R, Supp. 7.2).

An answer is read as a whole first (`B`, `(b)`, an option's text, `B. a dog`), then as prose. In prose a statement
(`the answer is C`) beats a judgement (`C is correct`), that a conclusion (`so C`), and that a mention; negated
options, reasons (`because D is wrong`) and echoed lists do not count, doubts (`whether it is C`) pay nothing.
Several options of the firmest kind, a label that contradicts the text beside it, or none: 0.
A letter of another script that looks Latin (Cyrillic `В`) is no label.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from p2r_rewards.graders.choice_reading import (
    PROSE_LIMIT,
    Reading,
    asks_for_wrong,
    firmest_statements,
    nothing_named,
    read_compact,
    read_label,
    read_whole,
    read_with_slips,
    several_named,
    strip_lead,
    summary,
    uncommitted,
    without_judged,
)
from p2r_rewards.graders.choice_statements import Weight
from p2r_rewards.graders.choice_text import tidy
from p2r_rewards.graders.config import GradingConfig
from p2r_rewards.graders.options import MAX_OPTIONS, Options, latin_label, read_options
from p2r_rewards.graders.registry import Grader
from p2r_rewards.normalize import quote
from p2r_rewards.problem import GoldAtom, Problem
from p2r_rewards.scores import Score, Unscored

# Clean answers that are a label and nothing else, in the words around it that models like most.
_STATED = re.compile(
    r"(?:The (?:correct )?answer is:? |Answer: |Final answer: |Option |\*\*(?=[A-Z]\*\*\Z))\(?([A-Z])\)?\.?(?:\*\*)?"
)
_WORDS_OF_STATEMENTS = re.compile(r"answer|option|\*", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,3}\Z")
LETTERS = Options(
    labels=tuple(map(latin_label, range(26))),
    texts=(),
    labelled=True,
    index={latin_label(position): position for position in range(26)},
    twins=(),
    max_chars=0,
    needles=(),
    modifiers=frozenset(),
    says_no=False,
    by_exact={},
    by_plain={},
    by_tokens={},
    by_content={},
    by_letters={},
)
"""What labels are when there are no options."""


@dataclass(frozen=True, slots=True)
class GoldChoice:
    """A multiple-choice gold, read.

    Attributes:
        options: The options; None where the problem has none and the gold is a letter.
        accepted: The options that are right: one, or several with the same text.
        quick: The scores of clean answers, as the general rules would give them.
        asks_for_wrong: Whether the question is for the wrong option, as `Which is not …?`.
        plain: Whether no option speaks of answers or is itself one letter, so that `The answer is B.` means B.
    """

    options: Options | None
    accepted: tuple[int, ...]
    quick: dict[str, Score]
    asks_for_wrong: bool = False
    plain: bool = False


def prepare(problem: Problem, gold: GoldAtom, config: GradingConfig) -> GoldChoice | Unscored:
    """The gold as accepted options, or why it names none."""
    if not problem.options:
        label = read_label(LETTERS, strip_lead(tidy(gold))) if isinstance(gold, str) else None
        if label is None:
            return Unscored(f"options are missing, and gold {quote(str(gold))} is no letter")
        return GoldChoice(None, (label,), _quick_scores(LETTERS, (label,)))
    if len(problem.options) > MAX_OPTIONS:
        return Unscored(f"{len(problem.options):,} options are over the limit of {MAX_OPTIONS}")
    options = read_options(problem.options)
    accepted = read_gold(options, gold)
    if isinstance(accepted, Unscored):
        return accepted
    plain = not any(len(text.strip()) < 4 or _WORDS_OF_STATEMENTS.search(text) for text in options.texts)
    return GoldChoice(options, accepted, _quick_scores(options, accepted), asks_for_wrong(problem.question), plain)


def compare(gold: GoldChoice, answer: str) -> Score | Unscored:
    """1.0 if the answer commits to an accepted option alone, else 0.0; total on every string.

    `Unscored` where the problem has no options and the answer is anything but a letter.
    """
    if (clean := gold.quick.get(answer)) is not None:
        return clean
    if gold.options is None:
        return _compare_letters(gold, answer)
    if gold.plain and (stated := _STATED.fullmatch(answer)) is not None:
        position = gold.options.index.get(stated[1])
        if position is not None:
            how = f"option {stated[1]}" if answer.startswith("*") else f"option {stated[1]}, stated"
            return _score(gold.options, gold.accepted, Reading((position,), how))
    return _score(gold.options, gold.accepted, read_choice(gold.options, answer, inverted=gold.asks_for_wrong))


def read_choice(options: Options, answer: str, *, inverted: bool = False) -> Reading:
    """The option that an answer commits to: one, or several with the same text; none, with the reason, else.

    Where the question is `inverted` (for the wrong option), `the wrong one is B` commits to B.
    """
    if len(answer) > PROSE_LIMIT + options.max_chars:
        return Reading((), f"answer of {len(answer):,} characters is no option's text, and too long for prose")
    text = tidy(answer)
    whole = read_whole(options, answer, text)
    if whole is not None:
        return whole
    if len(text) > PROSE_LIMIT:
        return Reading((), f"answer of {len(text):,} characters is no option's text, and too long for prose")
    if several := read_compact(options, text):
        return Reading((), f"names several options: {options.name(several)}")
    statements = without_judged(firmest_statements(options, text, asks_for_wrong=inverted))
    if not statements:
        return read_with_slips(options, text) or Reading((), nothing_named(options, answer, text))
    if statements[0].weight == Weight.HEDGED:
        return Reading((), uncommitted(options, statements))
    shared = set(statements[0].options).intersection(*(statement.options for statement in statements))
    if any(statement.clash for statement in statements):
        return Reading((), "letter contradicts the text beside it")
    if not shared:
        return Reading((), several_named(options, statements))
    return Reading(tuple(sorted(shared)), summary(options, statements))


def read_gold(options: Options, gold: GoldAtom) -> tuple[int, ...] | Unscored:
    """The options that a gold names: by label, text, label and text, or 0-based index."""
    if isinstance(gold, tuple):
        return Unscored(f"gold {quote(str(gold))} is a set of options; the type for that is multi-select")
    size = len(options.texts)
    if isinstance(gold, int):
        return (gold,) if 0 <= gold < size else Unscored(f"gold index {gold} is outside the {size} options")
    reading = read_whole(options, gold, tidy(gold)) or read_with_slips(options, tidy(gold))
    if reading is not None:
        return reading.options or Unscored(f"gold {quote(gold)}: {reading.how}")
    if _DIGITS.match(gold):
        return (int(gold),) if int(gold) < size else Unscored(f"gold index {gold} is outside the {size} options")
    return Unscored(f"gold {quote(gold)} names none of the {size} options")


def _compare_letters(gold: GoldChoice, answer: str) -> Score | Unscored:
    text = tidy(answer[:PROSE_LIMIT])
    label = read_label(LETTERS, strip_lead(text))
    if label is not None:
        return _score(LETTERS, gold.accepted, Reading((label,), f"option {LETTERS.labels[label]}"))
    if not any(char.isalnum() for char in text):
        return Score(0.0, "answer is empty")
    return Unscored(f"options are missing, and answer {quote(answer)} is no letter")


def _score(options: Options, accepted: tuple[int, ...], reading: Reading) -> Score:
    if not reading.options:
        return Score(0.0, reading.how)
    right = any(option in accepted for option in reading.options)
    return Score(1.0 if right else 0.0, f"{reading.how}; gold is {options.name(accepted)}")


def _quick_scores(options: Options, accepted: tuple[int, ...]) -> dict[str, Score]:
    """The scores of clean labels and of the options as they stand, read by the general rules."""
    quick: dict[str, Score] = {}
    for position, label in enumerate(options.labels):
        score = _score(options, accepted, Reading((position,), f"option {label}"))
        for form in (label, label.lower(), f"({label})", f"{label}.", f"{label})"):
            if options.labelled or not options.named_exactly(form):
                quick[form] = score
    return quick


GRADER = Grader(prepare, compare)
