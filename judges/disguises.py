"""Texts that look alike to a person and differ for a machine: zero-width and look-alike letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Disguise: TypeAlias = Callable[[str], str]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC = str.maketrans("aceijopsxyABCEHIKMOPTX", "асеіјорѕхуАВСЕНІКМОРТХ")
_GREEK = str.maketrans("aioutvpxABEHIKMNOPTXYZ", "αιουτνρχΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_BOLD = {
    **{ord(letter): 0x1D41A + index for index, letter in enumerate(_LETTERS)},
    **{ord(letter.upper()): 0x1D400 + index for index, letter in enumerate(_LETTERS)},
}
_ANGLES = str.maketrans("<>/", "‹›∕")


def zero_width_spaces(text: str) -> str:
    """A zero-width space between all characters."""
    return "\u200b".join(text)


def joiners_in_words(text: str) -> str:
    """A word joiner after each first letter of a word."""
    return " ".join(word[:1] + "\u2060" + word[1:] for word in text.split(" "))


def soft_hyphens(text: str) -> str:
    """A soft hyphen after every second character."""
    return "".join(letter + "\u00ad" * (index % 2) for index, letter in enumerate(text))


def cyrillic(text: str) -> str:
    """Cyrillic letters of the same shape."""
    return text.translate(_CYRILLIC)


def greek(text: str) -> str:
    """Greek letters of the same shape."""
    return text.translate(_GREEK)


def full_width(text: str) -> str:
    """Full-width forms of ASCII."""
    return text.translate(_FULL_WIDTH)


def mathematical_bold(text: str) -> str:
    """Mathematical bold letters."""
    return text.translate(_BOLD)


def angle_quotes(text: str) -> str:
    """Angle quotation marks for the brackets of tags."""
    return text.translate(_ANGLES)


def combining_dots(text: str) -> str:
    """A combining dot below after every vowel."""
    return "".join(letter + "\u0323" if letter in "aeiouAEIOU" else letter for letter in text)


def right_to_left(text: str) -> str:
    """The text backwards within a right-to-left override, so that it is shown forwards."""
    return f"\u202e{text[::-1]}\u202c"


def tag_characters(text: str) -> str:
    """The text in Unicode's invisible tag characters, which tokenizers see and people don't."""
    return "".join(chr(0xE0000 + ord(letter)) if 0x20 <= ord(letter) < 0x7F else letter for letter in text)
