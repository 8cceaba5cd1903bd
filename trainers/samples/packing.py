"""The columns of a problem as one text, for trainers that hand on a single field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.fields import SPELLINGS

MAX_CHARS = 1_000_000


def pack_columns(columns: Mapping[str, Any]) -> str:
    """The columns as JSON, to be written into a trainer's label or answer column.

    Raises:
        DataError: A value is no plain data.

    Example:
        >>> pack_columns({"problem": "Which?", "solution": "B", "options": ["A. x", "B. y"]})
        '{"problem":"Which?","solution":"B","options":["A. x","B. y"]}'
    """
    try:
        return orjson.dumps(dict(columns)).decode()
    except TypeError as error:
        message = f"the columns can't be packed: {error}; give text, numbers, lists and dicts"
        raise DataError(message) from error


def unpack_columns(label: object) -> dict[str, Any]:
    """The columns that a label holds: those packed in it, or the label as the gold answer.

    A mapping is taken as it is. Text that is no JSON object is a bare gold answer: its problem type is then missing,
    and the sample unscored, unless the type comes from elsewhere.

    Example:
        >>> unpack_columns('{"solution": "B", "problem_type": "multiple choice"}')
        {'solution': 'B', 'problem_type': 'multiple choice'}
        >>> unpack_columns("{1, 2}")
        {'gold': '{1, 2}'}
    """
    if isinstance(label, Mapping):
        return dict(label)
    if isinstance(label, str) and label.lstrip().startswith("{") and len(label) <= MAX_CHARS:
        try:
            found = orjson.loads(str(label))  # orjson takes no subclass, such as that of arrays
        except orjson.JSONDecodeError:
            return {"gold": label}
        if isinstance(found, dict):
            return found
    return {"gold": label}


def join_columns(beside: Mapping[str, Any], label: object) -> dict[str, Any]:
    """The columns of a row, and those that its label holds (`unpack_columns`).

    What both tell counts as the label has it, however the row spells the field: sets like GSM8K keep a whole solution
    in `answer`.

    Example:
        >>> join_columns({"problem_type": "multiple choice", "answer": "B because …"}, "B")
        {'problem_type': 'multiple choice', 'gold': 'B'}
    """
    known = {} if label is None else unpack_columns(label)
    told = {name for name, value in known.items() if value is not None}
    hidden = {name for names in SPELLINGS.values() if not told.isdisjoint(names) for name in names}
    return {name: value for name, value in beside.items() if name not in hidden} | known
