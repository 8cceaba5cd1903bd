"""Columns in blocks of one size, however they came cut: sums over blocks are then the same to the last bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from p2r_rewards.errors import ConfigError

Block = dict[str, npt.NDArray[Any]]

BLOCK_ROWS = 8_192


class FixedBlocks:
    """Cuts a stream of columns anew.

    Args:
        types: The name and type of each column; others that come along are left out.
        rows: The rows of a block.
    """

    def __init__(self, types: Mapping[str, type[np.generic]], rows: int = BLOCK_ROWS) -> None:
        self._types = types
        self._rows = rows
        self._held: list[Block] = []
        self._count = 0

    def add(self, columns: Mapping[str, npt.NDArray[Any]]) -> Iterator[Block]:
        """The blocks that are full with these rows.

        Raises:
            ConfigError: A column is missing, or not of the others' shape (n,).
        """
        chunk = self._read(columns)
        self._held.append(chunk)
        self._count += len(next(iter(chunk.values())))
        if self._count < self._rows:
            return
        whole = self._join()
        full = self._count - self._count % self._rows
        for first in range(0, full, self._rows):
            yield {name: values[first : first + self._rows] for name, values in whole.items()}
        # Copies: what is held may be long, and the caller may write over its arrays.
        self._held = [{name: values[full:].copy() for name, values in whole.items()}]
        self._count -= full

    def rest(self) -> Iterator[Block]:
        """The last block, which is not full; none where there are no rows left."""
        if self._count:
            yield self._join()
        self._held, self._count = [], 0

    def _join(self) -> Block:
        return {name: np.concatenate([part[name] for part in self._held]) for name in self._types}

    def _read(self, columns: Mapping[str, npt.NDArray[Any]]) -> Block:
        chunk: Block = {}
        size = -1
        for name, kind in self._types.items():
            if name not in columns:
                message = f"column {name!r} is missing; there are {', '.join(columns)}"
                raise ConfigError(message)
            chunk[name] = np.array(columns[name], dtype=kind)
            size = len(chunk[name]) if size < 0 and chunk[name].ndim == 1 else size
            if chunk[name].shape != (size,):
                message = f"column {name!r} has shape {chunk[name].shape}, not ({max(size, 0)},) as the others"
                raise ConfigError(message)
        return chunk
