"""Ordinals and shortened thousands as whole answers: `3rd` is 3 and `1.5k` is 1500 where the gold is a bare number."""

from __future__ import annotations

import re
from fractions import Fraction

_ORDINAL_WORDS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"""
_ORDINALS = {word: value for value, word in enumerate(_ORDINAL_WORDS.split(), start=1)}
_LEAD = r"(?:(?:the )?(?:final )?(?:answer )?(?:is |: |:)|it is |it's )?(?:the )?"
_SHORTHAND = re.compile(
    _LEAD + r"(?:(?P<ordinal>[0-9]{1,6})(?P<suffix>st|nd|rd|th)|(?P<word>[a-z]{5,11})|"
    r"(?P<digits>[0-9]{1,9}(?:\.[0-9]{1,9})?) ?(?P<scale>[kKMB]|bn|mn|mio))[.]?",
)
_SCALES = {"k": 10**3, "K": 10**3, "M": 10**6, "mn": 10**6, "mio": 10**6, "B": 10**9, "bn": 10**9}
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}
_MAX_CHARS = 64


def read_shorthand(text: str) -> Fraction | None:
    """The number that a whole plain text shortens or ranks by; None where it does neither.

    `k` and `K` are thousands, `M` millions and `B` billions; a small `m` or `b` could be anything.

    Example:
        >>> read_shorthand("3rd"), read_shorthand("2.5M"), read_shorthand("3st")
        (Fraction(3, 1), Fraction(2500000, 1), None)
    """
    text = text.strip()
    if len(text) > _MAX_CHARS or not text.isascii():
        return None
    match = _SHORTHAND.fullmatch(text[:1].lower() + text[1:] if text[:1].isalpha() else text)
    if match is None:
        return None
    if match["word"]:
        value = _ORDINALS.get(match["word"])
        return None if value is None else Fraction(value)
    if match["ordinal"]:
        rank = int(match["ordinal"])
        suffix = "th" if rank // 10 % 10 == 1 else _SUFFIXES.get(rank % 10, "th")
        return Fraction(rank) if match["suffix"] == suffix and rank > 0 else None
    whole, _, places = match["digits"].partition(".")
    return Fraction(int(whole + places) * _SCALES[match["scale"]], 10 ** len(places))
