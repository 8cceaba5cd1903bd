"""Scored rows put aside until their group is complete: advantages need all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from p2r_rewards.rollouts.batch import BATCH_ROWS, Batch, Row
from p2r_rewards.rollouts.columns import check_collision, without_added
from p2r_rewards.rollouts.json_text import dump_json, make_plain

_SEPARATOR = b"\0"
"""Can't stand in JSON."""


class RowSpool:
    """Rows as JSON text, each with its text columns.

    Args:
        path: Where they are put.
        overwrite: Whether columns that scoring adds may stand in the input; they are dropped.
        keep_nan: Whether NaN and infinities stay as they are, for outputs that can hold them.
    """

    def __init__(self, path: Path, *, overwrite: bool = False, keep_nan: bool = False) -> None:
        self._file = path.open("wb")
        self._overwrite = overwrite
        self._keep_nan = keep_nan
        self._escaped = 0

    def add(self, batch: Batch, kept: list[int], texts: dict[str, list[Any]]) -> None:
        """Puts the kept rows of a batch aside.

        Raises:
            CollisionError: A row has a column that scoring adds.
        """
        raw = batch.raw or [None] * len(batch.rows)
        lines = []
        columns = list(texts)
        dumps = orjson.dumps
        for index, values in zip(kept, zip(*texts.values(), strict=True), strict=True):
            row, text = batch.rows[index], raw[index]
            if not self._overwrite:
                check_collision(row, batch.source, batch.places[index].line)
            elif len(without_added(row)) < len(row):
                row, text = {name: row[name] for name in without_added(row)}, None
            lines.append(text if text is not None else self._dump(row))
            lines.append(_SEPARATOR)
            lines.append(dumps(dict(zip(columns, values, strict=True))))
            lines.append(b"\n")
        self._file.write(b"".join(lines))

    def close(self) -> dict[str, Any]:
        """Ends the file; says how many values had to be escaped."""
        self._file.close()
        return {"escaped": self._escaped}

    def _dump(self, row: Row) -> bytes:
        if not self._keep_nan:
            text, escaped = dump_json(row)
        else:
            plain, escaped = make_plain(row, allow_nan=True)
            text = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
        self._escaped += escaped
        return text


def read_spool(path: Path) -> Iterator[list[tuple[bytes, bytes]]]:
    """The rows put aside, in order, in batches of pairs: the row's JSON text, and that of its text columns."""
    pairs = []
    with path.open("rb") as file:
        for line in file:
            row, _, texts = line.partition(_SEPARATOR)
            pairs.append((row, texts[:-1]))
            if len(pairs) == BATCH_ROWS:
                yield pairs
                pairs = []
    if pairs:
        yield pairs
