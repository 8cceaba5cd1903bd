"""What a check has seen of a row and of a medium."""

from __future__ import annotations

from typing import NamedTuple

from p2r_rewards.trainers.data.clips import Clip
from p2r_rewards.trainers.data.training_rows import RowFault


class SeenRow(NamedTuple):
    """What is kept of a row: its fault, or what is counted of it."""

    place: str
    type: str
    data_type: str
    fault: RowFault | None
    media: tuple[tuple[str, str], ...] = ()
    key: bytes = b""
    tokens: int | None = None
    observed: bool | None = None


class SeenMedium(NamedTuple):
    """What was seen of a medium: its fault, or of a clip what it holds."""

    fault: str | None
    reason: str = ""
    clip: Clip | None = None
