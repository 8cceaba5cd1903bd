"""`find_number`: the one distinct number that a text states, or the reason why there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from p2r_rewards.graders.number_box import mark_box, split_at_box
from p2r_rewards.graders.number_markup import EXPRESSION, LETTERS, UNPAIRED, spell_plainly
from p2r_rewards.graders.number_words import NUMBER_WORDS, WORD_BREAK, read_number_words
from p2r_rewards.graders.numbers import DIGITS, Mention, Quantity, format_number, read_digits, read_scale
from p2r_rewards.graders.units import same_unit
from p2r_rewards.normalize import quote

MAX_CHARS = 65_536
"""A longer text is not searched for its number."""

MAX_MENTIONS = 200
"""Mentions of numbers, and names with digits, that are looked at in one text; one with more states no number."""

NO_NUMBER = "no number"
"""The reason of a text that holds none."""

_SCAN = re.compile(
    # A digit that is joined to a name ("A4", "x_2", "COVID-19", "v1.2", "m^2") is no number.
    rf"(?=[-+.0-9$€£¥₹a-z])(?:(?<![{LETTERS}0-9_])(?<![{LETTERS}0-9][-.])(?<![{LETTERS}]\^)(?<![{LETTERS}]\^-)(?:{DIGITS})|(?P<words>{NUMBER_WORDS}))"
)
# The context is looked at in lower case, character by character: str.lower changes the length of some texts.
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}

# What stands before a number, in its own clause, at most 60 characters back.
_CLAUSE = re.compile(r"[,;:.!?\n]|\b(?:but|so|hence|thus|therefore)\b")
_BOUND_BEFORE = re.compile(
    r"(?:\b(?:(?:at (?:the )?)?(?:least|most)|"
    r"(?:more|less|fewer|greater|larger|smaller|bigger|higher|lower|other|rather) than|"
    r"over|under|above|below|up to|exceeds?|exceeding|beyond|minimum of|maximum of|instead of|except(?: for)?|unlike|"
    r"twice|double|triple|half of|root of|"
    r"(?:log|ln|sqrt|sin|cos|tan)(?:_?[0-9]{1,3}+)?(?: of)?|plus|times|divided by|less or equal to)"
    r"|至少|至多|最多|最少|超过|不到|大于|小于|多于|少于)"
    r"(?: (?:or equal to|the|a|an))? ?$"
)
_NEGATED = re.compile(
    r"(?:\b(?:not|never|cannot|neither|nor|isnt|no longer)\b|n't\b)(?! (?:only|sure|certain))(?: [^ ]++){0,6}+ ?$|"
    r"\bno ?$|(?:不是|并非|不等于|不为|没有) ?$"
)
# Across clauses: "anything but 42", "incorrect: 42".
_REJECTED = re.compile(
    r"\b(?:anything|everything|all) (?:but|except(?: for)?)(?: the)? ?$|"
    r"\b(?:incorrect|wrong|false|untrue)(?: (?:answer|number|count|value|result|total))?(?: is| was| would be)? ?:? ?$"
)
_COMMA_BEFORE = re.compile(r"(?:^|\s),$")
_PRONOUN_BEFORE = re.compile(
    r"\b(?:(?:the|an?|this|that|each|every|which|another|any|some)(?: (?!total|number)[a-z]++)?|no) ?$"
)
_PRONOUN_AFTER = re.compile(r" (?:can|could|should|must|may|might|would|another|by one)\b|'s")
_NAMED_HALF = re.compile(
    r"\b(?:first|second|latter|left|right|top|bottom|upper|lower|other|front|back|the|this|that|each|its|one's) ?$"
)
_ORDINAL_AFTER = re.compile(
    rf"-(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)(?![{LETTERS}])|"
    rf" (?:first|third|fourth|fifth|sixth|seventh|eighth|ninth)(?![{LETTERS}])"
)
_COMPOUND_AFTER = re.compile(rf"-[{LETTERS}]")
_AFTER_FAULT = re.compile(
    r" ?(?:(?P<range>[-~] ?[-+]?[$€£¥₹]?\.?[0-9])"
    rf"|(?P<mark>\.?{UNPAIRED})|(?P<dangling>(?:(?<! )-++[ .]*+\n|-++[ .]*+\Z))"
    r"|(?P<bound>\+(?! ?[(.0-9])|"
    r"(?:or|and) (?:more|less|fewer|greater|higher|lower|larger|smaller|above|below|over|under|beyond|up)\b"
    r"|(?:at (?:the )?(?:least|most)|plus|minimum|maximum)\b|\w?(?:以上|以下))"
    r"|(?P<expression>[+×÷^±<>≤≥≠√∞π=/](?![a-z]{2})|"
    r"(?:squared|cubed|factorial|divided by|times [a-z]\b)|(?<! )\||-[a-z](?![a-z]))"
    r"|(?P<denied>(?:is|was|are|would be|can) ?(?:not\b|n't|wrong|incorrect|false|impossible)|(?:不对|不是|是错)))"
)
_OPERATOR_BEFORE = re.compile(r"(?:[×÷^±<>≤≥≠√∞π/]=?|!=) ?$|[-+] ?$|\|$|(?<![:=<>!])[=:]?= ?$")
_SPACED_SIGN = re.compile(r"((?<==)[-+]|(?<== )[-+]) (?=[0-9.$€£¥₹])")
_EQUATION = re.compile(r"[0-9+×÷^±√/|<>]|(?:^|[\s=])-")
_NAMED_DIGIT = re.compile(rf"[{LETTERS}]_?[0-9]++")
_EQUATION_LEFT = re.compile(r"[,;.!?\n]|\b(?:so|hence|thus|therefore|is|are|that|get|have)\b")
_BANG = re.compile(r" ?![! ]*+")
_FAULTS = {
    "range": "a range",
    "mark": "a mark without its fellow",
    "dangling": "a dangling sign",
    "bound": "a bound",
    "expression": "an expression",
    "denied": "denied",
}
_SIGN_WORD = re.compile(rf"(?:(?<![{LETTERS}0-9])([a-z0-9] )|(?<![{LETTERS}0-9]))(?:minus|negative) $")

# What may stand around a gold.
_LABEL = re.compile(
    r"(?:[^\W\d]{1,8}+(?:_[0-9]{1,3}+)? ?[=~≈] ?|[~≈#=] ?|(?:about|approximately|around|roughly) )?", re.IGNORECASE
)
_NOUN = re.compile(r"[^\W\d_]{1,30}+(?: [^\W\d_]{1,30}+){0,2}+")


@dataclass(frozen=True, slots=True)
class Found:
    """A number found in a text, and the words around it: empty for an answer that is nothing else."""

    quantity: Quantity
    words: bool
    before: str
    after: str


def find_number(text: str) -> Found | str:
    r"""The one distinct number of a text, or the reason why it states none.

    Repetitions are fine ("I count 3, so the answer is 3"). Two different numbers, ranges, alternatives, bounds ("at
    least 3"), denials ("not 3"), sums and whatever looks like a number without being one are reasons to refuse, except
    where a box makes the statement: "3 + 5 = \boxed{8}".

    Example:
        >>> find_number("There are three chairs.").quantity.value
        Fraction(3, 1)
        >>> find_number("42 or 41")
        'several numbers: 42 and 41'
    """
    if len(text) > MAX_CHARS:
        return f"{len(text):,} characters are too many for a number"
    found = _find_one(spell_plainly(text))
    if isinstance(found, str) and "box" in text and (marked := mark_box(text)) is not None:
        parts = split_at_box(spell_plainly(marked))
        if parts is not None:
            before, statement = parts
            boxed = _find_one(before + statement, len(before.rstrip(" +-")))
            return found if isinstance(boxed, str) else boxed
    return found


def _find_one(plain: str, at: int = 0) -> Found | str:
    """The one distinct number of a plain text from an offset on; what stands before that is context."""
    if EXPRESSION in plain[at:]:
        return "an expression"
    if "=" in plain:
        plain = _SPACED_SIGN.sub(r"\1", plain)
    lowered = plain.lower() if plain.isascii() else plain.translate(_LOWER)
    first: Mention | None = None
    unit: str | None = None
    count = 0
    last_start = last_end = 0
    while match := _SCAN.search(lowered, at):
        count += 1
        if count > MAX_MENTIONS:
            return f"more than {MAX_MENTIONS} numbers"
        read = _read_words(lowered, match) if match["words"] else read_digits(plain, match)
        if isinstance(read, str):
            return read
        if isinstance(read, int):
            at = max(read, match.end())
            continue
        at = read.end
        read = _read_gapped_sign(lowered, read)
        fault = read if isinstance(read, str) else _find_fault(lowered, read)
        if isinstance(read, str) or fault:
            return str(fault)
        if first is None:
            first = read
        elif _amount(read.quantity) != _amount(first.quantity):
            return f"several numbers: {_spell(first.quantity)} and {_spell(read.quantity)}"
        elif plain[last_end : read.start] == " " and plain[last_start:last_end] == plain[read.start : read.end]:
            return f"numbers side by side: {quote(plain[first.start : read.end], 40)}"
        elif not same_unit(unit, read.quantity.unit):
            return f"several units: {unit} and {read.quantity.unit}"
        unit = unit or read.quantity.unit
        last_start, last_end = read.start, read.end
    if first is None:
        return NO_NUMBER
    quantity = Quantity(first.quantity.value, unit, first.quantity.percent)
    return Found(quantity, first.words, plain[: first.start], plain[first.end :])


def read_number(text: str) -> Quantity | None:
    """The quantity that a text consists of, at most with a symbol before it ("x = 5") or a noun behind it ("5 cars").

    This is how a gold is read: stricter than an answer, for words around a number may mean anything.

    Example:
        >>> read_number("$1,234.50")
        Quantity(value=Fraction(2469, 2), unit='USD', percent=False)
        >>> read_number("one of the men") is None
        True
    """
    found = _find_one(spell_plainly(text))
    if isinstance(found, str) or not _LABEL.fullmatch(found.before):
        return None
    after = found.after.strip(" .!?,;:\n")
    if after and (found.words or not _NOUN.fullmatch(after)):
        return None
    return found.quantity


def _amount(quantity: Quantity) -> Fraction:
    return quantity.value / 100 if quantity.percent else quantity.value


def _spell(quantity: Quantity) -> str:
    return format_number(quantity.value) + ("%" if quantity.percent else "")


def _read_words(plain: str, match: re.Match[str]) -> Mention | str | int:
    """A run of number words as a mention; several numbers are a reason; pronouns and ordinals are skipped."""
    start, end = match.span("words")
    run = match["words"]
    numbers = read_number_words(WORD_BREAK.split(run))
    before = plain[max(0, start - 40) : start]
    if run == "one" and (_PRONOUN_BEFORE.search(before) or _PRONOUN_AFTER.match(plain, end)):
        return end
    if run in ("half", "quarter") and _NAMED_HALF.search(before):
        return end
    if not numbers or _ORDINAL_AFTER.match(plain, end):
        return end
    if any(number != numbers[0] for number in numbers):
        return f"several numbers: {quote(run)}"
    quantity, after = read_scale(plain, numbers[0], end)
    if after == end and _COMPOUND_AFTER.match(plain, end):
        return end
    return Mention(quantity, start, after, words=True)


def _read_gapped_sign(plain: str, read: Mention) -> Mention | str:
    """A sign apart from its number: "minus 3", and "- 3" where it opens the text and nothing follows."""
    lead = plain[max(0, read.start - 12) : read.start]
    sign = _SIGN_WORD.search(lead)
    if sign is None and (read.start > 2 or lead.rstrip(" ") not in ("-", "+") or plain[read.end :].strip(" .\n")):
        return read
    if sign and sign[1]:
        return f"an expression: {quote(lead + plain[read.start : read.end])}"
    value = read.quantity.value if sign is None and lead[0] == "+" else -read.quantity.value
    start = read.start - len(sign[0].lstrip(" ")) if sign else 0
    return Mention(Quantity(value, read.quantity.unit, read.quantity.percent), start, read.end, read.words)


def _find_fault(plain: str, read: Mention) -> str | None:
    """Why a number in its surroundings is not what the text commits to; None when it is."""
    shown = plain[read.start : read.end]
    after = _AFTER_FAULT.match(plain, read.end)
    if after:
        return f"{_FAULTS[after.lastgroup or 'expression']}: {quote(plain[read.start : after.end()])}"
    window = plain[max(0, read.start - 60) : read.start]
    if window.strip(" ") == "-" and plain[read.end :].strip(" .\n") == "-":
        return f"a sign or a dash: {quote(plain)}"
    if not window.strip(" "):
        # `There are 42!` is glad, `42!` may be a factorial.
        return f"an expression: {quote(plain, 40)}" if _BANG.fullmatch(plain, read.end) and not read.words else None
    operator = _OPERATOR_BEFORE.search(window)
    if operator and not _is_dash(window):
        if "=" not in operator[0] or operator[0][0] in "<>≤≥≠!":
            return f"not a number by itself: {quote(window[-12:] + shown)}"
        left = _EQUATION_LEFT.split(window[: operator.start()])[-1].strip()
        if _EQUATION.search(_NAMED_DIGIT.sub("", left)):
            return f"an equation: {quote(left + operator[0] + shown)}"
    if _COMMA_BEFORE.search(window):
        return f"a comma before {quote(shown)}"
    if _REJECTED.search(window):
        return f"denied: {quote(window[-30:] + shown)}"
    clause = _CLAUSE.split(window)[-1]
    if _BOUND_BEFORE.search(clause):
        return f"a bound or an expression: {quote(clause[-20:] + shown)}"
    if _NEGATED.search(clause):
        return f"denied: {quote(clause[-30:] + shown)}"
    return None


def _is_dash(window: str) -> bool:
    """Whether the text ends in a dash that separates, as in "Answer - 3" or a list's "- 3 chairs"; not in "x - 3"."""
    lead = window.rstrip(" ")
    if not lead.endswith("-") or lead == window:
        return False
    before = lead[:-1]
    if not before.strip(" ") or before.endswith("\n"):
        return True
    words = before.split()
    # "is - 3" may mean either: it pays neither.
    return before.endswith(" ") and len(words[-1]) > 2 and words[-1] != "are" and not words[-1][-1].isdigit()
