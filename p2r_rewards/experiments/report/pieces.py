"""A completion cut into pieces by what each stretch of it is, exactly as it was parsed."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from p2r_rewards.completion import Completion, Kind, Segment

MAX_CHARS = 20_000
MAX_PIECES = 600
"""What is kept of one completion for the page."""

PieceKind: TypeAlias = Literal["observation", "think", "answer", "graded", "tag", "outside", "space", "end", "gap"]


class Piece(NamedTuple):
    """A stretch of a completion.

    Attributes:
        kind: The segment that it stands in; "graded": the answer that was graded; "tag"; "outside" all segments, or
            "space" there; "end": end-of-sequence and padding; "gap": stands for characters that are left out.
        text: The stretch itself; of a gap, how many characters are left out.
    """

    kind: PieceKind
    text: str


def cut_completion(done: Completion) -> list[Piece]:
    """The pieces of a completion in order; their texts put together are its text.

    Where segments are nested, the innermost one counts.

    Example:
        >>> from p2r_rewards import parse_completion
        >>> cut_completion(parse_completion("<answer> B </answer>"))[1:4]
        [Piece(kind='answer', text=' '), Piece(kind='graded', text='B'), Piece(kind='answer', text=' ')]
    """
    segments = sorted(done.segments, key=lambda one: one.outer_start)
    graded = None if done.repeats_answer else next((one for one in segments if one.kind is Kind.ANSWER), None)
    edges = sorted({0, done.end, len(done.text), *(edge for one in segments for edge in one[1:])})
    pieces: list[Piece] = []
    open_segments: list[tuple[int, int]] = []  # the innermost first; those that have ended are dropped when met
    known = 0
    for start, end in pairwise(edges):
        while known < len(segments) and segments[known].outer_start <= start:
            heapq.heappush(open_segments, (-segments[known].outer_start, known))
            known += 1
        while open_segments and segments[open_segments[0][1]].outer_end <= start:
            heapq.heappop(open_segments)
        inner = segments[open_segments[0][1]] if open_segments else None
        text = done.text[start:end]
        if inner is not None and inner is graded and inner.start <= start < inner.end:
            core = text.strip()
            before = len(text) - len(text.lstrip()) if core else 0
            parts = (text[:before], core, text[before + len(core) :])
            pieces += [Piece(kind, part) for kind, part in zip(_AROUND, parts, strict=True) if part]
        else:
            kind = _kind(inner, start, done)
            pieces.append(Piece("space" if kind == "outside" and text.isspace() else kind, text))
    return _join(pieces)


def shorten(pieces: Sequence[Piece], *, chars: int = MAX_CHARS, most: int = MAX_PIECES) -> list[Piece]:
    """The pieces with at most so many characters and pieces: two thirds of the beginning, one third of the end.

    Example:
        >>> shorten([Piece("think", "abcdefghij")], chars=3)
        [Piece(kind='think', text='ab'), Piece(kind='gap', text='7'), Piece(kind='think', text='j')]
    """
    if sum(len(piece.text) for piece in pieces if piece.kind != "gap") <= chars and len(pieces) <= most:
        return list(pieces)
    head = _take(pieces, chars * 2 // 3, most * 2 // 3)
    tail = [
        Piece(kind, text[::-1])
        for kind, text in reversed(
            _take([Piece(kind, text[::-1]) for kind, text in reversed(pieces)], chars - chars * 2 // 3, most // 3)
        )
    ]
    total = sum(_length(piece) for piece in pieces)
    kept = sum(_length(piece) for piece in (*head, *tail))
    return [*head, Piece("gap", str(total - kept)), *tail]


_AROUND: tuple[PieceKind, PieceKind, PieceKind] = ("answer", "graded", "answer")


def _kind(inner: Segment | None, start: int, done: Completion) -> PieceKind:
    if inner is None:
        return "end" if start >= done.end else "outside"
    return inner.kind.value if inner.start <= start < inner.end else "tag"


def _join(pieces: Sequence[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].kind == piece.kind:
            joined[-1] = Piece(piece.kind, joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined


def _take(pieces: Sequence[Piece], chars: int, most: int) -> list[Piece]:
    """The first pieces, up to an earlier gap."""
    taken: list[Piece] = []
    for kind, text in pieces[:most]:
        if chars <= 0 or kind == "gap":
            break
        taken.append(Piece(kind, text[:chars]))
        chars -= len(text)
    return taken


def _length(piece: Piece) -> int:
    return int(piece.text) if piece.kind == "gap" else len(piece.text)
