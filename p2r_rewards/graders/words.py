"""Text to words: Unicode tokens, and words mapped to code points so that rapidfuzz compares them at full speed."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from p2r_rewards.normalize import fold

MAX_CHARS = 1 << 18
"""A longer answer is not split into words; twice the text that 32,768 tokens usually hold."""

_STRETCH = 4096
_MAX_STEPS = 60_000_000

# Scripts that put no spaces between words: each of their code points is a word, as in a character error rate.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19FF),  # Tai Le, New Tai Lue, Khmer symbols
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x2E80, 0x2FDF),  # Han radicals
    (0x3005, 0x3007),  # Han iteration mark, zero
    (0x3021, 0x30FF),  # Hangzhou numerals, Hiragana, Katakana
    (0x3105, 0x312F),  # Bopomofo
    (0x31A0, 0x31BF),  # Bopomofo
    (0x31F0, 0x31FF),  # Katakana
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0xA4CF),  # Han, Yi
    (0xA9E0, 0xA9FF),  # Myanmar
    (0xAA60, 0xAADF),  # Myanmar, Tai Viet
    (0xF900, 0xFAFF),  # Han
    (0x1AFF0, 0x1B16F),  # Kana
    (0x20000, 0x3FFFF),  # Han
)

# For `bytes.translate`, which is twice as fast as `str.translate`.
_ASCII_WORDS = "".join(char.lower() if char.isalnum() else " " for char in map(chr, range(128))).encode() + bytes(128)
_PUNCTUATION = "".join(char for char in string.punctuation if unicodedata.category(char).startswith("P"))
# One character in print, several in Unicode.
_TYPOGRAPHIC = str.maketrans(dict.fromkeys("‘’ʼ‛′", "'") | dict.fromkeys("“”„‟″", '"') | dict.fromkeys("‐‑‒–—―−", "-"))


class _Table(dict[int, int | str | None]):
    """A table for `str.translate` that classifies a code point when it first meets it."""

    def __init__(self, *, keep_symbols: bool) -> None:
        super().__init__()
        self._keep_symbols = keep_symbols

    def __missing__(self, code: int) -> int | str | None:
        if code > 0x3FFFF and not 0xE0000 <= code < 0xE0200:  # nothing is assigned there: not worth the memory
            return code if self._keep_symbols else " "
        value = self[code] = self._classify(code)
        return value

    def _classify(self, code: int) -> int | str | None:
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Cf":  # invisible: zero-width joiners, soft hyphens, direction marks
            return None
        if char.isalnum() or category.startswith("M"):
            return f" {char} " if any(first <= code <= last for first, last in _UNSPACED) else code
        return code if self._keep_symbols else " "


_WORDS = _Table(keep_symbols=False)
_VISIBLE = _Table(keep_symbols=True)


def split_words(text: str) -> list[str]:
    """The words of a text: case-folded runs of letters, digits and marks after NFKC; symbols and punctuation separate.

    Every code point of a script without spaces (Han, Kana, Thai, Lao, Khmer, Myanmar, …) is a word of its own. On
    ASCII these are the tokens of the `rouge-score` package, unstemmed.

    Example:
        >>> split_words("The Ｃat's 3.5 m, 我爱你")
        ['the', 'cat', 's', '3', '5', 'm', '我', '爱', '你']
    """
    if text.isascii():
        return text.encode().translate(_ASCII_WORDS).decode().split()
    return fold(text).casefold().translate(_WORDS).split()


_SIGN = re.compile(
    r"(?<![^\W_])(?P<minus>[-\u2212](?=[0-9]|\.[0-9]))|(?<![^\W_])(?P<point>\.(?=[0-9]))|"
    r"(?<=[^\W_])(?P<double>\+\+)(?![^\W_])|(?<=[^\W_])(?P<sharp>#)(?![^\W_])|"
    r"(?<=[^\W\d_])(?<![^\W_]{3})(?P<plus>\+)(?![\w+])|(?<=\b[ABO])(?P<less>[-\u2212])(?![\w-])"
)
_SIGN_NAMES = {
    "minus": "minus",
    "point": "point",
    "double": "plusplus",
    "sharp": "sharp",
    "plus": "plus",
    "less": "less",
}
_SIGNS = re.compile("[-+#.\u2212]")


def split_signed_words(text: str) -> list[str]:
    """The words of a text, where a sign that makes another word of it is spelt out: `-5`, `.5`, `C++`, `C#`, `A+`.

    Example:
        >>> split_signed_words("-5 in C++, not 5 in C."), split_signed_words("a 2-5 win")
        (['minus5', 'in', 'cplusplus', 'not', '5', 'in', 'c'], ['a', '2', '5', 'win'])
    """
    if _SIGNS.search(text, 0, len(text) - 1) or text.endswith(("+", "#", "-", "\u2212")):
        text = _SIGN.sub(lambda sign: _SIGN_NAMES[str(sign.lastgroup)], text)
    return split_words(text)


def split_transcript(text: str, *, ignore_case: bool = True, ignore_punctuation: bool = True) -> list[str]:
    """The words of a transcribed text: what stands between white space after NFKC, for word error rates.

    Ignoring punctuation takes it off the edges of words only ("3.14" and "-5" stay), and makes the typographic
    forms of quotes and dashes one. Scripts without spaces are split into code points; invisible ones are dropped.

    Example:
        >>> split_transcript('He said: "3.14, not 22/7!"')
        ['he', 'said', '3.14', 'not', '22/7']
    """
    if text.isascii():
        punctuation = _PUNCTUATION
        words = (text.lower() if ignore_case else text).split()
    else:
        text = fold(text)
        if ignore_case:
            text = text.casefold()
        if ignore_punctuation:
            text = text.translate(_TYPOGRAPHIC)
        words = text.translate(_VISIBLE).split()
        punctuation = "".join(char for char in set(text) if unicodedata.category(char).startswith("P"))
    if not ignore_punctuation or not punctuation:
        return words
    if "-" in text:
        return [_signed(word, punctuation) for word in words if word.strip(punctuation)]
    return [bare for word in words if (bare := word.strip(punctuation))]


def _signed(word: str, punctuation: str) -> str:
    """A word without the punctuation at its edges, but with the minus of a number."""
    bare = word.strip(punctuation)
    sign = "-" if bare[0].isdigit() and word[: word.index(bare)].endswith("-") else ""
    return sign + bare


def too_long_to_split(text: str) -> str | None:
    """Why a text is not worth splitting into words: its length, or that NFKC doubles a stretch of it; None if it is.

    No human text doubles over 4,096 characters; U+FDFA alone grows 18-fold.

    Example:
        >>> too_long_to_split(chr(0xFDFA) * 5000), too_long_to_split(chr(0xFDFA) * 10)
        ('its characters multiply under NFKC', None)
    """
    if len(text) > MAX_CHARS:
        return f"{len(text):,} characters are over the limit of {MAX_CHARS:,} for texts compared by words"
    if len(text) > _STRETCH and not text.isascii():
        stretches = (text[start : start + _STRETCH] for start in range(0, len(text), _STRETCH))
        if any(len(fold(stretch)) > 2 * _STRETCH for stretch in stretches):
            return "its characters multiply under NFKC"
    return None


@dataclass(frozen=True, slots=True)
class Reference:
    r"""A gold's words, each mapped to a character: equal words, equal characters.

    Attributes:
        codes: One character a word.
        code_of: The character of each distinct word; "\0" stands for every word that the gold does not hold.
    """

    codes: str
    code_of: dict[str, str]

    @classmethod
    def of(cls, words: Sequence[str]) -> Reference:
        """The reference for a gold's words, at most a million of them distinct."""
        code_of = {word: chr(number) for number, word in enumerate(dict.fromkeys(words), start=1)}
        return cls("".join([code_of[word] for word in words]), code_of)

    def is_too_long(self, words: Sequence[str]) -> bool:
        """Whether comparing so many words in order would take more than about 0.3 s: a product of two huge texts."""
        # rapidfuzz takes gold/64 steps a word; it finds a character in a table up to 255, else in a slower hash map.
        steps = _MAX_STEPS if len(self.code_of) < 255 else _MAX_STEPS // 8
        return len(self.codes) * len(words) > 64 * steps

    def encode(self, words: Sequence[str]) -> str:
        """The words of an answer as characters."""
        code_of = self.code_of.get
        return "".join([code_of(word, "\0") for word in words])
