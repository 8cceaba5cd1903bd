"""The math grader: `prepare` reads a gold once, `compare` grades one answer against it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from p2r_rewards.graders.config import GradingConfig
from p2r_rewards.graders.math import extraction
from p2r_rewards.graders.math.angles import in_one_measure
from p2r_rewards.graders.math.characters import ascii_math
from p2r_rewards.graders.math.compare import Comparison
from p2r_rewards.graders.math.limits import Budget, TooMuchWorkError, UnreadableError
from p2r_rewards.graders.math.prose import read_answer
from p2r_rewards.graders.math.reading import SIMPLE_NUMBER, Reading, read, simple_number
from p2r_rewards.graders.math.tree import Node, Number
from p2r_rewards.graders.math.units import units_agree
from p2r_rewards.graders.math.words import NEGATIONS
from p2r_rewards.problem import GoldAtom, Problem
from p2r_rewards.scores import Score, Unscored

_PERCENT = re.compile(r"%|\bpercent", re.IGNORECASE)
_TEXT_COMMAND = re.compile(r"\\(?:text[a-z]*|mbox|mathrm|mathbf|mathit|boldsymbol|operatorname)\s*(?=\{)")
_SYMBOL = re.compile(r"[\\^_=+<>|*]")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_MAX_LETTER = 16
_MAX_SUBJECT = 8
_NOISE = re.compile(r"[{}()\[\]$\s.,:;!?\"'*\\~]+")


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold that was read.

    Attributes:
        text: The gold as given.
        inner: The part of it that is the answer, without delimiters.
        reading: What it states; None when it is plain words.
        number: Its value, when it is a bare number to be met exactly.
        words: The gold as words, for comparing texts; None when it is no single letter or text.
        percent: Whether gold or question speak of percent, so that 50 and 50% are the same.
        tolerance: Relative tolerance of constants.
    """

    text: str
    inner: str
    reading: Reading | None
    number: Number | None
    words: str | None
    percent: bool
    tolerance: float


def prepare(problem: Problem, gold: GoldAtom, config: GradingConfig) -> Gold | Unscored:
    r"""Reads a gold: mathematics, or else plain words such as "even", "Monday" or an option's letter.

    Example:
        >>> isinstance(prepare(Problem("?", gold=r"\frac{1", type="math"), r"\frac{1", GradingConfig()), Unscored)
        True
    """
    text = str(gold).strip()
    if not text:
        return Unscored("gold is missing")
    inner = _answer_text(text)
    reading: Reading | None = None
    reason = ""
    try:
        reading = read(inner)
    except (UnreadableError, TooMuchWorkError) as error:
        reason = str(error)
    words = _words(inner) if reading is None or len(inner) <= _MAX_LETTER else ""
    is_words = reading is None and _is_words(inner)
    if reading is None and not is_words:
        return Unscored(f"gold {quote(text)} can't be read: {reason:.80}")
    letter = len(words) == 1 and "a" <= words <= "h" and words.upper() in inner
    percent = (reading is not None and reading.node.head == "percent") or bool(_PERCENT.search(problem.question or ""))
    bare = reading is not None and not reading.units and not config.numerical_tolerance
    number = _exact_value(reading.node) if bare and reading is not None else None
    text_words = words if is_words or letter else None
    return Gold(text, inner, reading, number, text_words, percent, config.numerical_tolerance)


def _exact_value(node: Node) -> Number | None:
    """The value of a number or of a fraction of two integers, with its sign; None of anything else."""
    if node.head == "neg":
        value = _exact_value(node.args[0])
        return None if value is None else -value
    if node.head == "num":
        return node.value if isinstance(node.value, int | Fraction) else None
    if node.head == "div" and all(arg.head == "num" and isinstance(arg.value, int) for arg in node.args):
        above, below = (arg.value for arg in node.args)
        return Fraction(above, below) if below else None  # type: ignore[arg-type]
    return None


