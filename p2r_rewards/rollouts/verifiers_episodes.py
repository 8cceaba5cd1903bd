"""verifiers' `traces.jsonl`: one episode a line, with the traces of all its agents."""

from __future__ import annotations

from typing import Any

from p2r_rewards.errors import DataError

_LIMITS = frozenset(("max_turns", "max_input_tokens", "max_output_tokens", "max_total_tokens", "compaction_failed"))

_PLUMBING = frozenset(
    (
        "idx",
        "name",
        "description",
        "prompt",
        "system_prompt",
        "image",
        "workdir",
        "agent_user",
        "skills",
        "network_allow",
        "network_block",
        "artifacts",
        "artifact_max_bytes",
        "timeout",
        "resources",
        "id",
    )
)
"""What verifiers' `TaskData` declares itself; all else is the task's own: answer, options and the like."""


def unfold_episode(record: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each trace of an agent that is trained, of verifiers 0.4 (`Episode`, trace version 1).

    A row has the fields of the task's own data (`answer` and the like), and `prompt` and `completion`: the messages of
    the trace's last branch up to the first that a model sampled, and from there on; with `reward` (the weighted sum),
    `rewards` and `metrics` by name, `problem_id`, `group_id`, `step`, `is_truncated`, `agent`, `trace_id` where the
    episode has them. A trace in which nothing was sampled has a null completion.

    Raises:
        DataError: No trace is there, or the parts of one don't fit together.
    """
    traces = record["traces"]
    if not all(isinstance(trace, dict) for trace in traces):
        message = "column 'traces' holds what is no object"
        raise DataError(message)
    trained = [trace for trace in traces if _field(trace, "agent", {}).get("trainable", True)]
    if not trained:
        errors = _field(record, "errors", [])
        reason = f" ({errors[-1].get('type')}: {errors[-1].get('message')!s:.120})" if errors else ""
        message = f"the episode holds no trace of an agent that is trained{reason}"
        raise DataError(message)
    shared = _episode_columns(record)
    return [{**_trace_columns(trace), **shared} for trace in trained]


def _episode_columns(record: dict[str, Any]) -> dict[str, Any]:
    work = _field(_field(record, "run", {}), "work", {})
    found = {
        "group_id": _field(record, "group", {}).get("id"),
        "step": work.get("step"),
        "env": _field(record, "env", {}).get("id"),
        "episode_id": record.get("id"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _trace_columns(trace: dict[str, Any]) -> dict[str, Any]:
    data = _field(_field(trace, "task", {}), "data", {})
    nodes = _last_branch(_field(trace, "nodes", []))
    first = next((index for index, node in enumerate(nodes) if node.get("sampled")), len(nodes))
    messages = [_message(node) for node in nodes]
    completion = messages[first:] or None
    row = {name: value for name, value in data.items() if name not in _PLUMBING}
    if data.get("id") is not None:
        row["problem_id"] = data["id"]
    row["prompt"] = messages[:first] or data.get("prompt")
    row["completion"] = trace["root_reply"] if completion and trace.get("root_reply") else completion
    rewards = {name: reward for name, reward in _field(trace, "rewards", {}).items() if reward is not None}
    row["reward"] = sum(map(_weighted, rewards.values())) if rewards else None
    row["rewards"] = {name: reward.get("score") for name, reward in rewards.items()} or None
    row["metrics"] = _field(trace, "metrics", {})
    row["is_truncated"] = _is_truncated(trace)
    row["agent"] = _field(trace, "agent", {}).get("name")
    row["trace_id"] = trace.get("id")
    return row


def _last_branch(nodes: list[Any]) -> list[dict[str, Any]]:
    """The nodes from a root to the last leaf, which is the last node: each node follows its parent."""
    branch = []
    index = len(nodes) - 1
    while index >= 0:
        node = nodes[index]
        if not isinstance(node, dict):
            message = f"node {index} of a trace is no object"
            raise DataError(message)
        branch.append(node)
        parent = node.get("parent")
        if parent is None:
            break
        if not isinstance(parent, int) or not 0 <= parent < index:
            message = f"node {index} of a trace has the parent {parent!r:.40}, which is none of the nodes before it"
            raise DataError(message)
        index = parent
    return branch[::-1]


def _message(node: dict[str, Any]) -> dict[str, Any]:
    """A node's message, with the content that is left out where it is null."""
    message = node.get("message")
    if not isinstance(message, dict):
        error = "a node of a trace holds no message"
        raise DataError(error)
    return message if "content" in message else {**message, "content": ""}


def _weighted(reward: Any) -> float:
    score, weight = (reward.get("score"), reward.get("weight", 1.0)) if isinstance(reward, dict) else (None, 1.0)
    if not isinstance(score, int | float) or not isinstance(weight, int | float):
        message = f"a reward of a trace is no score with a weight: {reward!r:.80}"
        raise DataError(message)
    return score * weight


def _is_truncated(trace: dict[str, Any]) -> bool:
    """As `Trace.is_truncated` says: a limit was hit, or the last call that worked ended for its length."""
    if trace.get("stop_condition") in _LIMITS:
        return True
    done = [call for call in _field(trace, "calls", []) if isinstance(call, dict) and call.get("error") is None]
    return bool(done) and done[-1].get("finish_reason") == "length"


def _field(record: dict[str, Any], name: str, default: Any) -> Any:
    value = record.get(name)
    if value is None:
        return default
    if not isinstance(value, type(default)):
        message = f"field {name!r} of an episode is {type(value).__name__}, not {type(default).__name__}"
        raise DataError(message)
    return value
