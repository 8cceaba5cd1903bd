"""Parquet in: row groups as batches, with only the columns that scoring reads turned into Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.arrow_values import to_python
from p2r_rewards.rollouts.batch import BATCH_ROWS, Batch, Place


def read_tables(path: Path, name: str, *, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """The record batches of a file.

    Raises:
        DataError: The file can't be read as Parquet, or has two columns of one name.
    """
    with _readable(name), pq.ParquetFile(path) as file:
        check_names(file.schema_arrow, name)
        yield from file.iter_batches(batch_size=batch_rows)


def read_table_rows(
    tables: Iterable[pa.RecordBatch], name: str, select: Callable[[Sequence[str]], Sequence[str]]
) -> Iterator[Batch]:
    """The rows of record batches, numbered from 1, each batch with its table.

    Args:
        tables: The record batches.
        name: The file's name, for messages.
        select: Of the columns, those that the rows shall hold.
    """
    first = 0
    for table in tables:
        wanted = list(select(table.schema.names))
        with _readable(name):
            values = [to_python(table.column(column)) for column in wanted]
        rows: list[dict[str, Any]] = [dict(zip(wanted, row, strict=True)) for row in zip(*values, strict=True)]
        if not wanted:
            rows = [{} for _ in range(table.num_rows)]
        places = [Place(first + offset + 1, first + offset) for offset in range(table.num_rows)]
        first += table.num_rows
        yield Batch(name, rows, places, table=table, lines=first, ranks=first)


def common_schema(files: Sequence[tuple[Path, str]]) -> pa.Schema:
    """The schema that holds the columns of all files, with the metadata of the first.

    Raises:
        DataError: A file can't be read, has two columns of one name, or a column has different types in two files.
    """
    common: pa.Schema | None = None
    for path, name in files:
        with _readable(name):
            schema = pq.read_schema(path)
        check_names(schema, name)
        try:
            common = schema if common is None else pa.unify_schemas([common, schema], promote_options="permissive")
        except pa.ArrowException as error:
            message = f"{name}: its columns are of other types than in {files[0][1]} ({error}); score them apart"
            raise DataError(message) from error
    if common is None:
        message = "there is no Parquet file"
        raise DataError(message)
    return common


def check_names(schema: pa.Schema, name: str) -> None:
    """Refuses a schema with two columns of one name.

    Raises:
        DataError: It names the file and the column.
    """
    twice = next((one for one, count in Counter(schema.names).items() if count > 1), None)
    if twice is not None:
        message = f"{name}: has two columns of one name, {twice!r}; rename one"
        raise DataError(message)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        message = f"{name}: can't be read as Parquet: {str(error).strip():.200}"
        raise DataError(message) from error
