"""Multi-select: 1 if the options that the answer commits to are the gold's, all of them and no other.

Answers are read as lists (`A, C`, `AC`, `(A)(C)`, option texts) or as prose by the rules of multiple choice: of the
firmest kind of statement, all the options count. To list every option pays where the gold is every option.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from p2r_rewards.graders.choice_mentions import find_texts
from p2r_rewards.graders.choice_reading import (
    PROSE_LIMIT,
    Reading,
    asks_for_wrong,
    firmest_statements,
    nothing_named,
    read_compact,
    read_whole,
    read_with_slips,
    strip_lead,
    summary,
    uncommitted,
)
from p2r_rewards.graders.choice_statements import Weight
from p2r_rewards.graders.choice_text import lower, tidy
from p2r_rewards.graders.config import GradingConfig
from p2r_rewards.graders.multiple_choice import LETTERS, read_gold
from p2r_rewards.graders.options import MAX_OPTIONS, Options, read_options
from p2r_rewards.graders.registry import Grader
from p2r_rewards.normalize import quote
from p2r_rewards.problem import GoldAtom, Problem
from p2r_rewards.scores import Score, Unscored

_LINES = re.compile(r"\s?[;\n]\s?")
_COMMAS = re.compile(r"\s?(?:[,;\n、&+|/]|,?\s(?:and|und|et|y|e|和|与)\s|[和与及])\s?", re.IGNORECASE)
_BLANKS = re.compile(r"(?<=[)\]])\s?(?=[(\[])|\s")
_BETWEEN = re.compile(r"(?:[\s,;.&/|、。\"'()\[\]-]|\b(?:and|a(?=\s)|an|the|both)\b)*+", re.IGNORECASE)
_RUN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2,12}(?![A-Za-z0-9])")
_CLEAN = re.compile(r"[A-H](?:, ?[A-H]){1,4}|[A-H] and [A-H]")
# A word that no list of letters holds, nor any key made of one.
_TELLING_WORD = re.compile(
    r"(?!(?:and|are|was|were|been|being|this|that|these|those|there|just)(?![^\W_]))(?<![^\W_])[^\W\d_]{3}"
)
_PIECE_LIMIT = 2 * MAX_OPTIONS


@dataclass(frozen=True, slots=True)
class GoldSet:
    """A multi-select gold, read.

    Attributes:
        options: The options; None where the problem has none and the gold is letters.
        wanted: The options that are right, of options with the same text the first.
        asks_for_wrong: Whether the question is for the wrong options, as `Which are not …?`.
        quick: Whether no option's text could be taken for a list of letters, so that clean lists need no other look.
    """

    options: Options | None
    wanted: frozenset[int]
    asks_for_wrong: bool = False
    quick: bool = False


def prepare(problem: Problem, gold: GoldAtom, config: GradingConfig) -> GoldSet | Unscored:
    """The gold as a set of options, or why it is none. A tuple holds letters, texts or 0-based indices."""
    if not problem.options:
        found = [_read_letters(atom) for atom in (gold if isinstance(gold, tuple) else (gold,))]
        if not found or not all(found):
            return Unscored(f"options are missing, and gold {quote(str(gold))} is no letters")
        return GoldSet(None, frozenset().union(*found))
    if len(problem.options) > MAX_OPTIONS:
        return Unscored(f"{len(problem.options):,} options are over the limit of {MAX_OPTIONS}")
    options = read_options(problem.options)
    wanted = _read_gold_set(options, gold)
    if isinstance(wanted, Unscored):
        return wanted
    quick = all(map(_TELLING_WORD.search, options.texts))
    return GoldSet(options, _first_twins(options, wanted), asks_for_wrong(problem.question), quick)


def compare(gold: GoldSet, answer: str) -> Score | Unscored:
    """1.0 if the answer commits to exactly the gold's options, else 0.0; total on every string.

    `Unscored` where the problem has no options and the answer is anything but letters.
    """
    if gold.options is None:
        letters = _read_letters(answer)
        if letters:
            return _score(LETTERS, gold.wanted, Reading(tuple(letters), "letters"))
        if not any(char.isalnum() for char in tidy(answer)):
            return Score(0.0, "answer is empty")
        return Unscored(f"options are missing, and answer {quote(answer)} is no letters")
    if gold.quick and _CLEAN.fullmatch(answer):
        found = [gold.options.index.get(char) for char in answer if char.isupper()]
        if None not in found:
            listed = tuple(sorted({position for position in found if position is not None}))
            return _score(gold.options, gold.wanted, Reading(listed, f"lists {gold.options.name(listed)}"))
    return _score(gold.options, gold.wanted, read_choices(gold.options, answer, inverted=gold.asks_for_wrong))


def read_choices(options: Options, answer: str, *, inverted: bool = False) -> Reading:
    """The options that an answer commits to; none, with the reason, where it commits to nothing.

    Where the question is `inverted` (for the wrong options), `the wrong ones are A and C` commits to them.
    """
    limit = PROSE_LIMIT + sum(map(len, options.texts)) + 64 * len(options.texts)
    if len(answer) > limit:
        return Reading((), f"answer of {len(answer):,} characters is no list of options, and too long for prose")
    text = tidy(answer)
    whole = read_whole(options, answer, text)
    if whole is not None:
        return whole
    if listed := read_list(options, text):
        return Reading(listed, f"lists {options.name(listed)}")
    if len(text) > PROSE_LIMIT:
        return Reading((), f"answer of {len(text):,} characters is no list of options, and too long for prose")
    statements = firmest_statements(options, _spread_letters(options, text), asks_for_wrong=inverted)
    if any(statement.clash for statement in statements):
        return Reading((), "letter contradicts the text beside it")
    if any(not statement.options for statement in statements):
        return Reading((), "names a letter outside the options")
    if any(statement.alternative or statement.weight == Weight.HEDGED for statement in statements):
        return Reading((), uncommitted(options, statements))
    if statements:
        named = {statement.options[0] for statement in statements}
        return Reading(tuple(sorted(named)), summary(options, statements))
    return read_with_slips(options, text) or Reading((), nothing_named(options, answer, text))


def read_list(options: Options, text: str) -> tuple[int, ...]:
    """The options of a tidied text that holds nothing but their labels or texts; none if it holds more."""
    if compact := read_compact(options, text) or _read_small_letters(options, text):
        return compact
    bare = strip_lead(text).strip("[]() ") if text.count("(") != 1 else strip_lead(text)
    for separator in (_LINES, _COMMAS, _BLANKS):
        pieces = [piece for piece in separator.split(bare, _PIECE_LIMIT) if piece.strip(" .,\"'")]
        if not 1 < len(pieces) <= _PIECE_LIMIT:
            continue
        if _ends_in_answer(pieces):
            return ()
        whole = {piece: read_whole(options, piece, piece) for piece in dict.fromkeys(pieces)}
        readings = [whole[piece] for piece in pieces]
        if any(reading is not None and not reading.options for reading in readings):
            return ()  # a label with another's text
        if all(reading is not None and reading.options for reading in readings):
            return tuple(sorted({reading.options[0] for reading in readings if reading is not None}))
    return _read_texts(options, bare)


def _ends_in_answer(pieces: list[str]) -> bool:
    """Whether bare pieces are followed by one with a lead: options gone through, and then `Answer: …`."""
    led = [strip_lead(piece) != piece.lstrip("\"'( ") for piece in pieces]
    return any(led) and not led[0]


def _read_small_letters(options: Options, text: str) -> tuple[int, ...]:
    """The options of small letters run together in order (`ac`), which no word is likely to be."""
    core = text.strip(" .")
    if not (core.isascii() and core.islower() and core.isalpha() and list(core) == sorted(set(core))):
        return ()
    return read_compact(options, core.upper())


def _spread_letters(options: Options, text: str) -> str:
    """The text with blanks between letters that are run together beside Chinese words: `AC正确` as `A、C正确`."""
    if text.isascii():
        return text
    return _RUN.sub(lambda run: "、".join(run[0]) if read_compact(options, run[0]) else run[0], text)


def _read_texts(options: Options, text: str) -> tuple[int, ...]:
    """The options of a text that holds nothing but option texts, which may have commas in them."""
    if len(text) > PROSE_LIMIT:
        return ()
    mentions = find_texts(options, lower(text).replace("\n", " "))
    position = 0
    for mention in mentions:
        if not _BETWEEN.fullmatch(text, position, mention.start):
            return ()
        position = mention.end
    if not _BETWEEN.fullmatch(text, position):
        return ()
    return tuple(sorted({mention.options[0] for mention in mentions}))


def _read_letters(answer: GoldAtom) -> frozenset[int]:
    """The letters of a text that is nothing but letters, where there are no options."""
    if not isinstance(answer, str):
        return frozenset()
    text = tidy(answer)
    if len(text) > PROSE_LIMIT:
        return frozenset()
    whole = read_whole(LETTERS, answer, text)
    return frozenset(whole.options if whole is not None else read_list(LETTERS, text))


def _read_gold_set(options: Options, gold: GoldAtom) -> tuple[int, ...] | Unscored:
    if isinstance(gold, str):
        whole = read_whole(options, gold, tidy(gold))
        if whole is None and (listed := read_list(options, tidy(gold))):
            return listed
        atoms: tuple[str | int, ...] = (gold,)
        if whole is None and "," in gold and all(part.strip().isdecimal() for part in gold.strip("[] ").split(",")):
            atoms = tuple(part.strip() for part in gold.strip("[] ").split(","))
    else:
        atoms = gold if isinstance(gold, tuple) else (gold,)
    named: list[int] = []
    for atom in atoms:
        read = read_gold(options, atom)
        if isinstance(read, Unscored):
            return read
        named.append(read[0])
    return tuple(named)


def _first_twins(options: Options, named: tuple[int, ...] | frozenset[int]) -> frozenset[int]:
    return frozenset(options.twins[option][0] for option in named)


def _score(options: Options, wanted: frozenset[int], reading: Reading) -> Score:
    if not reading.options:
        return Score(0.0, reading.how)
    chosen = _first_twins(options, reading.options) if options.twins else frozenset(reading.options)
    return Score(1.0 if chosen == wanted else 0.0, f"{reading.how}; gold is {options.name(sorted(wanted))}")


GRADER = Grader(prepare, compare)
