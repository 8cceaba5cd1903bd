"""A prompt and its continuation in one text, as OpenRLHF hands them on: where the continuation begins."""

from __future__ import annotations

from typing import Any

from p2r_rewards.trainers.samples.packing import unpack_columns
from p2r_rewards.trainers.samples.rewards import Sample

LOST = "the prompt is not found in the query as it stands: send it so, for nobody can tell where the completion begins"

_SHORTEST_TAIL = 32


def query_sample(query: str, prompt: str, label: Any) -> Sample:
    """The sample of a query (prompt and completion in one text), its prompt, and a label with packed columns.

    Where the prompt is not found in the query the sample is at fault, and unscored: the prompt itself may hold tags,
    so that to grade the whole text would be a guess.
    """
    completion = split_query(query, prompt)
    if completion is None:
        return Sample("", unpack_columns(label), prompt, fault=LOST)
    return Sample(completion, unpack_columns(label), prompt)


def split_query(query: str, prompt: str) -> str | None:
    """What follows the prompt in a query; None where the prompt is not found.

    A query is decoded from ids, and its prompt may differ from the prompt's text: the head cut off, the placeholder of
    an image repeated for each of its patches. Then the prompt's end is looked for: its last 32 characters, or as many
    more as stand nowhere else in the prompt. The first place counts: the model may repeat the prompt.

    Example:
        >>> split_query("<p><p> How many cups stand on the table? A: Two", "<p> How many cups stand on the table? A:")
        ' Two'
    """
    if query.startswith(prompt):
        return query[len(prompt) :]
    length = _SHORTEST_TAIL
    while length < len(prompt):
        tail = prompt[-length:]
        if prompt.find(tail) == len(prompt) - length:
            found = query.find(tail)
            return None if found < 0 else query[found + length :]
        length *= 2
    return None
