"""Where an answer corrects itself, or doubts in the end what it has said: `B. No, A.`, `B, but it may be C`."""

from __future__ import annotations

import re

_START = r"(?:^|[.!?;:,…()\n-]\s?|\b(?:but|oh|and|no|well|hmm+|so)\s|\b(?:wait|hold on)[\s,.!…-]{1,4})"
_CUES = (
    r"actually|sorry|apologies|my (?:mistake|bad|apologies)|on second thoughts?|on reflection|scratch that|"
    r"strike that|correction|never ?mind|oops|whoops|make that|make it|i meant?(?: to say| that it's)?|"
    r"or rather|i take (?:that|it) back|i change my mind|changed my mind|"
    r"let me (?:correct|revise|rephrase|change)[^.,:;\n]{0,24}|i (?:was|am|stand) (?:wrong|corrected|mistaken)"
)
_END = r"(?![^\W_])[\s.,:;!…-]{0,5}"
_CORRECTION = re.compile(rf"{_START}(?:(?:{_CUES}){_END}){{1,3}}", re.IGNORECASE)
_CORRECTION_OR_NO = re.compile(rf"{_START}(?:(?:{_CUES}|nope|no){_END}){{1,3}}", re.IGNORECASE)
# One of these stands in every correction; looked for first, which is quick.
_MARKS = re.findall(
    r"\w+",
    "actually sorry apologies mistake bad second reflection scratch strike correct never oops whoops make mean "
    "rather take change let wrong mistaken no",
)
_NEAR = 48
_CORRECTIONS = 8
_DOUBT_BEFORE = re.compile(
    r"\b(?:but|though|although|however|or|yet)\b,?\s(?:(?:it|this|that|the answer|i guess|i suppose)\s){0,2}"
    r"(?:(?:also\s)?(?:may|might|could|can)(?:\s(?:also|well|just as well|equally|possibly|even)){0,2}\sbe"
    r"|possibly|perhaps|maybe)\s(?:(?:also|the|an?|option|answer|choice)\s){0,3}[\"'(\[]{0,2}\Z",
    re.IGNORECASE,
)


def corrected_texts(text: str, *, reads_no: bool) -> list[str]:
    """What follows the corrections in a text, that of the last one first; none where nothing stands before.

    `reads_no`: whether a `No` takes back what stands before it, and is no option's text.

    Example:
        >>> corrected_texts("B. Wait, no: C", reads_no=True)
        ['C']
    """
    lowered = text.lower()
    if not any(mark in lowered for mark in _MARKS):
        return []
    pattern = _CORRECTION_OR_NO if reads_no else _CORRECTION
    ends = [match.end() for match in pattern.finditer(text) if match.start() > 0]
    return [text[end:] for end in reversed(ends[-_CORRECTIONS:]) if end < len(text)]


def is_doubted(text: str, start: int) -> bool:
    """Whether the option named at `start` is held against what was said before: `…, but it may be C`."""
    return _DOUBT_BEFORE.search(text, max(0, start - _NEAR), start) is not None