def compare(gold: Gold, answer: str) -> Score:
    r"""1 if the answer states what the gold states, else 0.

    Example:
        >>> gold = prepare(Problem("?", gold=r"\frac{1}{2}", type="math"), r"\frac{1}{2}", GradingConfig())
        >>> compare(gold, "The answer is $0.5$.").value
        1.0
        >>> compare(gold, "1/2 or 1/3").value
        0.0
    """
    if answer == gold.text:
        return _SAME_TEXT
    answer = answer.strip()
    if not answer:
        return Score(0.0, "no answer")
    if answer == gold.text:
        return _SAME_TEXT
    if gold.number is not None and SIMPLE_NUMBER.fullmatch(answer):
        if simple_number(answer) == gold.number:
            return Score(1.0, f"{quote(answer)} equals {quote(gold.text)}")
        return Score(0.0, f"{quote(answer)} does not equal {quote(gold.text)}")
    inner = _answer_text(answer)
    if not inner:
        return Score(0.0, "no answer")
    if inner == gold.inner:
        return _SAME_TEXT
    if gold.words is not None and _says(_words(inner), gold.words):
        return Score(1.0, f"{quote(inner)}: same words")
    if "," in inner and inner.replace(", ", ",") == gold.inner.replace(", ", ","):
        return Score(1.0, f"{quote(inner)}: same text but for spaces")
    if gold.reading is None:
        return Score(0.0, f"{quote(inner)} is not {quote(gold.text)}")
    try:
        return _compare_readings(gold, gold.reading, answer, inner)
    except UnreadableError as error:
        return Score(0.0, f"can't read {quote(inner)}: {error!s:.80}")
    except (TooMuchWorkError, RecursionError):
        return Score(0.0, f"{quote(inner)} takes too much work to compare")


_SAME_TEXT = Score(1.0, "same text")


def _compare_readings(gold: Gold, expected: Reading, answer: str, inner: str) -> Score:
    found, source = read_answer(answer, inner)
    expected, found = in_one_measure(expected, found)
    if not units_agree(expected.units, found.units):
        return Score(0.0, f"{quote(source)}: unit {found.units[0]!a:.20} instead of {expected.units[0]!a:.20}")
    comparison = Comparison(Budget(), gold.tolerance)
    if comparison.same(expected.node, found.node):
        return Score(1.0, f"{quote(source)} equals {quote(gold.text)}")
    if gold.percent and not expected.node.head == found.node.head == "percent":
        golds = [expected.node, *expected.node.args] if expected.node.head == "percent" else [expected.node]
        answers = [found.node, *found.node.args] if found.node.head == "percent" else [found.node]
        if any(comparison.same(one, other) for one in golds for other in answers):
            return Score(1.0, f"{quote(source)} equals {quote(gold.text)} as a percentage")
    return Score(0.0, f"{quote(source)} does not equal {quote(gold.text)}")


def _answer_text(text: str) -> str:
    """The part of a text that is the answer, without delimiters: the last box, else what is said to be the answer."""
    if SIMPLE_NUMBER.fullmatch(text):
        return text
    text = extraction.without_emphasis(extraction.final_line(text))
    if "\\" in text or len(text) > 24 or " " in text or "=" in text:
        inner = extraction.boxed(text)
        if inner is not None:
            text = inner
        else:
            said = extraction.stated(text)
            if said:
                text = said
    return extraction.plain(extraction.undelimited(extraction.plain(text)))


def _words(text: str) -> str:
    """A text's words, for comparing words with words."""
    return _NOISE.sub(" ", _TEXT_COMMAND.sub(" ", ascii_math(text))).strip().casefold() if len(text) < 400 else text


def _says(words: str, gold: str) -> bool:
    """Whether words are the gold's, with an article, or a short sentence that ends in "is" and them."""
    if words == gold or len(gold) < 2 or not words.endswith(gold):
        return words == gold
    subject, _, rest = f" {words}".rpartition(" is ") if " is " in words else ("", "", words)
    if rest not in (gold, f"a {gold}", f"an {gold}", f"the {gold}"):
        return False
    before = subject.split()
    return (
        len(before) <= _MAX_SUBJECT
        and not {"is", "are", "and", "or", "but", "if", *NEGATIONS} & set(before)
        and "n't" not in subject
    )


def quote(text: str) -> str:
    """The beginning of a text, escaped and cut."""
    return f"{text[:60]!a:.60}"


def _is_words(text: str) -> bool:
    """Whether a text without a mathematical reading is plain words: a word or a lone letter, and no broken LaTeX."""
    bare = _TEXT_COMMAND.sub("", text)
    if bare.count("{") != bare.count("}") or _SYMBOL.search(bare):
        return False
    return bool(_LETTERS.search(bare)) or bare.strip("{}() .").isalpha()
