"""The bodies of requests to samples: pure functions; what does not fit is refused by its place and with the cure."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from p2r_rewards.errors import DataError
from p2r_rewards.messages import completion_text
from p2r_rewards.rollouts.json_text import parse_json
from p2r_rewards.trainers.samples import Sample
from p2r_rewards.trainers.samples.queries import query_sample
from p2r_rewards.trainers.server.limits import ServerLimits
from p2r_rewards.trainers.server.refusals import Refusal

ReadBody: TypeAlias = Callable[[bytes, ServerLimits], list[Sample]]

SHAPE = 'write {"samples": [{"completion": "…", "problem": "…", "solution": "…", "problem_type": "…"}, …]}'


def read_samples(body: bytes, limits: ServerLimits) -> list[Sample]:
    """The samples of `{"samples": [{"completion": …, "prompt": …, <columns>}]}`.

    Each sample is a row as a file of rollouts has it: every key beside `completion` and `prompt` is a column, those
    that describe no problem are left alone.

    Raises:
        Refusal: 400 where the body is no JSON, 413 where it holds too much, 422 where it has another shape.

    Example:
        >>> [one] = read_samples(b'{"samples": [{"completion": "<answer>2</answer>", "gold": "2"}]}', ServerLimits())
        >>> one.completion, one.columns
        ('<answer>2</answer>', {'gold': '2'})
    """
    value = _read_object(body, SHAPE)
    _check_keys(value, ("samples",), SHAPE)
    rows = _read_list(value, "samples", limits)
    return [_read_sample(row, f"samples[{index}]", limits) for index, row in enumerate(rows)]


def read_queries(body: bytes, limits: ServerLimits) -> list[Sample]:
    """The samples of OpenRLHF's `{"query": […], "prompts": […], "labels": […]}`.

    Further fields are left alone: the protocol is another's, and may grow.

    Raises:
        Refusal: As `read_samples`.
    """
    shape = 'OpenRLHF sends {"query": […], "prompts": […], "labels": […]}'
    value = _read_object(body, shape)
    columns = [_read_list(value, name, limits, shape) for name in ("query", "prompts", "labels")]
    if len({len(column) for column in columns}) != 1:
        message = "query, prompts and labels must have the same length"
        raise Refusal(422, message, "labels")
    samples = []
    for index, (query, prompt, label) in enumerate(zip(*columns, strict=True)):
        for name, text in (("query", query), ("prompts", prompt)):
            if not isinstance(text, str):
                message = f"must be text, not {_kind(text)}"
                raise Refusal(422, message, f"{name}[{index}]")
            _check_value(text, f"{name}[{index}]", limits)
        _check_value(label, f"labels[{index}]", limits)
        samples.append(query_sample(query, prompt, label))
    return samples


def _read_object(body: bytes, shape: str) -> dict[str, Any]:
    try:
        value = parse_json(body).value
    except DataError as error:
        message = f"the body {error}"
        raise Refusal(400, message) from None
    if not isinstance(value, dict):
        message = f"the body must be an object, not {_kind(value)}; {shape}"
        raise Refusal(422, message)
    return value


def _check_keys(value: Mapping[str, Any], known: Sequence[str], shape: str) -> None:
    for key in value:
        if key not in known:
            nearest = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else shape
            message = f"the body has a field that is unknown; {hint}"
            raise Refusal(422, message)


def _read_list(value: Mapping[str, Any], name: str, limits: ServerLimits, shape: str = SHAPE) -> list[Any]:
    if name not in value:
        message = f"is missing; {shape}"
        raise Refusal(422, message, name)
    items = value[name]
    if not isinstance(items, list):
        message = f"must be a list, not {_kind(items)}; {shape}"
        raise Refusal(422, message, name)
    if not items:
        message = "is empty; send at least one"
        raise Refusal(422, message, name)
    if len(items) > limits.samples:
        message = f"holds {len(items):,} samples, and {limits.samples:,} are the most; send them in several requests"
        raise Refusal(413, message, name)
    return items


def _read_sample(row: Any, place: str, limits: ServerLimits) -> Sample:
    if not isinstance(row, dict):
        message = f"must be an object, not {_kind(row)}; {SHAPE}"
        raise Refusal(422, message, place)
    if "completion" not in row:
        message = "is missing; it holds what the model wrote"
        raise Refusal(422, message, f"{place}.completion")
    for name, value in row.items():
        _check_value(value, f"{place}.{name:.40}", limits)
    try:
        completion = completion_text(row["completion"])
    except DataError:
        message = (
            f"must be text, a message of the assistant, or a list of messages with one, not {_kind(row['completion'])}"
        )
        raise Refusal(422, message, f"{place}.completion") from None
    prompt = row.get("prompt")
    if prompt is not None and not isinstance(prompt, str | list | dict):
        message = f"must be text or messages, not {_kind(prompt)}"
        raise Refusal(422, message, f"{place}.prompt")
    columns = {name: value for name, value in row.items() if name not in ("completion", "prompt")}
    return Sample(completion, columns, prompt)


def _check_value(value: Any, place: str, limits: ServerLimits) -> None:
    """Refuses texts that are too long and numbers that JSON has not; the depth is bounded by the parser."""
    if isinstance(value, str):
        if len(value) > limits.text_chars:
            message = f"holds {len(value):,} characters, and {limits.text_chars:,} are the most"
            raise Refusal(413, message, place)
    elif isinstance(value, float):
        if not math.isfinite(value):
            message = "is NaN or infinite, which JSON has not; send null, or text"
            raise Refusal(422, message, place)
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            _check_value(item, place, limits)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)
