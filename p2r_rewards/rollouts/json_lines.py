"""JSON Lines: one object a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.batch import BATCH_BYTES, BATCH_ROWS, Batch, Place, Reject
from p2r_rewards.rollouts.json_text import parse_json
from p2r_rewards.rollouts.shapes import unfold

MAX_LINE = 64_000_000
RAW_CHARS = 2_000
"""How much of an unreadable line is kept."""

_BOM = b"\xef\xbb\xbf"


def read_json_lines(
    stream: BinaryIO,
    name: str,
    *,
    max_line: int = MAX_LINE,
    batch_rows: int = BATCH_ROWS,
    opens_file: bool = True,
    read_before: Callable[[int], bytes] = lambda size: b"",
) -> Iterator[Batch]:
    """The rows of a stream in batches; blank lines are skipped, and a line over `max_line` bytes is never held whole.

    Args:
        stream: The bytes, decompressed.
        name: The file's name, for messages.
        max_line: The longest line that is read.
        batch_rows: How many rows a batch holds at most.
        opens_file: Whether the stream is the beginning of its file, where a byte order mark may stand.
        read_before: Gives so many bytes of the file as stand before the stream.
    """
    batch, size = Batch(name), 0
    line_number = rank = 0
    previous: bytes | None = None
    while line := stream.readline(max_line + 1):
        line_number += 1
        if line_number == 1 and opens_file:
            line = line.removeprefix(_BOM)
        size += len(line)
        if len(line) > max_line and not line.endswith(b"\n"):
            batch.rejects.append(Reject(name, line_number, f"is longer than {max_line:,} bytes", raw_text(line)))
            rank += 1
            _skip_line(stream)
        elif text := line.strip():
            first = len(batch.rows)
            rank = add_record(batch, text, line_number, rank)
            if len(batch.rows) > first + 1:
                repeated = line == (read_before(len(line)) if previous is None else previous)
                if repeated:
                    _refuse_repeated(batch, text, first)
            previous = line
        if len(batch.rows) >= batch_rows or size >= BATCH_BYTES or len(batch.rejects) >= batch_rows:
            batch.lines, batch.ranks = line_number, rank
            yield batch
            batch, size = Batch(name), 0
    if line_number:
        batch.lines, batch.ranks = line_number, rank
        yield batch


def _refuse_repeated(batch: Batch, text: bytes, first: int) -> None:
    """Makes one reject of the rows of a line that repeats the line before it."""
    line = batch.places[first].line
    del batch.rows[first:], batch.places[first:], batch.raw[first:]
    reason = "repeats the line before it: ms-swift writes its last step twice"
    batch.rejects.append(Reject(batch.source, line, reason, raw_text(text)))


def add_record(batch: Batch, text: bytes, line: int, rank: int) -> int:
    """Adds the rows of a JSON text to a batch, or the reject that it is; returns the next row's rank."""
    try:
        value, strict = parse_json(text)
        if not isinstance(value, dict):
            message = f"is {_kind(value)}, not an object"
            raise DataError(message)
        rows = unfold(value, batch.source)
    except DataError as error:
        batch.rejects.append(Reject(batch.source, line, str(error), raw_text(text)))
        return rank + 1
    if rows is None:
        batch.rows.append(value)
        batch.places.append(Place(line, rank))
        batch.raw.append(text if strict and b"\n" not in text and b"\r" not in text else None)
        return rank + 1
    batch.rows += rows
    batch.places += [Place(line, rank + offset) for offset in range(len(rows))]
    batch.raw += [None] * len(rows)
    return rank + len(rows)


def raw_text(raw: bytes) -> str:
    """The start of an unreadable text, as text that can be written anywhere."""
    return raw[:RAW_CHARS].decode("utf-8", "backslashreplace")


def _kind(value: object) -> str:
    kinds = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _skip_line(stream: BinaryIO) -> None:
    while (piece := stream.readline(1 << 20)) and not piece.endswith(b"\n"):
        pass
