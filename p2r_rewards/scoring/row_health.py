"""What one row says about health: its defects and leaks, how much it repeats itself, which option it chose."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from p2r_rewards.completion import Completion, Defect, DefectKind, Kind, Process
from p2r_rewards.leaks import find_leak
from p2r_rewards.normalize import unwrap_answer
from p2r_rewards.problem import GoldAtom, Problem, ProblemType
from p2r_rewards.scores import Unscored

SHORT = 120
"""Texts of fewer characters are compared word by word."""

MAX_PERIOD = 8
"""The longest loop, in words, that is found in a short text."""

PROBES = 8
"""Places of a longer text that are looked at."""

PROBE_CHARS = 20
WINDOW = 4_096
"""How far back, in characters, what stands at a place is looked for."""

_LETTER = re.compile(
    r"(?:\\boxed\{|\*{1,2}|_{1,2})?(?:[(\[]([A-Za-z])[)\]]|([A-Za-z]))(?:\}|\*{1,2}|_{1,2})?[.)]?\Z"
    r"|[(\[]?([A-Z])(?:[.:]|[)\]][.:]?)\s"
)
_ANSWER_CHARS = 400
MAX_GOLD_CHARS = 4_096


UNKNOWN = -1
"""An index or flag that is not known."""

MAX_LENGTH = 2**32 - 1


class RowHealth(NamedTuple):
    """What tells of how the policy fares; `UNKNOWN` where it can't be told.

    Attributes:
        chars: The completion's length in characters.
        defects: The kinds of faults of form, one bit each as in `DEFECT_NAMES`.
        repetition: How much of the text repeats itself, in [0, 1]; NaN unknown.
        chosen: The index of the option that was chosen.
        correct: The index of the right one.
        leak: Whether the observation states the answer without evidence, 1 or 0.
    """

    chars: int
    defects: int
    repetition: float
    chosen: int
    correct: int
    leak: int


DEFECT_NAMES = tuple(
    dict.fromkeys(
        str(Defect(kind, segment, Process.REASONING, 0))
        for kind in DefectKind
        for segment in ((None,) if kind.value.startswith("text") else Kind)
    )
)
"""The faults of form by the number of their bit."""

_DEFECT_BITS = {name: 1 << number for number, name in enumerate(DEFECT_NAMES)}


def measure_health(problem: Problem, done: Completion, *, closely: bool = True) -> RowHealth:
    """What a completion tells of how the policy fares; leaks and repetition only if looked at closely."""
    chosen = correct = UNKNOWN
    if problem.options and problem.type == ProblemType.MULTIPLE_CHOICE:
        gold = unwrap_answer(problem.gold) if isinstance(problem.gold, str) else problem.gold
        correct = correct_option(gold if isinstance(gold, str | int) else None, problem.options)
        chosen = chosen_option(done.answer.text, len(problem.options)) if done.answer is not None else UNKNOWN
    observation = done.observation
    leak, repeated = UNKNOWN, float("nan")
    if closely:
        leak = UNKNOWN if observation is None else int(find_leak(problem, observation.text) is not None)
        repeated = repetition(done.text)
    defects = 0
    for defect in done.defects:
        defects |= _DEFECT_BITS.get(str(defect), 0)
    return RowHealth(min(len(done.text), MAX_LENGTH), defects, repeated, chosen, correct, leak)


def repetition(text: str) -> float:
    """How much of a text has been said before, in [0, 1]: an estimate that costs microseconds for any length.

    From `SHORT` characters on: of `PROBES` evenly spread places the share whose next `PROBE_CHARS` characters stand
    already in the `WINDOW` characters before. Below that: the largest share of words, over periods of 1 to
    `MAX_PERIOD` words, that equal the word one period earlier; 0 with fewer than three words.
    Ordinary prose is at 0 to 0.2; loops of a word, a phrase or a sentence near 1.

    Example:
        >>> repetition("wait " * 400), repetition("A man in a red coat crosses the street.")
        (1.0, 0.0)
    """
    if len(text) < SHORT:
        return _repetition_of_words(text.split())
    find, found = text.find, 0
    room = len(text) - PROBE_CHARS
    for number in range(1, PROBES + 1):
        start = room * number // PROBES
        end = start + PROBE_CHARS
        # It must begin before `start`, so it ends before `end`.
        found += find(text[start:end], start - WINDOW if start > WINDOW else 0, end - 1) >= 0
    return found / PROBES


def _repetition_of_words(words: list[str]) -> float:
    size = len(words)
    if size < 3:
        return 0.0
    most: int = max(sum(map(operator.eq, words, words[period:])) for period in range(1, min(MAX_PERIOD, size - 1) + 1))
    return most / size


def chosen_option(answer: str, n_options: int) -> int:
    r"""The index of the option that an answer names by a clean letter, in [0, n_options); -1 where it names none.

    Clean are `B`, `b`, `(B)`, `B.`, `**B**`, `\boxed{B}`, and `B. a dog`; prose is not read.

    Example:
        >>> chosen_option("(b)", 4), chosen_option("B. a dog", 4), chosen_option("E", 4), chosen_option("a dog", 4)
        (1, 1, -1, -1)
    """
    match = _LETTER.match(answer[:_ANSWER_CHARS].strip())
    if match is None:
        return -1
    index = ord((match[1] or match[2] or match[3]).upper()) - 65
    return index if index < n_options else -1


def correct_option(gold: GoldAtom | None, options: Sequence[str]) -> int:
    """The index of the option that a gold names by letter, text or index; -1 where it names none, or several.

    Args:
        gold: The gold, without answer tags.
        options: The options, with or without their letters.

    Example:
        >>> correct_option("B", ("a cat", "a dog")), correct_option("a dog", ("A. a cat", "B. a dog"))
        (1, 1)
    """
    if not options or not isinstance(gold, str | int) or isinstance(gold, bool):
        return -1
    return _correct_option(gold, tuple(options))


@lru_cache(maxsize=256)
def _correct_option(gold: str | int, options: tuple[str, ...]) -> int:
    from p2r_rewards.graders.multiple_choice import read_gold
    from p2r_rewards.graders.options import MAX_OPTIONS, read_options

    if len(options) > MAX_OPTIONS or (isinstance(gold, str) and len(gold) > MAX_GOLD_CHARS):
        return -1
    accepted = read_gold(read_options(options), gold)
    return -1 if isinstance(accepted, Unscored) or len(accepted) != 1 else accepted[0]
