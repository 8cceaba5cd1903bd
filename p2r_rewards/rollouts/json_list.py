"""JSON lists of objects, `[…]` and `{"results": […]}`, read an element at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.batch import BATCH_BYTES, BATCH_ROWS, Batch
from p2r_rewards.rollouts.json_lines import MAX_LINE, add_record
from p2r_rewards.rollouts.json_text import parse_json

RESULTS = re.compile(rb'\s*\{\s*"results"\s*:\s*\[')
"""How a file begins whose list stands under the key "results", as Video-R1's evaluation writes it."""

_CHUNK = 1 << 18
_TOKEN = re.compile(rb'["\[\]{}]')
_STRING_END = re.compile(rb'(?:[^"\\]|\\.)*+"', re.DOTALL)
_SPACE = b" \t\r\n"
_COMMA, _CLOSING = b",]"

MAX_END = 64_000_000
"""How much may stand after the results in their object."""


def read_elements(texts: Iterable[bytes], name: str, *, batch_rows: int = BATCH_ROWS) -> Iterator[Batch]:
    """The elements of a list in batches, numbered from 1; only one batch is held at a time.

    Args:
        texts: The elements' texts.
        name: The file's name, for messages.
        batch_rows: How many rows a batch holds at most.
    """
    batch, size = Batch(name), 0
    line = rank = 0
    for line, text in enumerate(texts, 1):
        size += len(text)
        rank = add_record(batch, text, line, rank)
        if len(batch.rows) >= batch_rows or size >= BATCH_BYTES or len(batch.rejects) >= batch_rows:
            batch.lines, batch.ranks = line, rank
            yield batch
            batch, size = Batch(name), 0
    if line:
        batch.lines, batch.ranks = line, rank
        yield batch


def list_elements(stream: BinaryIO, name: str, limit: int = MAX_LINE) -> Iterator[bytes]:
    """The text of each element, cut where brackets and strings say that it ends, with one comma between two.

    Args:
        stream: The bytes, decompressed.
        name: The file's name, for messages.
        limit: The longest element that is read.

    Raises:
        DataError: The file is no such list, or ends in the middle of it.
    """
    data = stream.read(_CHUNK).removeprefix(b"\xef\xbb\xbf")
    opening = RESULTS.match(data)
    position = opening.end() if opening else data.index(b"[") + 1
    count = 0
    after_comma = False
    while True:
        position = _skip_space(data, position)
        if position < len(data) and count and not after_comma and data[position] != _CLOSING:
            if data[position] != _COMMA:
                message = f"{name}: there is no comma after element {count} of the list"
                raise DataError(message)
            position, after_comma = _skip_space(data, position + 1), True
        if position < len(data):
            if data[position] == _COMMA or (after_comma and data[position] == _CLOSING):
                message = f"{name}: an element is missing after element {count} of the list"
                raise DataError(message)
            if data[position] == _CLOSING:
                _check_end(data[position + 1 :], stream, name, in_object=opening is not None)
                return
            end = _element_end(data, position)
            if (end or len(data)) - position > limit:
                message = f"{name}: element {count + 1} is longer than {limit:,} bytes; is it a list of rollouts?"
                raise DataError(message)
            if end is not None:
                yield data[position:end]
                count += 1
                position, after_comma = end, False
                continue
        data = data[position:]
        position = 0
        # An element that is not complete yet is looked at again with twice as much: linear in all.
        more = stream.read(max(_CHUNK, len(data)))
        if not more:
            message = f"{name}: the list ends after element {count}, without its ]: the file was cut off"
            raise DataError(message)
        data += more


def _element_end(data: bytes, start: int) -> int | None:
    """Where the element ends that begins at `start`; None where the data end first."""
    if data[start] not in b"[{" and data[start] not in b'"':
        match = re.compile(rb"[^,\]]*+").match(data, start)
        return match.end() if match and match.end() < len(data) else None
    depth, position = 0, start
    while token := _TOKEN.search(data, position):
        position = token.end()
        byte = token[0]
        if byte == b'"':
            closing = _STRING_END.match(data, position)
            if closing is None:
                return None
            position = closing.end()
        elif byte in (b"[", b"{"):
            depth += 1
        else:
            depth -= 1
        if depth <= 0:
            return position
    return None


def _skip_space(data: bytes, position: int) -> int:
    while position < len(data) and data[position] in _SPACE:
        position += 1
    return position


def _check_end(rest: bytes, stream: BinaryIO, name: str, *, in_object: bool) -> None:
    """Refuses what may not stand after the list: anything, or for a list in an object what does not complete it."""
    rest += stream.read(MAX_END)
    if not in_object:
        if rest.strip():
            message = f"{name}: something stands after the list; one list a file, or JSON Lines with one object a line"
            raise DataError(message)
        return
    try:
        if len(rest) >= MAX_END:
            message = f"is longer than {MAX_END:,} bytes"
            raise DataError(message)
        parse_json(b'{"results":[]' + rest)
    except DataError as error:
        message = f"{name}: what stands after the list of results {error}; the file was cut off or is no single object"
        raise DataError(message) from error
