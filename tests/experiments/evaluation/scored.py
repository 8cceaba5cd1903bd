"""Outputs scored through files, as the command does it, and the numbers that the tests look at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.experiments.benchmarks.locate import load_benchmark
from p2r_rewards.experiments.evaluation.score_files import score_answers
from tests.experiments.benchmarks.made_layouts import MAKERS


def keys_of(root: Path, variant: str | None = None) -> list[str]:
    return [question.key for question in load_benchmark(root, variant=variant).questions]


def write_answers(path: Path, outputs: Mapping[str, str | None], **columns: Any) -> Path:
    """Answers by key; None: the model's server failed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"key": key, "output": output, "error": "timed out" if output is None else None} | columns
        for key, output in outputs.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def score_outputs(
    folder: Path, name: str, outputs: Sequence[str | None] | Mapping[str, str | None], **options: Any
) -> dict[str, Any]:
    """The scores of outputs, in the order of the miniature's questions or by key."""
    root = MAKERS[name](folder / "data", clips=False)
    if not isinstance(outputs, Mapping):
        outputs = dict(zip(keys_of(root), outputs, strict=True))
    answers = write_answers(folder / "run" / "answers.jsonl", outputs, prompt=options.pop("prompt", "direct"))
    return score_answers([str(answers)], str(root), folder / "run", **options)


def verdicts_of(folder: Path) -> dict[str, dict[str, Any]]:
    lines = (folder / "run" / "verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["key"]: row for row in map(json.loads, lines)}


def column(folder: Path, rule: str) -> list[float | None]:
    """A rule's marks, in the questions' order."""
    return [row[rule] for row in verdicts_of(folder).values()]


def measures(record: Mapping[str, Any], rule: str) -> dict[str, float | None]:
    return {one["name"]: one["value"] for one in record["rules"][rule]["measures"]}


def main(record: Mapping[str, Any], rule: str) -> float:
    """A rule's main score."""
    value: float = record["rules"][rule]["measures"][0]["value"]
    return value


def cell(record: Mapping[str, Any], rule: str, name: str, value: str) -> tuple[float | None, int]:
    """A breakdown's mean and count."""
    found = {one["name"]: one for one in record["rules"][rule]["by"][name]}[value]
    return found["value"], found["count"]


def about(value: float) -> Any:
    return pytest.approx(value, abs=1e-9)
