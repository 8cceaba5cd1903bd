"""Counts over rows; the tallies of parts of the input add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from p2r_rewards.rollouts.batch import Batch
from p2r_rewards.scoring.reasons import MAX_KINDS, Reasons
from p2r_rewards.scoring.rows import ScoredRows


@dataclass(slots=True)
class Tally:
    """Counts over rows.

    Attributes:
        rejects: Rows that could not be read, by the kind of reason.
        unscored: Rows with a part that has no score, by the kind of reason.
        unscored_rows: Rows with any such part.
        defects: Rows with a fault of form, by its kind and segment.
        well_formed: Rows without any.
        truncated: Rows that say that their completion was cut off.
        examples: For each problem type, the first right and the first wrong answer.
    """

    rejects: Reasons = field(default_factory=Reasons)
    unscored: Reasons = field(default_factory=Reasons)
    unscored_rows: int = 0
    defects: Counter[str] = field(default_factory=Counter)
    well_formed: int = 0
    truncated: int = 0
    examples: dict[tuple[str, bool], dict[str, Any]] = field(default_factory=dict)

    def add(self, batch: Batch, scored: ScoredRows) -> None:
        """Counts a batch; its rejects are those of the reader and of scoring together."""
        for reject in batch.rejects:
            self.rejects.add(reject.reason, reject.source, reject.line)
        for row in scored.rows:
            if row.unscored:
                self.unscored_rows += 1
                for reason in row.unscored:
                    self.unscored.add(reason, batch.source, batch.places[row.position].line)
            if row.defects:
                self.defects.update(dict.fromkeys(row.defects, 1))
            else:
                self.well_formed += 1
            self.truncated += row.truncated
            accuracy = row.reasoning[0]
            if accuracy is not None:
                key = (row.type, accuracy >= 1.0)
                if key not in self.examples and len(self.examples) < MAX_KINDS:
                    self.examples[key] = {
                        "type": row.type,
                        "accuracy": accuracy,
                        "how": row.grade_how,
                        "file": batch.source,
                        "line": batch.places[row.position].line,
                    }

    def merge(self, other: Tally, lines: int) -> None:
        """Adds the tally of the rows that follow, in a file with so many lines before them."""
        self.rejects.merge(other.rejects, lines)
        self.unscored.merge(other.unscored, lines)
        self.unscored_rows += other.unscored_rows
        self.defects.update(other.defects)
        self.well_formed += other.well_formed
        self.truncated += other.truncated
        for key, example in other.examples.items():
            if key not in self.examples and len(self.examples) < MAX_KINDS:
                self.examples[key] = {**example, "line": example["line"] + lines}

    def to_mapping(self) -> dict[str, Any]:
        """The tally as plain data."""
        return {
            "rejects": self.rejects.to_mapping(),
            "unscored": self.unscored.to_mapping(),
            "unscored_rows": self.unscored_rows,
            "defects": dict(self.defects),
            "well_formed": self.well_formed,
            "truncated": self.truncated,
            "examples": [[kind, right, example] for (kind, right), example in self.examples.items()],
        }

    @classmethod
    def from_mapping(cls, stored: Mapping[str, Any]) -> Tally:
        """The tally that `to_mapping` wrote."""
        return cls(
            rejects=Reasons.from_mapping(stored["rejects"]),
            unscored=Reasons.from_mapping(stored["unscored"]),
            unscored_rows=stored["unscored_rows"],
            defects=Counter(stored["defects"]),
            well_formed=stored["well_formed"],
            truncated=stored["truncated"],
            examples={(kind, right): example for kind, right, example in stored["examples"]},
        )
