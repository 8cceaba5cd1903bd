"""Step 2: whether a trace has the template's form, and its answer is right (arXiv 2511.11113, Sec. 3.1.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.cot.published import Reject, trace_columns
from p2r_rewards.experiments.cot.rows import GENERATION, CotRow
from p2r_rewards.graders.registry import Mode, rules_of
from p2r_rewards.grading_completions import grade_completion
from p2r_rewards.parsing import parse_completion
from p2r_rewards.scores import Unscored
from p2r_rewards.trainers.data.training_rows import RowFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a trace must reach.

    Args:
        minimum: The least accuracy; 0.6 in the paper.
        mode: Whose rules grade.

    Raises:
        ConfigError: The minimum is not in [0, 1], or the mode is unknown.
    """

    minimum: float = 0.6
    mode: Mode = "default"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.minimum) and 0.0 <= self.minimum <= 1.0):
            message = f"the least accuracy must be from 0 to 1, not {self.minimum!r:.40}"
            raise ConfigError(message)
        if self.mode != "default":
            rules_of(self.mode)


def verify_row(row: CotRow, wanted: Verification) -> CotRow | Reject:
    """The row with its trace's columns and `reward`, the accuracy in [0, 1]; or why its trace is not let through."""
    if isinstance(row.row, RowFault):
        return Reject(row, "read", row.row.kind, row.row.reason)
    text = row.output
    if text is None:
        return Reject(row, "verify", "no trace", "the record has no text in 'output'")
    done = parse_completion(text)
    if not done.well_formed:
        return Reject(row, "verify", *_fault_of_form(row, [str(defect) for defect in done.defects]))
    graded = grade_completion(row.row.problem, done, mode=wanted.mode)
    if isinstance(graded, Unscored):
        return Reject(row, "verify", "unscored", graded.reason)
    verified = row._replace(record={**row.record, **trace_columns(done), "reward": graded.value})
    if graded.value < wanted.minimum:
        return Reject(verified, "verify", f"accuracy below {wanted.minimum:g}", f"{graded.value:.3f}: {graded.how}")
    return verified


def _fault_of_form(row: CotRow, defects: list[str]) -> tuple[str, str]:
    told = row.record.get(GENERATION)
    cut_off = isinstance(told, dict) and told.get("finish_reason") == "length"
    shown = ", ".join(defects[:8])
    if cut_off:
        return "cut off", f"cut off at the limit of tokens: {shown}"
    return "malformed", shown
