"""NeMo-RL's `train_data_step{N}.jsonl` and `val_data_step{N}.jsonl`: one rollout a line, each value a list of one."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from p2r_rewards.errors import DataError

_NAME = re.compile(r"(?:train|val)_data_step([0-9]{1,12})\.jsonl")

_ASKING = ("system", "developer", "user")


def step_of_name(name: str) -> int | None:
    """The training step in a file's name, which its lines don't hold; None where the name is another.

    Example:
        >>> step_of_name("logs/train_data_step12.jsonl"), step_of_name("12.jsonl")
        (12, None)
    """
    match = _NAME.search(name)
    return int(match[1]) if match else None


def unfold_line(record: dict[str, Any], step: int | None = None) -> list[dict[str, Any]]:
    """The one row of a line, its values out of their lists, with `prompt` and `completion` told apart.

    The step goes along where one is given and the line has none.

    `Logger.log_batched_dict_as_jsonl` writes slices of a batch, so each value but `idx` is a list of one. `content` is

    - in validation, the messages with their roles: the completion is what follows the last of user and system;
    - in training, their bare texts: prompt, completion, mostly what the environment said, and so on by turns. Which
      is which is counted in `token_loss_mask`: a run of ones is a turn of the policy;
    - a text by itself: the completion.

    Of several turns the completion is a list of messages.

    Raises:
        DataError: A value is no list of one, or the texts can't be told apart without guessing.
    """
    row: dict[str, Any] = {} if step is None or "step" in record else {"step": step}
    for name, value in record.items():
        if name != "idx" and not (isinstance(value, list) and len(value) == 1):
            what = f"a list of {len(value):,}" if isinstance(value, list) else type(value).__name__
            message = f"column {name!r} is {what}, not the list of one that NeMo-RL writes; write one plain row a line"
            raise DataError(message)
        row[name] = value if name == "idx" else value[0]
    content = row["content"]
    if isinstance(content, str):
        return [{**row, "completion": content}]
    if isinstance(content, list) and content:
        if all(isinstance(item, str) for item in content):
            prompt, completion = _split_texts(content, row)
            return [{"prompt": prompt, **row, "completion": completion}]
        if all(isinstance(item, dict) for item in content):
            messages, answered = _split_messages(content)
            return [{"prompt": messages, **row, "completion": answered}]
    message = "column 'content' is neither a text, texts nor messages"
    raise DataError(message)


def _split_messages(messages: list[Any]) -> tuple[list[Any], list[Any]]:
    asked = [index for index, message in enumerate(messages) if message.get("role") in _ASKING]
    first = asked[-1] + 1 if asked else 0
    prompt, completion = messages[:first], messages[first:]
    if not any(message.get("role") == "assistant" for message in completion):
        error = "column 'content' holds no message of the assistant after the last of the user: there is no completion"
        raise DataError(error)
    return prompt, completion


def _split_texts(texts: list[str], row: dict[str, Any]) -> tuple[str, str | list[dict[str, str]]]:
    turns, trailing = _count_turns(row)
    if not trailing and len(texts) > 2 and (not texts[-1] or texts[-1].startswith("Environment: ")):
        # What an environment says is logged even where it got no token.
        message = "column 'content' ends with what the environment may have said: the completion can't be told from it"
        raise DataError(message)
    first = len(texts) - (2 * turns - 1) - trailing
    if first < 1:
        said = 2 * turns - 1 + trailing
        message = f"column 'content' holds {len(texts)} texts, but {said} follow a prompt by 'token_loss_mask'"
        raise DataError(message)
    prompt, said_texts = "".join(texts[:first]), texts[first : len(texts) - trailing]
    if turns == 1:
        return prompt, said_texts[0]
    roles = ("assistant", "environment")
    return prompt, [{"role": roles[index % 2], "content": text} for index, text in enumerate(said_texts)]


def _count_turns(row: dict[str, Any]) -> tuple[int, bool]:
    """How many turns the policy took, and whether tokens of another follow the last."""
    mask, length = row.get("token_loss_mask"), row.get("input_lengths")
    if mask is None:
        if len(row["content"]) == 2:
            return 1, False
        message = "column 'content' holds other than two texts, and no 'token_loss_mask' tells which is the completion"
        raise DataError(message)
    if not isinstance(mask, list) or not isinstance(length, int) or not 0 <= length <= len(mask):
        message = "column 'token_loss_mask' is no list of at least 'input_lengths' numbers"
        raise DataError(message)
    runs = [bool(value) for value, _ in groupby(mask[:length])]
    if not any(runs):
        message = "column 'token_loss_mask' marks no token of the policy: there is no completion"
        raise DataError(message)
    return sum(runs), not runs[-1]
