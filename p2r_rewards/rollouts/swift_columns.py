"""ms-swift's `completions.jsonl`: one line a logging step, each of its values a column."""

from __future__ import annotations

from typing import Any

from p2r_rewards.errors import DataError


def unfold_columns(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a line whose values are lists, in order; none where all lists are empty.

    Written by `GRPOTrainer.log` and `GKDTrainer.log` of ms-swift 4.6.0 (steps are strings) and by its Megatron
    trainers (`gen_step` in place of `step`).

    Raises:
        DataError: A value is no list, the lists differ in length, or a completion is no text.

    Example:
        >>> unfold_columns({"step": ["1", "1"], "completion": ["a", "b"]})
        [{'step': '1', 'completion': 'a'}, {'step': '1', 'completion': 'b'}]
    """
    completions = record.get("completion")
    if not isinstance(completions, list):
        message = "column 'completion' is missing or no list, though other columns are lists; write one value a row"
        raise DataError(message)
    for name, column in record.items():
        if not isinstance(column, list):
            message = f"column {name!r} is no list though 'completion' is one; drop it, or write one row a line"
            raise DataError(message)
        if len(column) != len(completions):
            message = (
                f"columns differ in length: {name!r} has {len(column):,} values, "
                f"'completion' has {len(completions):,}; drop the column, or write one row a line"
            )
            raise DataError(message)
    for index, completion in enumerate(completions):
        if completion is not None and not isinstance(completion, str):
            message = f"column 'completion' holds no text but {type(completion).__name__} at position {index + 1}"
            raise DataError(message)
    names = list(record)
    return [dict(zip(names, values, strict=True)) for values in zip(*record.values(), strict=True)]
