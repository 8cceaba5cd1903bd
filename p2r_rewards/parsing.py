"""`parse_completion`: one linear scan from text to segments and defects, total on every string."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from p2r_rewards.completion import PROCESS_AWARE, Completion, Kind, Segment, Template
from p2r_rewards.malformed import Tag, find_defects, locate_segments
from p2r_rewards.shapes import Shape, read_shape

END_STRINGS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|end|>",
    "<end_of_turn>",
    "<eos>",
    "</s>",
    "<pad>",
    "<|pad|>",
)
"""End-of-sequence and padding strings that are taken off a completion's end before it is parsed."""

TAG_LIMIT = 10_240
"""Tags that are looked at in one completion; text behind the last of them is not searched.

Where more other `<` than this stand in a text, misspelt tags are not looked for: they stay stray text.
"""

SHAPE_TAGS, SHAPES = 16, 1024
"""Up to how many tags a completion's shape is remembered, and how many shapes of a template are."""

_new = tuple.__new__  # twice as fast as a named tuple's own constructor
_AROUND_NAME = " /<\\>"


class _Scanner(NamedTuple):
    template: Template
    forms: tuple[tuple[Kind, str, str], ...]  # kind, opening and closing tag
    split: Callable[[str, int], list[str]]  # a text as what stands around the tags, and the tags
    split_exactly: Callable[[str, int], list[str]]  # the same, without misspelt tags
    tags: dict[str, tuple[Kind, bool, bool]]  # exact tag -> kind, whether it closes, and no, it is not misspelt
    kinds: dict[str, Kind]  # lower-case name -> kind
    shapes: dict[tuple[object, ...], Shape]  # those seen before


@lru_cache(maxsize=64)
def _scanner(template: Template) -> _Scanner:
    """The compiled patterns of a template. Tag names come from configuration, never from a model."""
    names = {getattr(template, kind): kind for kind in template.kinds}
    alternatives = "|".join(map(re.escape, names))
    tags = {
        form: (kind, closes, False)
        for name, kind in names.items()
        for form, closes in ((f"<{name}>", False), (f"</{name}>", True))
    }
    # What models write for a tag: <Answer>, </<observation>, < /think >, <answer/>. Bounded and possessive.
    lenient = rf"<[ /<\\]{{0,3}}+(?ai:{alternatives})[ /]{{0,2}}+>"
    return _Scanner(
        template=template,
        forms=tuple((kind, f"<{name}>", f"</{name}>") for name, kind in names.items()),
        split=re.compile(f"({lenient})").split,
        split_exactly=re.compile(f"(</?(?:{alternatives})>)").split,
        tags=tags,
        kinds={name.lower(): kind for name, kind in names.items()},
        shapes={},
    )


_PROCESS_AWARE = _scanner(PROCESS_AWARE)


@lru_cache(maxsize=64)
def _reversed_ending(end_strings: tuple[str, ...]) -> re.Pattern[str]:
    """Matches a reversed text as far as it consists of end strings. They come from configuration."""
    reversed_strings = sorted((string[::-1] for string in end_strings), key=len, reverse=True)
    return re.compile(rf"(?:\s*+(?:{'|'.join(map(re.escape, reversed_strings))}))++")


