"""verl's `{step}.jsonl`: plain rows, whose `uid` names the rollout."""

from __future__ import annotations

import re
from typing import Any

_KEY = re.compile(r"(.+)_[0-9]{1,9}_[0-9]{1,9}", re.DOTALL)


def unfold_uid(record: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The row with the id of its prompt as `group_id`; None where `uid` is no key of a rollout.

    The default trainer of verl 0.9 writes as `uid` the key `{uid}_{session}_{output}`, which no two rows share: read as
    the group's id it would make each rollout a group of its own.

    Example:
        >>> unfold_uid({"output": "2", "uid": "5d0f-a1_3_0"})
        [{'output': '2', 'uid': '5d0f-a1_3_0', 'group_id': '5d0f-a1'}]
    """
    uid = record["uid"]
    match = _KEY.fullmatch(uid) if isinstance(uid, str) else None
    return None if match is None or "group_id" in record else [{**record, "group_id": match[1]}]
