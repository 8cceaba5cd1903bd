"""Reading a list of options: which labels they carry, what their texts are, and which option a text names."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from p2r_rewards.graders.choice_slips import closest_sentence, same_but_for_slips
from p2r_rewards.graders.choice_text import NUMBER_WORDS, content, exact_key, join_words, letters, plain_key, tokens
from p2r_rewards.normalize import fold

MAX_OPTIONS = 702
"""A to Z, then AA to ZZ."""

_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CYRILLIC = "АБВГДЕЖЗИК"
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_PREFIX = re.compile(
    r"\s*[*_]{0,3}(?:(?:option|choice)\s)?"
    r"(?:[(\[（【]\s?(?P<bracketed>[^\W\d_]{1,4}|\d{1,3})\s?[)\]）】]\s?[.:]?"
    r"|(?P<bare>[^\W\d_]{1,4}|\d{1,3})\s?[.):、．）：](?!\d)"
    r"|(?P<circled>[Ⓐ-ⓩ①-⑳]))"
    r"[*_]{0,3}\s*",
    re.IGNORECASE,
)
_GAPS = 3  # options that may be missing from a labelled list, as where empty ones were dropped


@dataclass(frozen=True, slots=True)
class Options:
    """A list of options, read once.

    Attributes:
        labels: One label an option, in upper case.
        texts: The options without their labels.
        labelled: Whether the labels stand in the options themselves; else they are A, B, … by position.
        index: From a label to its option.
        twins: For each option the options with exactly its text, itself included.
        max_chars: A longer answer is no option's text.
        needles: Texts to look for in prose, in lower case, with their options; the longest first.
        modifiers: Words that make one option's text another's: `light` for `blue` and `light blue`.
        says_no: Whether an option's text begins with `no`.
    """

    labels: tuple[str, ...]
    texts: tuple[str, ...]
    labelled: bool
    index: dict[str, int]
    twins: tuple[tuple[int, ...], ...]
    max_chars: int
    needles: tuple[tuple[str, tuple[int, ...]], ...]
    modifiers: frozenset[str]
    says_no: bool
    by_exact: dict[str, tuple[int, ...]]
    by_plain: dict[str, tuple[int, ...]]
    by_tokens: dict[tuple[str, ...], tuple[int, ...]]
    by_content: dict[tuple[str, ...], tuple[int, ...]]
    by_letters: dict[str, tuple[int, ...]]

    def named_exactly(self, text: str) -> tuple[int, ...]:
        """The options whose text this is, but for case, markup, edge punctuation and a leading article."""
        return self.by_exact.get(exact_key(text)) or self.by_plain.get(plain_key(text)) or ()

    def named_by(self, text: str) -> tuple[int, ...]:
        """The options that a whole text names, by the strictest key that names any; several are twins or a doubt."""
        found = self.named_exactly(text)
        if found or len(text) > self.max_chars:
            return found
        words = tokens(text)
        found = self.by_tokens.get(words) or self.by_content.get(content(words) or ("",)) or ()
        return found or self.by_letters.get(letters(words), ())

    def named_with_slips(self, text: str) -> tuple[int, ...]:
        """The options that a text names but for typing slips: those with one text only, else none."""
        if len(text) > self.max_chars:
            return ()
        words = tokens(text)
        found = [options for key, options in self.by_tokens.items() if same_but_for_slips(words, key)]
        if not found and (key := closest_sentence(words, self.by_tokens)) is not None:
            found = [self.by_tokens[key]]
        return found[0] if len(found) == 1 and self.same_text(found[0]) else ()

    def same_text(self, options: tuple[int, ...]) -> bool:
        """Whether the options can't be told apart by their text."""
        return bool(options) and set(options) <= set(self.twins[options[0]])

    def name(self, options: Sequence[int]) -> str:
        """The labels of some options for a message."""
        shown = ", ".join(self.labels[option] for option in options[:8])
        return shown + (", …" if len(options) > 8 else "")