def parse_completion(
    text: str,
    *,
    template: Template = PROCESS_AWARE,
    prefix: str = "",
    end_strings: Sequence[str] = END_STRINGS,
) -> Completion:
    """The segments of a completion with exact spans, and its defects; never raises on any string.

    Misspelt tags (`<Answer>`, `</<observation>`) are located, and are a defect. An unclosed segment ends at the
    next tag or at the end of the text. Linear in the length of the text.

    Args:
        text: What the policy wrote, decoded with its special tokens or without.
        template: The tags to look for; `THINK_ANSWER` for process-agnostic models.
        prefix: What the chat template had written of the reply already, such as `"<observation>"`. Offsets of the
            result refer to `prefix + text`.
        end_strings: End-of-sequence and padding strings that do not count as text at the end.

    Example:
        >>> done = parse_completion("<observation>A red cup.</observation><think>Red.</think><answer>B</answer>")
        >>> done.answer.text, done.well_formed
        ('B', True)
        >>> [str(defect) for defect in parse_completion("<answer>B").defects]
        ['unclosed answer', 'missing observation', 'missing think']
    """
    whole = prefix + text if prefix else text
    end = _end_of_text(whole, tuple(end_strings), len(prefix))
    scanner = _PROCESS_AWARE if template is PROCESS_AWARE else _scanner(template)
    kept = whole if end == len(whole) else whole[:end]
    opened = kept.count("<")
    if opened == 2 * len(scanner.forms) and (plain := _read_well_formed(kept, scanner)) is not None:
        return Completion(whole, plain, (), template, len(prefix), end)
    if opened <= TAG_LIMIT and len(pieces := scanner.split(kept, SHAPE_TAGS + 1)) <= 2 * SHAPE_TAGS + 1:
        bounds = list(accumulate(map(len, pieces), initial=0))
        segments, defects = _shape(pieces, scanner).place(bounds)
        return Completion(whole, segments, defects, template, len(prefix), end)
    tags = _find_tags(whole, end, scanner)
    located, strays = locate_segments(tags, end)
    found = find_defects(whole, end, tags, located, strays, template)
    return Completion(whole, located, found, template, len(prefix), end)


def _read_well_formed(text: str, scanner: _Scanner) -> tuple[Segment, ...] | None:
    """The segments of a well-formed text that holds as many `<` as it needs tags, so that no other tag can stand in it.

    None where the text is not well-formed.
    """
    position = 0
    segments = []
    for kind, opener, closer in scanner.forms:
        outer_start = text.find(opener, position)
        start = outer_start + len(opener)
        end = text.find(closer, start)
        if outer_start < 0 or end <= start or text[start:end].isspace():
            return None
        if outer_start > position and not text[position:outer_start].isspace():
            return None
        position = end + len(closer)
        segments.append(_new(Segment, (kind, outer_start, start, end, position)))
    return tuple(segments) if position == len(text) or text[position:].isspace() else None


def _shape(pieces: list[str], scanner: _Scanner) -> Shape:
    """What these tags in this order come to, given which of the texts between them are blank."""
    key = (*pieces[1::2], *[not piece or piece.isspace() for piece in pieces[::2]])
    shape = scanner.shapes.get(key)
    if shape is None:
        shape = read_shape([_read_tag(tag, scanner) for tag in pieces[1::2]], key[len(pieces) // 2 :], scanner.template)
        if len(scanner.shapes) >= SHAPES:
            scanner.shapes.clear()
        scanner.shapes[key] = shape
    return shape


def _read_tag(tag: str, scanner: _Scanner) -> tuple[Kind, bool, bool]:
    """The kind of a tag, whether it closes, and whether it is misspelt."""
    form = scanner.tags.get(tag)
    return form or (scanner.kinds[tag.strip(_AROUND_NAME).lower()], "/" in tag or "\\" in tag, True)


def _end_of_text(text: str, end_strings: tuple[str, ...], start: int) -> int:
    """Where the trailing end strings begin, with the white space among them; `len(text)` if there are none."""
    if not end_strings or not text.rstrip().endswith(end_strings):
        return len(text)
    ending = _reversed_ending(end_strings).match(text[start:][::-1])
    return len(text) - (ending.end() if ending else 0)


def _find_tags(text: str, end: int, scanner: _Scanner) -> list[Tag]:
    """The exact and the misspelt tags by position, at most `TAG_LIMIT` of them."""
    pieces = scanner.split_exactly(text[:end], TAG_LIMIT)
    found = len(pieces) // 2
    limit = sum(map(len, pieces[:-1])) if found == TAG_LIMIT else end
    if 0 < text.count("<", 0, limit) - found <= TAG_LIMIT:
        # `<<answer>` holds an exact tag: the longer, misspelt reading covers it.
        pieces = scanner.split(text[:limit], TAG_LIMIT)
    bounds = list(accumulate(map(len, pieces), initial=0))
    forms = [_read_tag(tag, scanner) for tag in pieces[1::2]]
    return [
        _new(Tag, (start, stop, *form)) for start, stop, form in zip(bounds[1:-1:2], bounds[2::2], forms, strict=True)
    ]
