"""Rows of the VideoP2R and Video-R1 data sets as rollouts: the trace that a policy is taught is the completion."""

from __future__ import annotations

from typing import Any

from p2r_rewards.errors import DataError

COLUMNS = frozenset(
    (
        "problem_id",
        "problem",
        "options",
        "problem_type",
        "data_type",
        "data_source",
        "path",
        "solution",
        "answer",
        "observation",
        "process",
        "output",
        "reward",
        "select",
        "clean_version",
    )
)
"""All columns of the data sets' rows. A row with another is none of theirs: that column may be what was sampled."""


def unfold_trace(record: dict[str, Any]) -> list[dict[str, Any]] | None:
    r"""The row with its trace as `completion`; None where `output` holds the trace, or it is no row of a data set.

    Without `output` the trace is put together: the observation, the reasoning and the answer, each in its tags and on
    a line of its own; tags that are there already stay. Video-R1 trains on reasoning and answer put together so.

    Raises:
        DataError: It is a row of a data set, and neither `output` nor `process` holds anything.

    Example:
        >>> row = {"observation": "Two cats.", "process": "<think>1 + 1</think>", "solution": "<answer>2</answer>"}
        >>> unfold_trace(row)[0]["completion"]
        '<observation>Two cats.</observation>\n<think>1 + 1</think>\n<answer>2</answer>'
    """
    if record.get("output") or not COLUMNS.issuperset(record):
        return None
    observation, process = _text(record, "observation"), _text(record, "process")
    if not process:
        message = (
            "is a row of a data set without a trace: 'output' and 'process' are empty; "
            "give the file with --dataset, beside the rollouts of its problems"
        )
        raise DataError(message)
    parts = [_tagged("observation", observation)] if observation else []
    parts.append(_tagged("think", process))
    answer = _text(record, "solution") or _text(record, "answer")
    if answer and "<answer>" not in process:
        parts.append(_tagged("answer", answer))
    return [{**record, "completion": "\n".join(parts)}]


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    message = f"column {name!r} is no text but {type(value).__name__}"
    raise DataError(message)


def _tagged(tag: str, text: str) -> str:
    return text if f"<{tag}>" in text else f"<{tag}>{text}</{tag}>"
