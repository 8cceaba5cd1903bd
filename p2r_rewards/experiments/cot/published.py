"""Records as VideoP2R-CoT-162K has them (arXiv 2511.11113, Sec. 3.1.1), and rejects beside them."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from p2r_rewards.completion import Completion, Kind
from p2r_rewards.experiments.cot.rows import CotRow
from p2r_rewards.normalize import unwrap_answer
from p2r_rewards.trainers.data.training_rows import RowFault, TrainingRow

CLEAN_VERSION = "p2r-cot-1"
"""The version of the rules by which a trace is taken apart and trimmed."""

Step = Literal["read", "generate", "verify", "sufficiency"]


class Reject(NamedTuple):
    """A row that a step did not let through.

    Attributes:
        row: The row.
        step: The step.
        kind: Why, the same for all rows with this fault.
        reason: Why, of this one.
        unfinished: Whether servers are at fault, so that another run may decide otherwise.
    """

    row: CotRow
    step: Step
    kind: str
    reason: str
    unfinished: bool = False


def trace_columns(completion: Completion) -> dict[str, str]:
    """The columns of a well-formed trace: `observation` and `process` with their tags, and the whole `output`.

    Example:
        >>> from p2r_rewards.parsing import parse_completion
        >>> text = "<observation>Two cups.</observation> <think>1 + 1</think><answer>2</answer><|im_end|>"
        >>> columns = trace_columns(parse_completion(text))
        >>> columns["observation"], columns["process"]
        ('<observation>Two cups.</observation>', '<think>1 + 1</think>')
        >>> columns["output"].endswith("</answer>")
        True
    """
    outer = {segment.kind: completion.text[segment.outer_start : segment.outer_end] for segment in completion.segments}
    return {
        "observation": outer[Kind.OBSERVATION],
        "process": outer[Kind.THINK],
        "output": completion.text[: completion.end].strip(),
    }


def published_record(row: CotRow) -> dict[str, Any]:
    """The record of a row that passed all steps, with every field of the published schema.

    `solution` and `answer` are the ground truth, in tags and bare; `reward` is the accuracy of the trace's answer in
    [0, 1]; `select` says that it passed.
    """
    assert isinstance(row.row, TrainingRow)
    record, problem = row.record, row.row.problem
    bare = unwrap_answer(row.row.solution)
    return {
        "problem_id": record.get("problem_id", problem.id),
        "problem": problem.question,
        "options": list(problem.options),
        "data_type": problem.data_type,
        "problem_type": str(problem.type),
        "data_source": record.get("data_source") or "",
        "path": record.get("path", row.row.paths[0] if row.row.paths else ""),
        "solution": f"<answer>{bare}</answer>",
        "answer": bare,
        "observation": record["observation"],
        "process": record["process"],
        "output": record["output"],
        "reward": record["reward"],
        "select": True,
        "clean_version": CLEAN_VERSION,
    }


def reject_record(reject: Reject) -> dict[str, Any]:
    """The line of a reject: where it stands, at which step it fell out and why, and what is known of it."""
    row, fault = reject.row, reject.row.row
    known = {"problem_type": fault.type, "data_type": fault.data_type} if isinstance(fault, RowFault) else {}
    names = ("problem_id", "problem", "options", "problem_type", "data_type", "path", "solution", "reward", "output")
    return {
        "step": reject.step,
        "kind": reject.kind,
        "reason": reject.reason,
        "place": row.place,
        **known,
        **{name: row.record[name] for name in names if name in row.record},
    }
