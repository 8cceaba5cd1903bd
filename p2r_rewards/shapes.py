"""Shapes: what a completion's tags come to, worked out once for each order of tags and laid over any text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from p2r_rewards.completion import Defect, DefectKind, Kind, Process, Segment, Template
from p2r_rewards.malformed import Tag, find_defects, locate_segments

_new = tuple.__new__  # twice as fast as the named tuples' own constructors


class Shape(NamedTuple):
    """Segments and defects whose offsets are indices into the bounds of a text's pieces.

    A text with n tags has the pieces text, tag, text, …, text, and 2n + 2 bounds: 0, the start and end of each tag,
    and the end of the text.
    """

    segments: tuple[tuple[Kind, int, int, int, int], ...]
    defects: tuple[tuple[DefectKind, Kind | None, Process, int], ...]

    def place(self, bounds: Sequence[int]) -> tuple[tuple[Segment, ...], tuple[Defect, ...]]:
        """The segments and defects of a text with these bounds.

        Example:
            >>> from p2r_rewards.completion import THINK_ANSWER
            >>> shape = read_shape([(Kind.THINK, False, False), (Kind.THINK, True, False)], [True] * 3, THINK_ANSWER)
            >>> [tuple(map(int, segment[1:])) for segment in shape.place([0, 0, 7, 9, 17, 17])[0]]
            [(0, 7, 9, 17)]
        """
        segments = [_new(Segment, (kind, bounds[a], bounds[b], bounds[c], bounds[d])) for kind, a, b, c, d in self[0]]
        defects = [_new(Defect, (kind, segment, process, bounds[at])) for kind, segment, process, at in self[1]]
        return tuple(segments), tuple(defects)


def read_shape(tags: Sequence[tuple[Kind, bool, bool]], blank: Sequence[object], template: Template) -> Shape:
    """The shape of tags (kind, whether it closes, whether it is misspelt) in order, by the rules of `malformed`.

    `blank` says of each text around the tags whether it is empty or white space. The rules are run on a skeleton in
    which every text and every tag is one character long, so that its offsets are the indices of the bounds.
    """
    end = 2 * len(tags) + 1
    skeleton = "<".join(" " if gap else "x" for gap in blank)
    placed = [Tag(2 * index + 1, 2 * index + 2, *tag) for index, tag in enumerate(tags)]
    segments, strays = locate_segments(placed, end)
    defects = find_defects(skeleton, end, placed, segments, strays, template)
    return Shape(
        tuple(map(tuple, segments)),  # type: ignore[arg-type]
        tuple((defect.kind, defect.segment, defect.process, defect.start) for defect in defects),
    )