def latin_label(position: int) -> str:
    """The label of the option at a 0-based position: A to Z, then AA to ZZ.

    Example:
        >>> latin_label(1), latin_label(26)
        ('B', 'AA')
    """
    if position < 26:
        return _LATIN[position]
    return _LATIN[position // 26 - 1] + _LATIN[position % 26]


def split_label(text: str) -> tuple[str, str] | None:
    """A leading label in upper case and the rest of the text; None where there is none.

    Example:
        >>> split_label("(b) a dog"), split_label("a dog")
        (('B', 'a dog'), None)
    """
    match = _PREFIX.match(text)
    if match is None:
        return None
    return fold(match[match.lastgroup or 0]).upper(), text[match.end() :]


@lru_cache(maxsize=32)
def read_options(options: tuple[str, ...]) -> Options:
    """The labels and texts of a list of options.

    Prefixes such as `A.`, `(b)` or `1)` are labels where all options carry them, distinct and of one sequence; one
    that stands alone among bare texts is text. Else the labels are A, B, … by position.

    Raises:
        ValueError: There are more than `MAX_OPTIONS`.

    Example:
        >>> read_options(("A. a cat", "B. a dog")).texts
        ('a cat', 'a dog')
        >>> read_options(("a cat", "a dog")).labels
        ('A', 'B')
    """
    if len(options) > MAX_OPTIONS:
        message = f"{len(options)} options; at most {MAX_OPTIONS} can have labels"
        raise ValueError(message)
    found = _read_labels(options)
    labelled = found is not None
    labels, texts = found or (tuple(map(latin_label, range(len(options)))), options)
    exact = _group(texts, exact_key)
    plain = _group(texts, plain_key)
    if labelled:  # the whole line, label included, for golds and answers that repeat it
        for position, option in enumerate(options):
            exact.setdefault(exact_key(option), (position,))
            plain.setdefault(plain_key(option), (position,))
    words = {text: tokens(text) for text in texts}
    by_tokens = _group(texts, words.__getitem__)
    by_content = _group(texts, lambda text: content(words[text]))
    by_needle = _group(texts, _needle)
    for word, number in NUMBER_WORDS.items():
        if number in by_needle:
            by_needle.setdefault(word, by_needle[number])
    return Options(
        labels=labels,
        texts=texts,
        labelled=labelled,
        index={label: position for position, label in enumerate(labels)},
        twins=tuple(exact[exact_key(text)] if exact_key(text) else (i,) for i, text in enumerate(texts)),
        max_chars=2 * max(map(len, options), default=0) + 64,
        needles=tuple(sorted(by_needle.items(), key=lambda item: -len(item[0]))),
        modifiers=frozenset(word for word, _, rest in (key.partition(" ") for key in by_needle) if rest in by_needle),
        says_no=any(key.partition(" ")[0].strip(".,;:") in ("no", "nope") for key in plain),
        by_exact=exact,
        by_plain=plain,
        by_tokens=by_tokens,
        by_content=by_content,
        by_letters=_group(texts, lambda text: letters(words[text])),
    )


def _needle(text: str) -> str:
    """What prose must hold to mention the option; single letters are left to the labels."""
    key = join_words(plain_key(text))
    return "" if len(key) == 1 and key.isascii() and key.isalpha() else key


def _group(texts: tuple[str, ...], key: Callable[[str], Hashable]) -> dict:  # type: ignore[type-arg]
    groups: dict[Hashable, tuple[int, ...]] = {}
    for position, text in enumerate(texts):
        if value := key(text):
            groups[value] = (*groups.get(value, ()), position)
    return groups


def _read_labels(options: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    if not options:
        return None
    split = [split_label(option) for option in options]
    found = [part for part in split if part is not None]
    labels = tuple(label for label, _ in found)
    if len(found) == len(options) and (len(options) > 1 or labels == ("A",)) and _is_sequence(labels):
        return labels, tuple(text if text.strip() else option for (_, text), option in zip(found, options, strict=True))
    # A stray line among labelled options: the others keep the label that is theirs by position as well.
    positional = tuple(map(latin_label, range(len(options))))
    own = [part is not None and part[0] == label for part, label in zip(split, positional, strict=True)]
    if sum(own) >= 2 and 4 * sum(own) >= 3 * len(options):
        texts = (part[1] if mine and part else option for part, mine, option in zip(split, own, options, strict=True))
        return positional, tuple(texts)
    return None


def _is_sequence(labels: tuple[str, ...]) -> bool:
    """Whether these are labels rather than initials or numbers: distinct, and (nearly) all of one sequence."""
    if len(set(labels)) < len(labels):
        return False
    size = len(labels)
    if labels == _ROMAN[:size]:
        return True
    families = (
        list(islice((latin_label(i) for i in range(MAX_OPTIONS)), size + _GAPS)),
        list(_LATIN[-size - _GAPS :]),  # X, Y, Z
        list(_CYRILLIC[: size + _GAPS]),
        [str(number) for number in range(1, size + _GAPS + 1)],
        [str(number) for number in range(size)],
    )
    return any(set(labels) <= set(family) for family in families)
