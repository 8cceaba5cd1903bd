"""A run whose groups are known while its parts are still there: what who looks at single rollouts is handed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from p2r_rewards.rollouts.source import Source
from p2r_rewards.scoring.gathering import GatheredPart
from p2r_rewards.scoring.parts import Plan
from p2r_rewards.scoring.table import FinishedTable


class ScoredRun(NamedTuple):
    """A run that is scored and not yet cleared away.

    Attributes:
        plan: What was done, and where the parts lie.
        sources: The files that were scored.
        parts: The parts, in order; their rows are those of the table.
        table: What the groups gave.
        stamp: What made the output.
    """

    plan: Plan
    sources: Sequence[Source]
    parts: Sequence[GatheredPart]
    table: FinishedTable
    stamp: Mapping[str, Any]


class Viewer(Protocol):
    """Looks at a run's rollouts one by one, for a report on them."""

    def __call__(self, run: ScoredRun) -> None:
        """Looks at them; the files may be read, and must not be changed."""
