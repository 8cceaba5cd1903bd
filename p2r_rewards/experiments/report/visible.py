"""Hostile text for people's eyes: what can't be seen, or turns what is seen, is written out."""

from __future__ import annotations

import re

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Controls but for tab and line feed, marks that turn or hide text, and lone surrogates."""


def visible(text: str, *, most: int = 2_000) -> str:
    r"""The text with such characters written as U+XXXX in brackets, cut to at most so many characters.

    Example:
        >>> visible("a\u202eb\0")
        'a[U+202E]b[U+0000]'
    """
    shown = text if len(text) <= most else text[: most - 1] + "…"
    return UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", shown)
