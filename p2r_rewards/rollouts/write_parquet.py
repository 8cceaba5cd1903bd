"""Parquet out: record batches keep their schema, JSON rows get the one that holds them all."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.batch import Batch
from p2r_rewards.rollouts.column_types import ColumnTypes
from p2r_rewards.rollouts.columns import NUMBER_COLUMNS, TEXT_COLUMNS, check_collision, without_added
from p2r_rewards.rollouts.json_text import make_plain, parse_json
from p2r_rewards.rollouts.spool import RowSpool, read_spool
from p2r_rewards.rollouts.writing import Numbers, escape_notes

STAMP_KEY = b"p2r_rewards"
"""Where the provenance stands in the schema's metadata."""

ROW_GROUP_ROWS = 20_000
ROW_GROUP_BYTES = 64_000_000
"""A row group is full when it reaches either."""

_TEXT_FIELDS = [pa.field(name, pa.list_(pa.string()) if name == "defects" else pa.string()) for name in TEXT_COLUMNS]
_NUMBER_FIELDS = [pa.field(name, pa.float64()) for name in NUMBER_COLUMNS]


@dataclass(frozen=True, slots=True)
class TableFormat:
    """Scored record batches as Parquet; schema, metadata and types of the input stay.

    Attributes:
        schema: The columns of the input that are written.
    """

    schema: pa.Schema
    takes_tables = True

    @classmethod
    def for_schema(cls, schema: pa.Schema, *, overwrite: bool) -> TableFormat:
        """The format for batches that fit into a schema.

        Args:
            schema: The columns of all batches.
            overwrite: Whether columns that scoring adds may stand in it; they are dropped.

        Raises:
            CollisionError: They stand in it, and may not.
        """
        if not overwrite:
            check_collision(schema.names, "the Parquet input")
        return cls(pa.schema([schema.field(name) for name in without_added(schema.names)], schema.metadata))

    def open_spool(self, path: Path) -> _TableSpool:
        """A new file for the rows of one part."""
        return _TableSpool(path, self.schema)

    def settle(self, spools: Sequence[Any]) -> TableFormat:
        """The format itself: its schema was known before."""
        del spools
        return self

    @property
    def notes(self) -> list[str]:
        """Nothing: all values stay as they are."""
        return []

    def render(self, rows: Path, numbers: Numbers, target: Path) -> None:
        """Writes the rows of one part as an Arrow stream, complete."""
        width, first, schema = len(self.schema), 0, _full_schema(self.schema)
        with pa.memory_map(str(rows)) as spool, pa.ipc.new_stream(str(target), schema) as stream:
            for batch in pa.ipc.open_stream(spool):
                columns = batch.columns
                scores = _number_arrays(numbers, first, batch.num_rows)
                first += batch.num_rows
                stream.write_batch(pa.record_batch([*columns[:width], *scores, *columns[width:]], schema=schema))

    def open_sink(self, stream: BinaryIO, stamp: Mapping[str, Any]) -> _Sink:
        """The output, with the stamp in the schema's metadata."""
        return _Sink(stream, self.schema, stamp)


