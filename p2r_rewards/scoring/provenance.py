"""The provenance stamp: what made an output, so that it can be made again; the same bytes for the same input."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from p2r_rewards import __version__
from p2r_rewards.config import RewardConfig
from p2r_rewards.rollouts.json_text import make_plain


def hash_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(inputs: Sequence[str]) -> list[dict[str, str]]:
    """The name and SHA-256 of each file that the inputs name, folders gone through in order."""
    from p2r_rewards.rollouts.reading import find_sources

    return [{"name": one.name, "sha256": hash_file(one.path)} for one in find_sources(inputs).files]


def make_stamp(
    config: RewardConfig,
    *,
    inputs: Sequence[Mapping[str, str]],
    fields: Mapping[str, Sequence[str]],
    counts: Mapping[str, int],
    group_size: int | None = None,
    tokenizer_sha256: str | None = None,
    dataset: Sequence[Mapping[str, str]] = (),
    judge: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What made an output, as plain data without time, machine or user.

    Args:
        config: The configuration, saved whole.
        inputs: The name and SHA-256 of each file, in order.
        fields: The columns that served each field.
        counts: Rows, groups and rejects.
        group_size: The number of rows a group, where it was given.
        tokenizer_sha256: The hash of the tokenizer's file, where one counted lengths.
        dataset: The name and SHA-256 of each file of the data set that was joined.
        judge: What is known of the judge, where one gave verdicts.
    """
    stamp, _ = make_plain(
        {
            "package": "p2r-rewards",
            "version": __version__,
            "config": config.to_mapping(),
            "inputs": [dict(one) for one in inputs],
            "fields": {name: list(columns) for name, columns in fields.items()},
            "group_size": group_size,
            "tokenizer_sha256": tokenizer_sha256,
            "dataset": [dict(one) for one in dataset],
            "judge": dict(judge) if judge is not None else None,
            "counts": dict(counts),
        }
    )
    return stamp  # type: ignore[no-any-return]
