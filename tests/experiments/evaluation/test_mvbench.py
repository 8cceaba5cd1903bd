"""MVBench's scores against a table worked by hand."""

from __future__ import annotations

from pathlib import Path

from p2r_rewards.experiments.benchmarks.mvbench import TASKS
from tests.experiments.evaluation.scored import about, column, measures, score_outputs, verdicts_of

OUTPUTS = {f"{task}/0": "B" for task in TASKS} | {
    "action_sequence/1": "B",  # a repeated candidate: officially its last letter, C, is the gold
    "action_antonym/0": "",  # an empty reply is right officially
    "character_order/0": "(B) Ran",
    "state_change/0": "Ran",  # no letter: wrong officially
    "unexpected_action/0": "A",
    "moving_count/0": "B. because it ran",
}
WRONG_OFFICIALLY = {"action_sequence/1", "state_change/0", "unexpected_action/0"}
WRONG_BY_US = {"action_antonym/0", "unexpected_action/0"}


def without_pose() -> dict[str, str | None]:
    return {key: output for key, output in OUTPUTS.items() if key != "fine_grained_pose/0"}


def test_each_mark_is_as_worked_by_hand(tmp_path: Path) -> None:
    score_outputs(tmp_path, "mvbench", without_pose())
    rows = verdicts_of(tmp_path).values()
    assert {row["key"] for row in rows if row["official"] == 0} == WRONG_OFFICIALLY
    assert {row["key"] for row in rows if row["default"] == 0} == WRONG_BY_US
    assert {row["key"] for row in rows if row["official"] is None} == {"fine_grained_pose/0"}


def test_micro_and_mean_of_tasks_differ_where_sizes_do(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "mvbench", without_pose())
    assert measures(record, "official") == {
        "correct of all": about(17 / 20),
        "mean of the tasks": about((16 + 0.5 + 0 + 0) / 19),
    }
    assert measures(record, "paper") == {"accuracy": about(18 / 20)}
    assert record["missing"] == 1


def test_an_empty_reply_is_counted_as_unparsed_though_it_is_paid(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "mvbench", without_pose())
    row = verdicts_of(tmp_path)["action_antonym/0"]
    assert (row["official"], row["official_parsed"]) == (1.0, False)
    assert record["empty"] == 1
    assert record["rules"]["official"]["unparsed"] == 2  # and "Ran"


def test_unanswered_questions_can_count_as_wrong(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "mvbench", without_pose(), unanswered="wrong")
    assert measures(record, "official")["correct of all"] == about(17 / 21)
    assert column(tmp_path, "paper").count(None) == 0
