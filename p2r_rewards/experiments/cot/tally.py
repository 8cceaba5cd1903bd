"""What came of a step: rows in, rows kept by type and modality, rows rejected by reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from p2r_rewards.experiments.cot.published import Reject
from p2r_rewards.experiments.cot.rows import CotRow
from p2r_rewards.trainers.data.training_rows import TrainingRow

OTHER = "(others)"
MAX_KINDS = 50


@dataclass(slots=True)
class StepTally:
    """The counts of one step.

    Attributes:
        step: Its name.
        rows: Rows that it was given.
        kept: Rows that it let through.
        rejected: The others, by step and kind.
        unfinished: Those among them that another run may decide otherwise, as servers are at fault.
        types: Kept rows by problem type.
        data_types: Kept rows by modality.
    """

    step: str
    rows: int = 0
    kept: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    unfinished: int = 0
    types: Counter[str] = field(default_factory=Counter)
    data_types: Counter[str] = field(default_factory=Counter)

    def add(self, found: CotRow | Reject) -> None:
        """Counts a row."""
        self.rows += 1
        if isinstance(found, Reject):
            known = found.kind in self.rejected or len(self.rejected) < MAX_KINDS
            self.rejected[found.kind if known else OTHER] += 1
            self.unfinished += found.unfinished
            return
        self.kept += 1
        if isinstance(found.row, TrainingRow):
            self.types[str(found.row.problem.type)] += 1
            self.data_types[found.row.problem.data_type] += 1

    def to_mapping(self) -> dict[str, Any]:
        """The counts as plain data."""
        return {
            "step": self.step,
            "rows": self.rows,
            "kept": self.kept,
            "rejected": dict(self.rejected.most_common()),
            "unfinished": self.unfinished,
            "types": dict(self.types.most_common()),
            "data_types": dict(self.data_types.most_common()),
        }
