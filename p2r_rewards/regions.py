"""Which stretch of a completion belongs to which process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from p2r_rewards.completion import Completion, Kind, Process, Segment

_PROCESS = {kind: kind.process for kind in Kind}
_new = tuple.__new__  # twice as fast as a named tuple's own constructor


class Region(NamedTuple):
    """A stretch [start, end) of the policy's own text that one process has written."""

    start: int
    end: int
    process: Process


def process_regions(completion: Completion) -> list[Region]:
    """The regions that carry a process's advantage: ordered, disjoint, non-empty, neighbours of one process merged.

    Offsets refer to the policy's own text, without `completion`'s prefix. What no region holds is orphan. Everything
    that can be located keeps its process (arXiv 2511.11113, Eq. 7, as this project reads it):

    - A tag belongs to its segment, misspelt ones too; of nested segments the innermost counts.
    - An unclosed segment reaches to the next tag or to the end.
    - Where the template has an observation and none is located, the first opening tag is orphan, so that the
      omission has tokens to carry the blame.
    - Trailing end-of-sequence and padding strings are reasoning's.

    Linear in the number of segments.

    Example:
        >>> from p2r_rewards.parsing import parse_completion
        >>> process_regions(parse_completion("<observation>cup</observation> <think>so</think><answer>B</answer>"))
        [Region(start=0, end=30, process=<Process.PERCEPTION: 'perception'>), \
Region(start=31, end=66, process=<Process.REASONING: 'reasoning'>)]
    """
    pieces = ((piece.start, piece.end, piece.process) for piece in _pieces(completion.segments))
    if _lacks_observation(completion) and completion.segments:
        opening_tag = completion.segments[0].start
        pieces = ((start, end, process) for start, end, process in pieces if end > opening_tag)
    ending = (completion.end, len(completion.text), Process.REASONING)
    return _merge([*pieces, ending], completion.prefix_length)


def inner_regions(completion: Completion) -> list[Region]:
    """The text inside the tags, without them, as regions: what a length reward counts.

    Example:
        >>> from p2r_rewards.parsing import parse_completion
        >>> [tuple(region) for region in inner_regions(parse_completion("<think>so</think><answer>B"))]
        [(7, 9, <Process.REASONING: 'reasoning'>), (25, 26, <Process.REASONING: 'reasoning'>)]
    """
    pieces = ((piece.start, piece.end, piece.process) for piece in _pieces(completion.segments) if piece.is_inner)
    return _merge(pieces, completion.prefix_length)


class _Piece(NamedTuple):
    start: int
    end: int
    process: Process
    is_inner: bool


def _pieces(segments: Iterable[Segment]) -> list[_Piece]:
    """Tags and inner texts in order, each with the process of the innermost segment around it."""
    pieces: list[_Piece] = []
    around: list[tuple[Segment, Process]] = []
    position = 0
    for segment in [*segments, None]:
        start = -1 if segment is None else segment[1]
        while around:
            (_, _, inner_start, inner_end, outer_end), process = around[-1]
            ends = segment is None or outer_end <= start
            to = outer_end if ends else start
            for end, is_inner in ((inner_start, False), (inner_end, True), (outer_end, False)):
                reached = end if end < to else to
                if position < reached:
                    pieces.append(_new(_Piece, (position, reached, process, is_inner)))
                    position = reached
            if not ends:
                break
            around.pop()
        if segment is not None:
            position = start
            around.append((segment, _PROCESS[segment[0]]))
    return pieces


def _lacks_observation(completion: Completion) -> bool:
    has_observation = any(segment.kind is Kind.OBSERVATION for segment in completion.segments)
    return completion.template.observation is not None and not has_observation


def _merge(pieces: Iterable[tuple[int, int, Process]], offset: int) -> list[Region]:
    """The pieces as regions from `offset` on, without empty ones, and with neighbours of one process as one."""
    regions: list[Region] = []
    last_end, last_process = -1, None
    for start, end, process in pieces:
        if offset:
            start, end = max(start - offset, 0), max(end - offset, 0)
        if start == end:
            continue
        if last_end == start and last_process is process:
            regions[-1] = Region(regions[-1].start, end, process)
        else:
            regions.append(Region(start, end, process))
        last_end, last_process = end, process
    return regions
