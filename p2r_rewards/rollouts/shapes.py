"""Records that stand for other rows than themselves: which trainer's they are, told by their keys."""

from __future__ import annotations

from typing import Any

from p2r_rewards.rollouts.dataset_traces import unfold_trace
from p2r_rewards.rollouts.nemo_rl_lines import step_of_name, unfold_line
from p2r_rewards.rollouts.swift_columns import unfold_columns
from p2r_rewards.rollouts.verifiers_episodes import unfold_episode
from p2r_rewards.rollouts.verl_rows import unfold_uid


def unfold(record: dict[str, Any], name: str = "") -> list[dict[str, Any]] | None:
    """The rows that a record stands for; None where it is a row itself.

    Args:
        record: The record.
        name: Its file's name, which holds the step in NeMo-RL's.

    Raises:
        DataError: It has the shape of a known dump, but its parts don't fit together; the message names the field.

    Example:
        >>> unfold({"prompt": "How many?", "completion": "2"}) is None
        True
        >>> [row["completion"] for row in unfold({"step": ["1", "1"], "completion": ["2", "3"]})]
        ['2', '3']
    """
    completion = record.get("completion")
    if completion.__class__ is str:
        return None
    if "gts" in record:
        return unfold_uid(record) if "uid" in record else None
    if record.get("output"):
        return None
    # A list of messages is one completion; a list of anything else is a column.
    if completion.__class__ is list and not (completion and completion[0].__class__ is dict):
        return unfold_columns(record)
    if "step" in record and record["step"].__class__ is list:
        return unfold_columns(record)
    if "traces" in record and record["traces"].__class__ is list and "task" in record:
        return unfold_episode(record)
    if "idx" in record and record.get("content").__class__ is list:
        return unfold_line(record, step_of_name(name))
    if "process" in record or "observation" in record:
        return unfold_trace(record)
    return None
