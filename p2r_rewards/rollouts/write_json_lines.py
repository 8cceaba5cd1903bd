"""JSON Lines out: each row's own text, with the scores added at its end."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from p2r_rewards.rollouts.spool import RowSpool, read_spool
from p2r_rewards.rollouts.writing import Numbers, escape_notes


@dataclass(frozen=True, slots=True)
class JsonLinesFormat:
    """Scored rows as JSON Lines.

    Attributes:
        overwrite: Whether columns that scoring adds may stand in the input.
        escaped: How many values JSON could not hold.
    """

    overwrite: bool = False
    escaped: int = 0
    takes_tables = False

    def open_spool(self, path: Path) -> RowSpool:
        """A new file for the rows of one part."""
        return RowSpool(path, overwrite=self.overwrite)

    def settle(self, spools: Sequence[Any]) -> JsonLinesFormat:
        """The format when all parts are known."""
        return dataclasses.replace(self, escaped=sum(spool["escaped"] for spool in spools))

    @property
    def notes(self) -> list[str]:
        """What a reader of the output should know."""
        return escape_notes(self.escaped)

    def render(self, rows: Path, numbers: Numbers, target: Path) -> None:
        """Writes the rows of one part, complete."""
        names, first, dumps = list(numbers), 0, orjson.dumps
        with target.open("wb") as stream:
            for pairs in read_spool(rows):
                columns = [numbers[name][first : first + len(pairs)].tolist() for name in names]
                first += len(pairs)
                lines: list[bytes] = []
                for (row, texts), values in zip(pairs, zip(*columns, strict=True), strict=True):
                    # A row holds a completion, so it is not empty; orjson writes NaN as null.
                    scores = dumps(dict(zip(names, values, strict=True)))
                    lines += (row[:-1], b",", scores[1:-1], b",", texts[1:], b"\n")
                stream.write(b"".join(lines))

    def open_sink(self, stream: BinaryIO, stamp: Mapping[str, Any]) -> _Sink:
        """The output; the stamp goes into a file beside."""
        del stamp
        return _Sink(stream)


class _Sink:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def append(self, rendered: Path) -> None:
        with rendered.open("rb") as file:
            shutil.copyfileobj(file, self._stream, 1 << 20)

    def close(self) -> None:
        if not self._stream.closed:
            self._stream.flush()
