"""The numbers of one scored row in a few bytes: packed by who scores it, read back as an array by who gathers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from p2r_rewards.scoring.row_health import UNKNOWN
from p2r_rewards.scoring.rows import ScoredRow

if TYPE_CHECKING:
    import numpy.typing as npt

_NAN = float("nan")
_NONE = bytes(16)

# Name, code in `struct`, and type in numpy.
_FIELDS = (
    ("group", "16s", ("<u8", (2,))),  # zeros: it has none
    ("problem", "8s", "<u8"),
    ("rank", "I", "<u4"),
    ("perception_accuracy", "d", "<f8"),
    ("reasoning_accuracy", "d", "<f8"),
    ("consistency", "d", "<f8"),
    ("step", "d", "<f8"),
    ("perception_count", "i", "<i4"),
    ("reasoning_count", "i", "<i4"),
    ("chars", "I", "<u4"),
    ("defects", "I", "<u4"),
    ("repetition", "f", "<f4"),
    ("type", "H", "<u2"),
    ("chosen", "h", "<i2"),
    ("correct", "h", "<i2"),
    ("perception_format", "b", "i1"),
    ("reasoning_format", "b", "i1"),
    ("perception_length", "b", "i1"),
    ("reasoning_length", "b", "i1"),
    ("leak", "b", "i1"),
    ("unscored", "?", "?"),
    ("truncated", "?", "?"),
)
RECORD_FIELDS = tuple(name for name, _, _ in _FIELDS)
"""The names of the numbers."""

_PACK = struct.Struct("<" + "".join(code for _, code, _ in _FIELDS)).pack


def pack_row(row: ScoredRow, rank: int, type_code: int) -> bytes:
    """The row's numbers; unknown ones are NaN or `UNKNOWN`, and a length part only says whether it was paid.

    Args:
        row: A scored row.
        rank: How many rows stand before it.
        type_code: What stands for its problem type.
    """
    perception, reasoning = row.perception, row.reasoning
    health = row.health
    return _PACK(
        row.group or _NONE,
        row.problem or _NONE,
        rank,
        _NAN if perception[0] is None else perception[0],
        _NAN if reasoning[0] is None else reasoning[0],
        row.consistency or 0.0,
        _NAN if row.step is None else row.step,
        _count(row.lengths[0]),
        _count(row.lengths[1]),
        health.chars,
        health.defects,
        health.repetition,
        type_code,
        health.chosen,
        health.correct,
        _flag(perception[1]),
        _flag(reasoning[1]),
        _flag(perception[2]),
        _flag(reasoning[2]),
        health.leak,
        bool(row.unscored),
        row.truncated,
    )


def read_rows(packed: bytes) -> npt.NDArray[Any]:
    """The rows as a structured array, one field a number."""
    import numpy as np

    return np.frombuffer(packed, np.dtype([(name, kind) for name, _, kind in _FIELDS]))


def _count(count: int | None) -> int:
    return UNKNOWN if count is None else count


def _flag(value: float | None) -> int:
    return UNKNOWN if value is None else int(value > 0)
