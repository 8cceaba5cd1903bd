"""The labels that no rule was written with: whole, balanced, and apart from the others."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from p2r_rewards import Problem, Score, grade
from p2r_rewards.judges.labels import KINDS, read_labels

EXAMPLES = Path(__file__).parents[2] / "examples"
FILE = EXAMPLES / "judge_labels_paraphrased.jsonl"
OTHER = EXAMPLES / "judge_labels.jsonl"


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_they_are_read_and_each_type_has_as_many_of_both_labels() -> None:
    read = read_labels(FILE).items
    assert len(read) == len(rows(FILE)) == 150
    found = Counter((one.item.type, one.sufficient) for one in read)
    assert set(found.values()) == {15}
    assert len(found) == 10
    assert {one.kind for one in read} == set(KINDS)
    assert all(one.held_out for one in read)


def test_none_stands_in_both_files() -> None:
    for field in ("id", "problem_id", "observation"):
        assert not {row[field] for row in rows(FILE)} & {row[field] for row in rows(OTHER)}


def test_each_gold_is_one_that_the_graders_read() -> None:
    for row in rows(FILE):
        problem = Problem(row["question"], gold=row["gold"], type=row["problem_type"], options=tuple(row["options"]))
        graded = grade(problem, row["gold"])
        assert isinstance(graded, Score), row["id"]
        assert graded.value == 1.0, row["id"]
