"""VSI-Bench's scores against a table worked by hand."""

from __future__ import annotations

from pathlib import Path

from p2r_rewards.experiments.evaluation.score_files import score_answers
from tests.experiments.benchmarks import made_layouts
from tests.experiments.evaluation.scored import (
    about,
    cell,
    column,
    keys_of,
    main,
    score_outputs,
    verdicts_of,
    write_answers,
)

# (output, official, paper and library) of each question of the miniature, in order.
TABLE = [
    ("2", 1.0, 1.0),  # counting, gold 2
    ("about 3", 0.0, 0.5),  # counting, gold 4: the official rule reads the first word; 0.25 < 0.3
    ("3", 0.1, 0.0),  # distance, gold 2: a tie at theta = 0.5 that "<=" pays and "<" does not
    ("95", 1.0, 0.9),  # object size, gold 100: a tie at theta = 0.95
    ("20", 1.0, 1.0),  # room size
    ("B. desk", 1.0, 1.0),  # relative distance: the trailing full stop goes
    ("The answer is C", 0.0, 1.0),  # appearance order: the first word is "The"
    ("A", 1.0, 1.0),  # direction, easy
    ("C", 0.0, 0.0),  # direction, medium, gold B
    ("d", 1.0, 1.0),  # direction, hard: case does not count
    ("A", 0.0, 0.0),  # route, gold C
    ("A", 1.0, 1.0),  # route
]
OUTPUTS = [output for output, _, _ in TABLE]


def test_each_mark_is_as_worked_by_hand(tmp_path: Path) -> None:
    score_outputs(tmp_path, "vsi-bench", OUTPUTS)
    assert column(tmp_path, "official") == [about(official) for _, official, _ in TABLE]
    assert column(tmp_path, "paper") == [about(ours) for _, _, ours in TABLE]
    assert column(tmp_path, "default") == [about(ours) for _, _, ours in TABLE]


def test_the_official_mean_is_over_eight_tasks_with_one_for_the_three_directions(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "vsi-bench", OUTPUTS)
    tasks = [(1 + 0) / 2, 0.1, 1, 1, 1, (1 + 0 + 1) / 3, 0, (0 + 1) / 2]
    assert main(record, "official") == about(sum(tasks) / 8)


def test_the_papers_mean_is_of_mra_and_accuracy(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "vsi-bench", OUTPUTS)
    assert main(record, "paper") == about(((1 + 0.5 + 0 + 0.9 + 1) / 5 + (1 + 1 + 1 + 0 + 1 + 0 + 1) / 7) / 2)
    assert main(record, "default") == about((0.75 + 0 + 0.9 + 1 + 1 + 2 / 3 + 1 + 0.5) / 8)


def test_a_missing_direction_subtype_does_not_fail_and_is_told(tmp_path: Path) -> None:
    wrong_only = [None if number == 9 else output for number, output in enumerate(OUTPUTS, 1)]
    record = score_outputs(tmp_path, "vsi-bench", wrong_only)
    tasks = [(1 + 0) / 2, 0.1, 1, 1, 1, (1 + 1) / 2, 0, (0 + 1) / 2]
    assert main(record, "official") == about(sum(tasks) / 8)
    assert "object_rel_direction_medium" in record["rules"]["official"]["measures"][0]["note"]


def test_tasks_are_told_apart(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "vsi-bench", OUTPUTS)
    assert cell(record, "official", "task", "object_counting") == (about(0.5), 2)
    assert cell(record, "official", "answers", "number") == (about(3.1 / 5), 5)


def test_unparsed_replies_are_counted(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "vsi-bench", OUTPUTS)
    assert record["rules"]["official"]["unparsed"] == 2  # "about 3" and "The answer is C"
    assert record["rules"]["default"]["unparsed"] == 0
    assert "about" in verdicts_of(tmp_path)["test/2"]["official_how"]


def test_a_long_reply_is_read_by_its_first_word(tmp_path: Path) -> None:
    score_outputs(tmp_path, "vsi-bench", ["2 " + "chairs stand there, " * 500, *OUTPUTS[1:]])
    assert column(tmp_path, "official")[0] == 1.0


def test_a_gold_of_zero_is_unscored_officially(tmp_path: Path) -> None:
    rows = [dict(row) for row in made_layouts.VSI_ROWS]
    rows[0]["ground_truth"] = "0"
    made_layouts.put_parquet(tmp_path / "data" / "test-00000-of-00001.parquet", rows)
    outputs = dict(zip(keys_of(tmp_path / "data"), OUTPUTS, strict=True))
    answers = write_answers(tmp_path / "run" / "answers.jsonl", outputs)
    record = score_answers([str(answers)], str(tmp_path / "data"), tmp_path / "run")
    assert column(tmp_path, "official")[0] is None
    assert column(tmp_path, "default")[0] == 0.0
    assert record["rules"]["official"]["scored"] == 11
