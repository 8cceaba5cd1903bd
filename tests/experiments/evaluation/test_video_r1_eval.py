"""Video-R1's own scores against a table worked by hand, from answers and from its result files."""

from __future__ import annotations

import json
from pathlib import Path

from p2r_rewards.experiments.evaluation.score_files import score_answers
from tests.experiments.benchmarks.made_layouts import VIDEO_R1_ROWS
from tests.experiments.evaluation.scored import about, measures, score_outputs, verdicts_of

OUTPUTS = {
    "vsibench/1": "<think>x</think><answer>A</answer>",
    "vsibench/2": "<answer>B.</answer>",  # not the exact string
    "vsibench/3": "<answer>3</answer>",  # MRA with "<": a tie is 0
    "vsibench/4": "<answer>9.5</answer>",  # in float32 0.05 < 1 - 0.95
    "mvbench/1": "C",  # no tags: the whole output
    "tempcompass/1": "<answer>B</answer>",
    "videomme/1": "<answer>B</answer>",
    "videommmu/1": "<answer>A</answer>",
    "videommmu/2": "<answer>12.5</answer>",
    "videommmu/3": "<answer>STOP</answer>",  # OCR scores 0 there
    "mmvu/1": "<answer>C</answer>",
}


def test_what_is_reported_of_each_file(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "video-r1-eval", OUTPUTS, prompt=None)
    found = measures(record, "official")
    assert found["vsibench: mean_acc"] == about(1 / 2)
    assert found["vsibench: mean_mra"] == about(1 / 2)
    assert found["vsibench: reported"] == about((1 / 2 + 1 / 2) / 2)
    assert found["videommmu: reported"] == about(2 / 3)
    assert found["mean of the benchmarks"] == about((1 / 2 + 1 + 1 + 0 + 2 / 3 + 1) / 6)


def test_our_graders_read_what_the_rule_does_not(tmp_path: Path) -> None:
    score_outputs(tmp_path, "video-r1-eval", OUTPUTS, prompt=None)
    rows = verdicts_of(tmp_path)
    for key in ("vsibench/2", "videommmu/3"):  # "B." and the OCR
        assert (rows[key]["official"], rows[key]["default"]) == (0.0, 1.0)
    assert rows["vsibench/4"]["default"] == about(0.9)  # an exact tie fails "<"


def test_a_batch_that_failed_is_no_answer_and_counts_as_wrong_only_if_wanted(tmp_path: Path) -> None:
    outputs = ["<answer>A</answer>", "<answer>error</answer>", "<answer>2</answer>", "<answer>error</answer>"]
    rows = [row | {"output": output} for row, output in zip(VIDEO_R1_ROWS["vsibench"], outputs, strict=True)]
    path = tmp_path / "eval_vsibench.json"
    path.write_text(json.dumps({"results": rows, "final_acc": []}))
    record = score_answers([str(path)], None, tmp_path / "run")
    assert (record["failed"], measures(record, "official")["vsibench: reported"]) == (2, about(1))
    wrong = score_answers([str(path)], None, tmp_path / "run", unanswered="wrong")
    assert measures(wrong, "official")["vsibench: reported"] == about(1 / 2)  # what Video-R1 would report


def test_a_result_file_needs_no_data(tmp_path: Path) -> None:
    rows = [
        row | {"output": OUTPUTS[f"vsibench/{row['problem_id']}"], "prediction": "", "reward": 0.0, "correct": False}
        for row in VIDEO_R1_ROWS["vsibench"]
    ]
    path = tmp_path / "eval_vsibench_mine_greedy_output.json"
    path.write_text(json.dumps({"results": rows, "final_acc": [{"mean_acc": 0.0, "mean_mra": 0.0}]}, indent=2))
    record = score_answers([str(path)], None, tmp_path / "run", model="mine")
    assert record["benchmark"] == "video-r1-eval"
    assert measures(record, "official")["vsibench: reported"] == about(1 / 2)
