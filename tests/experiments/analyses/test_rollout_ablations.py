"""Ablations on the same rollouts: hand-worked groups, and files that p2r-score has written."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from p2r_rewards.commands.score import main as score
from p2r_rewards.errors import DataError
from p2r_rewards.experiments.analyses.rollout_ablations import (
    FULL,
    ScoredRollouts,
    compare_variants,
    read_scored_rollouts,
)

NAN = float("nan")
ROLLOUTS = Path(__file__).parents[3] / "examples" / "rollouts.jsonl"


def variants(
    perception: list[float], reasoning: list[float], groups: list[int], paid: list[float] | None = None
) -> dict[str, Any]:
    """What `compare_variants` finds, by name; `paid` are the length rewards in `perception`."""
    lengths = np.full((2, len(groups)), NAN)
    lengths[0] = NAN if paid is None else paid
    found = compare_variants(ScoredRollouts(np.array([perception, reasoning]), lengths, np.array(groups, np.int32)))
    return {"all": found, **{one["variant"]: one for one in found["variants"]}}


def shares(flipped: float = 0, lost: float = 0, gained: float = 0) -> dict[str, float]:
    return {"flipped": flipped, "lost": lost, "gained": gained}


def test_what_each_ablation_does_to_two_groups() -> None:
    # First group: seeing and answering are opposed. Second: both saw, one answers.
    found = variants([1, 0, 1, 1], [0, 2, 1, 2], [0, 0, 1, 1])
    assert (found["all"]["rollouts"], found["all"]["compared"], found["all"]["without_length"]) == (4, 4, 4)
    assert {name: one["collapsed"] for name, one in found.items() if name != "all"} == {
        FULL: 0,
        "without R_P (GRPO)": 0,
        "without R_R": 1,
        "without R_len": 0,
        "without separation": 0,
    }
    # GRPO pays the blind answer's observation, and the two equal observations for their answers.
    assert found["without R_P (GRPO)"]["perception"] == shares(flipped=0.5, gained=0.5)
    assert found["without R_P (GRPO)"]["reasoning"] == shares()
    assert found["without R_R"]["reasoning"] == shares(flipped=0.5, lost=0.5)
    # The sum is 1 and 2, then 2 and 3: it goes with the answers.
    assert found["without separation"]["perception"] == shares(flipped=0.5, gained=0.5)
    assert found[FULL]["perception"] == found[FULL]["reasoning"] == shares()


def test_a_group_that_only_lengths_tell_apart_teaches_nothing_without_them() -> None:
    found = variants([1.2, 1.0], [1, 1], [0, 0], paid=[0.2, 0.0])
    assert found["all"]["without_length"] == 0
    assert (found[FULL]["collapsed"], found["without R_len"]["collapsed"]) == (0, 1)
    assert found["without R_len"]["perception"] == shares(lost=1.0)


def test_rollouts_without_a_verdict_or_a_group_are_not_compared() -> None:
    found = variants([1, 0, NAN, 1], [0, 1, 1, 1], [0, 0, 0, -1])
    assert (found["all"]["compared"], found["all"]["without_group"]) == (2, 1)
    with pytest.raises(DataError, match="verdicts"):
        variants([NAN, NAN], [0, 1], [0, 0])


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scored") / "scored.jsonl"
    arguments = [str(ROLLOUTS), "--judge=lexical", "-o", str(path), "--quiet"]
    assert CliRunner().invoke(score, arguments).exit_code == 0
    return path


def test_a_scored_file_gives_its_own_advantages_again(scored: Path, tmp_path: Path) -> None:
    found = compare_variants(read_scored_rollouts(scored))
    assert found["rollouts"] == len(scored.read_text().splitlines())
    parquet = tmp_path / "scored.parquet"
    arguments = [str(ROLLOUTS), "--judge=lexical", "-o", str(parquet), "--quiet"]
    assert CliRunner().invoke(score, arguments).exit_code == 0
    assert compare_variants(read_scored_rollouts(parquet)) == found


def test_groups_by_size_are_known_by_the_stamp(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in ROLLOUTS.read_text().splitlines()][:8]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = tmp_path / "out.jsonl"
    arguments = [str(source), "--judge=lexical", "--group-size", "4", "-o", str(path), "--quiet"]
    assert CliRunner().invoke(score, arguments).exit_code == 0
    assert read_scored_rollouts(path).groups.tolist() == [0] * 4 + [1] * 4


def test_files_that_do_not_show_their_groups_are_refused(scored: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in scored.read_text().splitlines()]
    for row in rows:
        row["reasoning_advantage"] = 7.0
    path = tmp_path / "other.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError, match=r"row 1: the reasoning advantage is 7"):
        read_scored_rollouts(path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"completion": "x"}, "has no column 'perception_accuracy'"),
        ({"perception_reward": None}, "no row has a perception reward"),
        ({"perception_reward": "much"}, "holds something that is no number"),
    ],
)
def test_what_was_not_scored_is_refused(scored: Path, tmp_path: Path, row: dict[str, Any], said: str) -> None:
    path = tmp_path / "bad.jsonl"
    first = json.loads(scored.read_text().splitlines()[0])
    path.write_text(json.dumps(row if "completion" in row else {**first, **row}) + "\n")
    with pytest.raises(DataError, match=said):
        read_scored_rollouts(path)
