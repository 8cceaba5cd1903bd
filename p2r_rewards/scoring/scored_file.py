"""A file that `p2r-score` has written: its columns in chunks of rows, and the stamp of what made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.json_text import make_plain, parse_json
from p2r_rewards.rollouts.write_parquet import STAMP_KEY

MAX_LINE = 64_000_000
MAX_STAMP = 16_000_000


class ScoredFile(NamedTuple):
    """A scored file.

    Attributes:
        path: Where it lies.
        is_parquet: Whether it is Parquet, or JSON Lines.
        names: Its columns; of JSON Lines, those of the first row.
        stamp: What made it; None where there is no stamp.
    """

    path: Path
    is_parquet: bool
    names: tuple[str, ...]
    stamp: dict[str, Any] | None

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[dict[str, list[Any]]]:
        """Some columns, None where a row lacks one, in chunks of so many rows; the last one may hold fewer.

        Raises:
            DataError: The file can't be read; the message names the file and the line.
        """
        parts = self._parquet_parts(names, rows) if self.is_parquet else self._json_parts(names, rows)
        held: dict[str, list[Any]] = {name: [] for name in names}
        count = 0
        for size, part in parts:
            for name in names:
                held[name] += part[name]
            count += size
            while count >= rows:
                yield {name: values[:rows] for name, values in held.items()}
                held = {name: values[rows:] for name, values in held.items()}
                count -= rows
        if count:
            yield held

    def _parquet_parts(self, names: Sequence[str], rows: int) -> Iterator[tuple[int, dict[str, list[Any]]]]:
        present = [name for name in names if name in self.names]
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(batch_size=rows, columns=present):
                    part = {name: batch.column(name).to_pylist() for name in present}
                    yield batch.num_rows, {name: part.get(name) or [None] * batch.num_rows for name in names}
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise _unreadable(self.path, error) from error

    def _json_parts(self, names: Sequence[str], rows: int) -> Iterator[tuple[int, dict[str, list[Any]]]]:
        found: list[dict[str, Any]] = []
        for row in _json_rows(self.path):
            found.append(row)
            if len(found) == rows:
                yield rows, {name: [one.get(name) for one in found] for name in names}
                found = []
        yield len(found), {name: [one.get(name) for one in found] for name in names}


def open_scored(path: Path) -> ScoredFile:
    """A scored file with its columns and stamp.

    Raises:
        DataError: It can't be read, holds no rows, or its stamp is broken.
    """
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == b"PAR1"
        if is_parquet:
            schema = pq.read_schema(path)
            raw = (schema.metadata or {}).get(STAMP_KEY)
            return ScoredFile(path, True, tuple(schema.names), None if raw is None else _read_stamp(raw, path))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    first = next(_json_rows(path), None)
    if first is None:
        message = f"{path}: holds no rows"
        raise DataError(message)
    sidecar = Path(f"{path}.provenance.json")
    try:
        stamp = sidecar.read_bytes() if sidecar.is_file() else None
    except OSError as error:
        raise _unreadable(sidecar, error) from error
    return ScoredFile(path, False, tuple(first), None if stamp is None else _read_stamp(stamp, sidecar))


def plain_value(value: object) -> object:
    """The value as either format may have held it: without nulls in mappings, NaN as None, escaped as in JSON.

    Example:
        >>> plain_value([{"role": "user", "name": None}])
        [{'role': 'user'}]
    """
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    return make_plain(value)[0]


def _json_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    message = f"{path}, line {number}: is longer than {MAX_LINE:,} bytes"
                    raise DataError(message)
                if text := line.removeprefix(b"\xef\xbb\xbf").strip():
                    yield _json_row(text, path, number)
    except OSError as error:
        raise _unreadable(path, error) from error


def _json_row(text: bytes, path: Path, line: int) -> dict[str, Any]:
    try:
        value = parse_json(text).value
    except DataError as error:
        message = f"{path}, line {line}: {error}"
        raise DataError(message) from error
    if not isinstance(value, dict):
        message = f"{path}, line {line}: is not an object; give a .parquet or .jsonl file that p2r-score has written"
        raise DataError(message)
    return value


def _read_stamp(raw: bytes, path: Path) -> dict[str, Any]:
    try:
        stamp = parse_json(raw).value if len(raw) <= MAX_STAMP else None
    except DataError:
        stamp = None
    if not isinstance(stamp, dict):
        message = f"{path}: its provenance is no JSON object"
        raise DataError(message)
    return stamp


def _unreadable(path: Path, error: Exception) -> DataError:
    reason = getattr(error, "strerror", None) or str(error)
    return DataError(f"{path}: can't be read: {reason.strip():.200}")
