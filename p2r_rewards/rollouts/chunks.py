"""Files cut into chunks that can be read apart: the same cuts whoever reads them, and however many there are."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.batch import Batch, Place, Reject
from p2r_rewards.rollouts.easyr1_log import read_easyr1_log
from p2r_rewards.rollouts.json_lines import MAX_LINE, raw_text, read_json_lines
from p2r_rewards.rollouts.json_list import list_elements, read_elements
from p2r_rewards.rollouts.source import Source
from p2r_rewards.rollouts.unpacking import open_unpacked

CHUNK_BYTES = 4_000_000
"""Where a chunk ends, up to the end of its last row."""


class ByteRange(NamedTuple):
    """Whole lines of a file that is not packed: from byte `start` to before `stop`."""

    start: int
    stop: int


class Lines(NamedTuple):
    """Whole lines; `first` says that they open their file."""

    text: bytes
    first: bool


class Elements(NamedTuple):
    """The texts of some elements of a JSON list."""

    texts: list[bytes]


class Tables(NamedTuple):
    """Arrow record batches, of Parquet."""

    batches: list[Any]


class Blocks(NamedTuple):
    """Blocks of EasyR1's log: first line, text, and row or fault of each; `before` is where the last one began."""

    blocks: list[tuple[int, bytes, Any]]
    before: int


Chunk: TypeAlias = ByteRange | Lines | Elements | Tables | Blocks


def split_source(source: Source, *, max_line: int = MAX_LINE) -> Iterator[Chunk]:
    """The chunks of a file, in order.

    Lines of a plain file are left in it; what can't be cut without being read (packed files, lists, Parquet) is read
    here, once, so that one reader can serve many workers.

    Raises:
        DataError: The file is cut off, or not what it seemed to be.
    """
    if source.format == "parquet":
        from p2r_rewards.rollouts.parquet import read_tables

        for batches in _gather(read_tables(source.path, source.name), lambda batch: int(batch.nbytes)):
            yield Tables(batches)
    elif source.format == "json list":
        with open_source(source) as stream:
            for texts in _gather(list_elements(stream, source.name, max_line), len):
                yield Elements(texts)
    elif source.format == "easyr1 log":
        with open_source(source) as stream:
            before = 0
            for blocks in _gather(read_easyr1_log(stream, source.name, max_line=max_line), lambda block: len(block[1])):
                yield Blocks(blocks, before)
                before = blocks[-1][0]
    elif source.can_seek:
        yield from _ranges(source.path)
    else:
        with open_source(source) as stream:
            for number, text in enumerate(_whole_lines(stream, max_line)):
                yield Lines(text, first=number == 0)


def read_chunk(
    source: Source, chunk: Chunk, select: Callable[[Sequence[str]], Sequence[str]], *, max_line: int = MAX_LINE
) -> Iterator[Batch]:
    """The batches of one chunk; lines and ranks count from its beginning.

    Args:
        source: The file.
        chunk: A part of it.
        select: Of a Parquet file's columns, those that the rows shall hold.
        max_line: The longest line that is read.
    """
    if isinstance(chunk, Tables):
        from p2r_rewards.rollouts.parquet import read_table_rows

        yield from read_table_rows(chunk.batches, source.name, select)
    elif isinstance(chunk, Elements):
        yield from read_elements(chunk.texts, source.name)
    elif isinstance(chunk, Blocks):
        yield _read_blocks(chunk, source.name)
    elif isinstance(chunk, Lines):
        yield from read_json_lines(io.BytesIO(chunk.text), source.name, max_line=max_line, opens_file=chunk.first)
    else:
        with _range_stream(source.path, chunk) as stream:
            yield from read_json_lines(
                stream,
                source.name,
                max_line=max_line,
                opens_file=chunk.start == 0,
                read_before=partial(_read_before, source.path, chunk.start),
            )


def _read_before(path: Path, stop: int, size: int) -> bytes:
    """The bytes before a place, if a line begins with the first of them or the file does."""
    with path.open("rb") as file:
        file.seek(max(0, stop - size - 1))
        text = file.read(stop - file.tell())
    return text if len(text) <= size else text[1:] if text.startswith(b"\n") else b""


def _read_blocks(chunk: Blocks, name: str) -> Batch:
    batch = Batch(name, lines=chunk.blocks[-1][0] - chunk.before, ranks=len(chunk.blocks))
    for rank, (first_line, raw, row) in enumerate(chunk.blocks):
        line = first_line - chunk.before
        if isinstance(row, DataError):
            batch.rejects.append(Reject(name, line, str(row), raw_text(raw)))
        else:
            batch.rows.append(row)
            batch.places.append(Place(line, rank))
            batch.raw.append(None)
    return batch


def open_source(source: Source) -> BinaryIO:
    """The decompressed bytes of a file."""
    return open_unpacked(source.path, source.name, source.compression)


def _ranges(path: Path) -> Iterator[ByteRange]:
    with path.open("rb") as file:
        start, end = 0, file.seek(0, io.SEEK_END)
        while start < end:
            stop = min(start + CHUNK_BYTES, end)
            if stop < end:
                file.seek(stop - 1)
                while (piece := file.readline(_PIECE)) and not piece.endswith(b"\n"):
                    pass
                stop = file.tell()
            yield ByteRange(start, stop)
            start = stop


def _whole_lines(stream: BinaryIO, max_line: int) -> Iterator[bytes]:
    pieces: list[bytes] = []
    held = 0  # bytes of a line that is not complete
    while data := stream.read(CHUNK_BYTES):
        cut = data.rfind(b"\n") + 1
        if cut:
            yield b"".join([*pieces, data[:cut]])
            pieces, held = [data[cut:]], len(data) - cut
        elif held <= max_line:  # a line that is longer will be refused whatever follows
            pieces.append(data)
            held += len(data)
    if held:
        yield b"".join(pieces)


def _gather(items: Iterable[Any], size_of: Callable[[Any], int]) -> Iterator[list[Any]]:
    gathered: list[Any] = []
    size = 0
    for item in items:
        gathered.append(item)
        size += size_of(item)
        if size >= CHUNK_BYTES:
            yield gathered
            gathered, size = [], 0
    if gathered:
        yield gathered


@contextmanager
def _range_stream(path: Path, chunk: ByteRange) -> Iterator[BinaryIO]:
    """The bytes of a range: at once where they are few, through a window where one line makes it long."""
    with path.open("rb", buffering=0) as file:
        file.seek(chunk.start)
        yield io.BufferedReader(_Window(file, chunk.stop - chunk.start), _PIECE)


class _Window(io.RawIOBase):
    """The next bytes of a file, and no more."""

    def __init__(self, file: io.FileIO, size: int) -> None:
        self._file = file
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count = self._file.readinto(memoryview(buffer)[: self._left])
        self._left -= count or 0
        return count


_PIECE = 1 << 20