class _TableSpool:
    """Record batches with their text columns, as an Arrow stream."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._columns = schema
        self._schema = pa.schema([*schema, *_TEXT_FIELDS])
        self._stream = pa.ipc.new_stream(str(path), self._schema)

    def add(self, batch: Batch, kept: list[int], texts: dict[str, list[Any]]) -> None:
        table = pa.Table.from_batches([batch.table])
        if len(kept) < table.num_rows:
            table = table.take(kept)
        columns = [_fit(table, field) for field in self._columns]
        columns += [pa.array(texts[field.name], field.type) for field in _TEXT_FIELDS]
        self._stream.write_table(pa.table(columns, schema=self._schema))

    def close(self) -> None:
        self._stream.close()


@dataclass(frozen=True, slots=True)
class RowFormat:
    """Scored rows that came from JSON as Parquet.

    A column whose values fit no one type is written as text: strings as they are, other values as JSON.

    Attributes:
        overwrite: Whether columns that scoring adds may stand in the input; they are dropped.
        escaped: How many values Parquet could not hold.
        types: The type of each column, when all parts are known.
    """

    overwrite: bool = False
    escaped: int = 0
    types: ColumnTypes = dataclasses.field(default_factory=ColumnTypes)
    takes_tables = False

    def open_spool(self, path: Path) -> _TypedSpool:
        """A new file for the rows of one part."""
        return _TypedSpool(path, overwrite=self.overwrite)

    def settle(self, spools: Sequence[Any]) -> RowFormat:
        """The format with the types that hold the rows of all parts."""
        types = ColumnTypes()
        for spool in spools:
            types.merge(ColumnTypes.from_mapping(spool["types"]))
        return dataclasses.replace(self, escaped=sum(spool["escaped"] for spool in spools), types=types)

    @property
    def notes(self) -> list[str]:
        """What a reader of the output should know."""
        mixed = self.types.mixed
        text = [f"values of no one type, written as text: {', '.join(mixed)}"] if mixed else []
        return escape_notes(self.escaped) + text

    def render(self, rows: Path, numbers: Numbers, target: Path) -> None:
        """Writes the rows of one part as an Arrow stream, complete."""
        first = 0
        own = self.types.schema()
        schema = _full_schema(own)
        with pa.ipc.new_stream(str(target), schema) as stream:
            for pairs in read_spool(rows):
                values = [parse_json(row).value for row, _ in pairs]
                texts = [orjson.loads(text) for _, text in pairs]
                columns = [self.types.array(field.name, values) for field in own]
                columns += _number_arrays(numbers, first, len(pairs))
                columns += [pa.array([text[f.name] for text in texts], f.type) for f in _TEXT_FIELDS]
                first += len(pairs)
                stream.write_batch(pa.record_batch(columns, schema=schema))

    def open_sink(self, stream: BinaryIO, stamp: Mapping[str, Any]) -> _Sink:
        """The output, with the stamp in the schema's metadata."""
        return _Sink(stream, self.types.schema(), stamp)


class _TypedSpool(RowSpool):
    """Rows as JSON text, and the types that hold them."""

    def __init__(self, path: Path, *, overwrite: bool) -> None:
        super().__init__(path, overwrite=overwrite, keep_nan=True)
        self._types = ColumnTypes()

    def add(self, batch: Batch, kept: list[int], texts: dict[str, list[Any]]) -> None:
        super().add(batch, kept, texts)
        rows = [batch.rows[index] for index in kept]
        # Rows of Parquet may hold times and bytes, which are put aside as text.
        self._types.observe(rows if batch.raw else [make_plain(row, allow_nan=True)[0] for row in rows])

    def close(self) -> dict[str, Any]:
        return {**super().close(), "types": self._types.to_mapping()}


class _Sink:
    """A Parquet file made of Arrow streams, with row groups of one size."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema, stamp: Mapping[str, Any]) -> None:
        metadata = {**(schema.metadata or {}), STAMP_KEY: orjson.dumps(stamp)}
        try:
            self._writer = pq.ParquetWriter(stream, _full_schema(schema).with_metadata(metadata), compression="zstd")
        except pa.ArrowException as error:
            message = f"these columns can't be written as Parquet ({error}); choose a .jsonl output"
            raise DataError(message) from error
        self._metadata = metadata
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0

    def append(self, rendered: Path) -> None:
        with pa.OSFile(str(rendered)) as file:
            for batch in pa.ipc.open_stream(file):
                self._batches.append(batch.replace_schema_metadata(self._metadata))
                self._rows += batch.num_rows
                self._bytes += batch.nbytes
                if self._rows >= ROW_GROUP_ROWS or self._bytes >= ROW_GROUP_BYTES:
                    self._flush()

    def close(self) -> None:
        if self._writer.is_open:
            self._flush()
            self._writer.close()

    def _flush(self) -> None:
        if self._batches:
            self._writer.write_table(pa.Table.from_batches(self._batches))
        self._batches, self._rows, self._bytes = [], 0, 0


def _full_schema(schema: pa.Schema) -> pa.Schema:
    """The columns of the input, and after them those that scoring adds."""
    return pa.schema([*schema, *_NUMBER_FIELDS, *_TEXT_FIELDS], schema.metadata)


def _fit(table: pa.Table, field: pa.Field) -> Any:
    if field.name not in table.column_names:
        return pa.nulls(table.num_rows, field.type)
    column = table.column(field.name)
    return column if column.type == field.type else column.cast(field.type)


def _number_arrays(numbers: Numbers, first: int, rows: int) -> list[pa.Array]:
    return [pa.array(numbers[name][first : first + rows], from_pandas=True) for name in NUMBER_COLUMNS]
