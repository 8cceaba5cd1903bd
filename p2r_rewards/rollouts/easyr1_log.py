"""EasyR1's `generations.log`: blocks of text in which nothing is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from p2r_rewards.errors import DataError

MARKERS = (b"[prompt] ", b"[output] ", b"[ground_truth] ", b"[score] ")
"""How the parts of a block begin, each on a line of its own, in this order."""

KEPT = 4_000
"""How much is kept of a block that is too long to be read."""

_BOM = b"\xef\xbb\xbf"
_PIECE = 1 << 16
_SCORE = re.compile(rb"\[score\] (-?(?:[0-9]{1,40}(?:\.[0-9]{1,40})?(?:e[-+]?[0-9]{1,4})?|nan|inf))\n")
_BESIDE_A_PART = "stands beside a part of a block, and one may belong to the other: where it ends can't be told"


def is_easyr1_log(head: bytes) -> bool:
    """Whether a file that begins so is a log of EasyR1's generations.

    Example:
        >>> is_easyr1_log(b"[prompt] How many?"), is_easyr1_log(b'["prompt"]')
        (True, False)
    """
    return head.removeprefix(_BOM).startswith(MARKERS[0])


def read_easyr1_log(
    stream: BinaryIO, name: str, *, max_line: int
) -> Iterator[tuple[int, bytes, dict[str, Any] | DataError]]:
    r"""Each block with the number of its first line and its text: its row, or what is wrong with it.

    `FileGenerationLogger` writes `[prompt] …\n[output] …\n[ground_truth] …\n[score] …\n\n` for each sample of a
    validation, without its step. A block ends where a score and a blank line come before `[prompt]` or the file's end.
    It is read if each marker begins just one of its lines, in order. Otherwise its text holds a marker, and which one
    is the writer's can't be told. Parts of a block take their neighbours with them: a completion that imitates a
    block's end cuts its own block in two, and the first half may look whole. A completion that imitates an end and
    then all of another block but its end can't be told from two blocks by anyone.

    Args:
        stream: The bytes, decompressed.
        name: The file's name, for messages.
        max_line: The longest block that is read; only the start of a longer one is ever held.

    Example:
        >>> from io import BytesIO
        >>> log = b"[prompt] How many?\n[output] <answer>2</answer>\n[ground_truth] 2\n[score] 1.0\n\n"
        >>> [row for _, _, row in read_easyr1_log(BytesIO(log), "generations.log", max_line=1000)]
        [{'prompt': 'How many?', 'output': '<answer>2</answer>', 'ground_truth': '2', 'score': 1.0}]
    """
    del name  # the caller puts it before each message
    previous: _Block | None = None
    after_part = False
    for block in _blocks(stream, max_line):
        if previous is not None:
            yield previous.line, bytes(previous.text), previous.read(max_line, after_part or not block.is_whole)
            after_part = not previous.is_whole
        previous = block
    if previous is not None:
        yield previous.line, bytes(previous.text), previous.read(max_line, after_part)


@dataclass(slots=True)
class _Block:
    """What stands between two ends of blocks.

    Attributes:
        line: The number of its first line.
        text: Its text, or the start of it if it is too long.
        size: How long its text is.
        markers: Which markers begin its lines, and where; one more than a good block has at most.
        in_order: How many markers are there in order, among whatever others.
        closed: Whether it ends as a block does.
    """

    line: int
    text: bytearray = field(default_factory=bytearray)
    size: int = 0
    markers: list[tuple[int, int]] = field(default_factory=list)
    in_order: int = 0
    closed: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it can be one block by itself."""
        return self.closed and self.in_order == len(MARKERS)

    def add(self, piece: bytes, limit: int, *, begins: bool) -> None:
        if begins and piece.startswith(b"["):
            for index, marker in enumerate(MARKERS):
                if piece.startswith(marker):
                    self.in_order += index == self.in_order
                    if len(self.markers) <= len(MARKERS):
                        self.markers.append((index, self.size))
        self.size += len(piece)
        if self.size <= limit:
            self.text += piece
        else:
            del self.text[KEPT:]

    def read(self, limit: int, beside_part: bool) -> dict[str, Any] | DataError:
        if not self.closed:
            return DataError("is a block without its end: the log was cut off, or something else was written into it")
        if [index for index, _ in self.markers] != list(range(len(MARKERS))):
            seen = b" ".join(MARKERS[index].strip() for index, _ in self.markers).decode()
            return DataError(f"is ambiguous: its lines begin with {seen}, and which are the log's own can't be told")
        if beside_part:
            return DataError(_BESIDE_A_PART)
        if self.size > limit:
            return DataError(f"is longer than {limit:,} bytes")
        starts = [start for _, start in self.markers]
        parts = [self.text[starts[i] + len(MARKERS[i]) : starts[i + 1] - 1] for i in range(len(MARKERS) - 1)]
        try:
            prompt, output, gold = (part.decode() for part in parts)
        except UnicodeDecodeError as error:
            return DataError(f"is not UTF-8: {error.reason}")
        score = _SCORE.match(self.text, starts[-1])
        return {"prompt": prompt, "output": output, "ground_truth": gold, "score": float(score[1]) if score else None}


def _blocks(stream: BinaryIO, limit: int) -> Iterator[_Block]:
    """The text cut after each score and blank line that `[prompt]` or the end follows; no line is held by itself."""
    block: _Block | None = None
    number, begins, scored, ended = 0, True, False, False
    while piece := stream.readline(_PIECE):
        if number == 0:
            piece = piece.removeprefix(_BOM)
        number += begins
        if block is not None and ended and piece.startswith(MARKERS[0]):
            block.closed = True
            yield block
            block = None
        if block is None:
            block = _Block(number)
        block.add(piece, limit, begins=begins)
        ended = scored and piece == b"\n"
        scored = begins and piece.startswith(MARKERS[-1]) and _SCORE.fullmatch(piece) is not None
        begins = piece.endswith(b"\n")
    if block is not None:
        block.closed = ended
        yield block
