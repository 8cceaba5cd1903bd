"""A file of rollouts: where it lies, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from p2r_rewards.rollouts.formats import Format
from p2r_rewards.rollouts.unpacking import Compression


@dataclass(frozen=True, slots=True)
class Source:
    """A file of rollouts.

    Attributes:
        path: Where it lies.
        name: What the user called it.
        format: What it holds.
        compression: How it is packed.
    """

    path: Path
    name: str
    format: Format
    compression: Compression | None = None

    @property
    def can_seek(self) -> bool:
        """Whether its lines can be read from anywhere in it."""
        return self.format == "json lines" and self.compression is None
