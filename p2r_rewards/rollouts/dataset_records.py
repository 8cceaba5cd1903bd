"""The records of a data set's files, as they stand there: what would be a rollout's trace stays a column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.batch import Row
from p2r_rewards.rollouts.chunks import open_source
from p2r_rewards.rollouts.json_lines import MAX_LINE
from p2r_rewards.rollouts.json_list import list_elements
from p2r_rewards.rollouts.json_text import parse_json
from p2r_rewards.rollouts.source import Source


def read_records(
    source: Source, select: Callable[[Sequence[str]], Sequence[str]]
) -> Iterator[tuple[int, Row | DataError]]:
    """Each record of a file with its line (its number, where there are no lines), or what is wrong with it.

    Args:
        source: The file.
        select: Of a Parquet file's columns, those that the records shall hold.

    Raises:
        DataError: The file is cut off, not what it seemed to be, or holds no data set.
    """
    if source.format == "parquet":
        from p2r_rewards.rollouts.parquet import read_table_rows, read_tables

        for batch in read_table_rows(read_tables(source.path, source.name), source.name, select):
            for row, place in zip(batch.rows, batch.places, strict=True):
                yield place.line, row
        return
    if source.format not in ("json lines", "json list"):
        message = f"{source.name}: is a log of rollouts ({source.format}), not a dataset"
        raise DataError(message)
    with open_source(source) as stream:
        if source.format == "json lines":
            texts = _lines(stream)
        else:
            texts = enumerate(list_elements(stream, source.name, MAX_LINE), start=1)
        for number, text in texts:
            yield number, _record(text)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if text := line.strip():
            yield number, text
        while not line.endswith(b"\n") and (line := stream.readline(MAX_LINE)):
            pass


def _record(text: bytes) -> Row | DataError:
    if len(text) > MAX_LINE:
        return DataError(f"is longer than {MAX_LINE:,} bytes")
    try:
        value = parse_json(text).value
    except DataError as error:
        return error
    return value if isinstance(value, dict) else DataError("is not an object")
