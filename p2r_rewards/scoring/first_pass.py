"""A pass over all rollouts before they are scored: who judges observations goes through them here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from p2r_rewards.rollouts.source import Source
from p2r_rewards.scoring.job import ScoringJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What came of a first pass.

    Attributes:
        verdicts: A `VerdictStore` whose verdicts count in place of any column's; None where nobody judged.
        summary: What goes into the run's summary.
        notes: What the user should know.
    """

    verdicts: Path | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


class FirstPass(Protocol):
    """Goes through a job's rollouts before they are scored."""

    @property
    def judge(self) -> Mapping[str, Any] | None:
        """Who judges, in the provenance; a run of another judge is not resumed. None where nobody does."""

    def __call__(self, job: ScoringJob, sources: Sequence[Source], folder: Path, dataset: Path | None) -> Passed:
        """Goes through them.

        Args:
            job: What is to be scored.
            sources: Its files.
            folder: Where things may be put; a run that is taken up finds them there.
            dataset: The index of the data set that is joined.
        """
