"""How scored rows are put aside, given their numbers, and written: what each output format does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeAlias

from p2r_rewards.rollouts.batch import Batch

if TYPE_CHECKING:
    import numpy.typing as npt

Numbers: TypeAlias = "Mapping[str, npt.NDArray[Any]]"
"""The number columns of some rows by name, each of shape (n,)."""


class Spool(Protocol):
    """Takes the scored rows of one part of the input."""

    def add(self, batch: Batch, kept: list[int], texts: dict[str, list[Any]]) -> None:
        """Puts the kept rows of a batch aside, with their text columns."""

    def close(self) -> Any:
        """Ends the file; returns what the writer must know of it, as plain data."""


class Sink(Protocol):
    """The output, to which rendered parts are added in order."""

    def append(self, rendered: Path) -> None:
        """Adds a rendered part."""

    def close(self) -> None:
        """Ends the output; nothing may be added after. Done twice, it does nothing."""


class OutputFormat(Protocol):
    """An output format; can be pickled, so that workers put rows aside and render them."""

    takes_tables: bool
    """Whether it takes record batches of Parquet as they are, and so needs no other columns as rows."""

    def open_spool(self, path: Path) -> Spool:
        """A new file for the rows of one part."""

    def settle(self, spools: Sequence[Any]) -> OutputFormat:
        """The format when all parts are known, by what their spools told."""

    def render(self, rows: Path, numbers: Numbers, target: Path) -> None:
        """Gives the rows of one part their numbers, and writes them as the sink wants them."""

    def open_sink(self, stream: BinaryIO, stamp: Mapping[str, Any]) -> Sink:
        """The output on a stream, with the stamp where the format has a place for it."""

    @property
    def notes(self) -> list[str]:
        """What a reader of the output should know, when the format is settled."""


def escape_notes(escaped: int) -> list[str]:
    """The note on values that an output could not hold."""
    return [f"{escaped:,} values that the output can't hold were written as text"] if escaped else []
