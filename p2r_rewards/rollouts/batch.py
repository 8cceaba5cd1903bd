"""What readers hand over: a batch of rows with their places, and the rows that could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

Row: TypeAlias = dict[str, Any]

BATCH_ROWS = 1024
BATCH_BYTES = 16_000_000


class Reject(NamedTuple):
    """A row that could not be read: where, why, and the start of its text."""

    source: str
    line: int
    reason: str
    raw: str


class Place(NamedTuple):
    """Where a row stands.

    Attributes:
        line: Its line; in formats without lines, its number from 1.
        rank: How many rows stand before it, unreadable ones too.
    """

    line: int
    rank: int


@dataclass(slots=True)
class Batch:
    """Some rows of one file, in order.

    Attributes:
        source: The file's name as given.
        rows: One mapping a row; of Parquet, only the columns that scoring reads unless all are asked for.
        places: Where each row stands.
        raw: Each row's own JSON text where it may be copied out as it is, else None; of other formats, empty.
        table: The Arrow record batch that holds these rows with all their columns, of Parquet.
        rejects: What stood between these rows and could not be read.
        lines: How many lines end with this batch, counted as places are.
        ranks: How many rows do, unreadable ones too.
    """

    source: str
    rows: list[Row] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    raw: list[bytes | None] = field(default_factory=list)
    table: Any = None
    rejects: list[Reject] = field(default_factory=list)
    lines: int = 0
    ranks: int = 0

    def reject(self, index: int, reason: str, raw: str) -> Reject:
        """The reject that one of the rows turned out to be."""
        return Reject(self.source, self.places[index].line, reason, raw)

    def moved(self, lines: int, ranks: int) -> Batch:
        """The batch with so many lines and rows before it."""
        if lines or ranks:
            self.places = [Place(place.line + lines, place.rank + ranks) for place in self.places]
            self.rejects = [reject._replace(line=reject.line + lines) for reject in self.rejects]
            self.lines += lines
            self.ranks += ranks
        return self
