"""Malformed completions: where their segments stand, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter, le
from typing import NamedTuple

from p2r_rewards.completion import ALL_KINDS, Defect, DefectKind, Kind, Process, Segment, Template

_KIND_AND_START = itemgetter(0, 1)
_new = tuple.__new__  # twice as fast as a named tuple's own constructor


class Tag(NamedTuple):
    """A tag as found in the text, misspelt or not."""

    start: int
    end: int
    kind: Kind
    closes: bool
    misspelt: bool


def locate_segments(tags: Sequence[Tag], end: int) -> tuple[tuple[Segment, ...], list[Tag]]:
    """The segments that the tags enclose, by their start, and the closing tags that close nothing.

    A closing tag closes the innermost open segment of its kind. An unclosed segment ends at the next tag, or at the
    end of the text. Linear: a tag enters and leaves the stack once.
    """
    opened: dict[int, Segment] = {}  # by the index of the opening tag, in the order of closing
    strays: list[Tag] = []
    stack: list[int] = []  # indices into `tags`
    open_count = dict.fromkeys(ALL_KINDS, 0)
    starts = [tag[0] for tag in tags]
    starts.append(end)
    for index, tag in enumerate(tags):
        start, stop, kind, closes, _ = tag
        if not closes:
            stack.append(index)
            open_count[kind] += 1
        elif not open_count[kind]:
            strays.append(tag)
        else:
            while True:
                opening = stack.pop()
                opener = tags[opening]
                open_count[opener[2]] -= 1
                if opener[2] is kind:
                    opened[opening] = _new(Segment, (kind, opener[0], opener[1], start, stop))
                    break
                opened[opening] = _unclosed(opener, starts[opening + 1])
    for opening in stack:
        opened[opening] = _unclosed(tags[opening], starts[opening + 1])
    return tuple([opened[index] for index in sorted(opened)]), strays


def _unclosed(opener: Tag, stop: int) -> Segment:
    return _new(Segment, (opener[2], opener[0], opener[1], stop, stop))


def find_defects(
    text: str, end: int, tags: Sequence[Tag], segments: Sequence[Segment], strays: Sequence[Tag], template: Template
) -> tuple[Defect, ...]:
    """Every fault of form, once for each (kind, segment, process), by where it first occurs."""
    defects = [
        *_tag_defects(tags, strays),
        *_segment_defects(text, segments),
        *_nesting_defects(segments),
        *_order_defects(end, segments, template),
        *_stray_text_defects(text, end, segments, strays),
    ]
    return tuple(sorted(defects, key=lambda defect: defect.start))


def _first_of_each(kind: DefectKind, faults: Iterable[tuple[Kind, int]]) -> Iterator[Defect]:
    """The first of the faults (segment kind, offset) for each kind of segment, as its own process's fault."""
    first: dict[Kind, int] = {}
    for segment, start in faults:
        if segment not in first:
            first[segment] = start
            if len(first) == len(ALL_KINDS):
                break
    for segment in ALL_KINDS:
        if segment in first:
            yield Defect(kind, segment, segment.process, first[segment])


def _tag_defects(tags: Sequence[Tag], strays: Sequence[Tag]) -> Iterator[Defect]:
    yield from _first_of_each(DefectKind.MISSPELT, [(tag[2], tag[0]) for tag in tags if tag[4]])
    yield from _first_of_each(DefectKind.UNOPENED, ((tag.kind, tag.start) for tag in strays))


def _segment_defects(text: str, segments: Sequence[Segment]) -> Iterator[Defect]:
    unclosed = (segment for segment in segments if segment[3] == segment[4])
    yield from _first_of_each(DefectKind.UNCLOSED, map(_KIND_AND_START, unclosed))
    empty = (segment for segment in segments if segment[2] == segment[3] or text[segment[2] : segment[3]].isspace())
    yield from _first_of_each(DefectKind.EMPTY, map(_KIND_AND_START, empty))


def _nesting_defects(segments: Sequence[Segment]) -> Iterator[Defect]:
    """A segment inside another is a fault of both."""
    if all(map(le, map(itemgetter(4), segments), map(itemgetter(1), segments[1:]))):
        return  # each ends before the next one starts
    inner: dict[Kind, int] = {}
    outer: dict[tuple[Kind, Kind], int] = {}
    around: list[Segment] = []
    for segment in segments:
        kind, start, *_ = segment
        while around and around[-1][4] <= start:
            around.pop()
        if around:
            inner.setdefault(kind, start)
            outer.setdefault((kind, around[-1][0]), start)
        around.append(segment)
    yield from _first_of_each(DefectKind.NESTED, inner.items())
    for (kind, outer_kind), start in outer.items():
        if outer_kind.process is not kind.process:
            yield Defect(DefectKind.NESTED, kind, outer_kind.process, start)


def _order_defects(end: int, segments: Sequence[Segment], template: Template) -> Iterator[Defect]:
    """Segments that are missing, repeated, or in the wrong order."""
    starts = {kind: [segment[1] for segment in segments if segment[0] is kind] for kind in template.kinds}
    for kind, found in starts.items():
        if not found:
            yield Defect(DefectKind.MISSING, kind, kind.process, end)
        elif len(found) > 1:
            yield Defect(DefectKind.REPEATED, kind, kind.process, found[1])
    observations, thinks, answers = (starts.get(kind, ()) for kind in ALL_KINDS)
    if observations and observations[0] > segments[0].outer_start:
        yield Defect(DefectKind.MISORDERED, Kind.OBSERVATION, Process.PERCEPTION, observations[0])
    if thinks and answers and answers[0] < thinks[0]:
        yield Defect(DefectKind.MISORDERED, Kind.ANSWER, Process.REASONING, answers[0])


def _stray_text_defects(text: str, end: int, segments: Sequence[Segment], strays: Sequence[Tag]) -> Iterator[Defect]:
    """Text outside the segments: before the observation it is perception's fault, else reasoning's."""
    observation = next((segment.outer_start for segment in segments if segment.kind is Kind.OBSERVATION), -1)
    first = segments[0].outer_start if segments else end
    last = max((segment.outer_end for segment in segments), default=end)
    covered = list(map(itemgetter(1, 4), segments))
    if strays:
        covered = sorted(covered + [(tag.start, tag.end) for tag in strays])
    found: dict[tuple[DefectKind, Process], int] = {}
    position = 0
    for start, stop in [*covered, (end, end)]:
        if position < start and not text[position:start].isspace():
            process = Process.PERCEPTION if position < observation else Process.REASONING
            if position < first:
                kind = DefectKind.TEXT_BEFORE
            else:
                kind = DefectKind.TEXT_BETWEEN if position < last else DefectKind.TEXT_AFTER
            found.setdefault((kind, process), position)
        if position < stop:
            position = stop
    for (kind, process), start in found.items():
        yield Defect(kind, None, process, start)
