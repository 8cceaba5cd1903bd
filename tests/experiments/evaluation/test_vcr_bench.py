"""VCR-Bench's scores against a table worked by hand."""

from __future__ import annotations

from pathlib import Path

from tests.experiments.evaluation.scored import about, cell, column, main, score_outputs

# (output, official without a judge)
TABLE = [
    ("A", 1.0),
    ("It is Joy", 1.0),
    ("A", 0.0),
    ("D", 1.0),
    ("(C)", 1.0),
    ("[11, 19]", 1.0),  # gold [10, 20]: IoU 0.8 > 0.7
    ("[0, 7]", 0.0),  # gold [0.0, 10.0]: IoU 0.7 does not exceed 0.7, in exact numbers
    ("from 10 to 20", None),  # no list: the benchmark asks its judge
    ("[0, 0, 10, 5]", 0.0),  # IoU 0.5 does not exceed 0.5
    ("[0, 0, 10, 6]", 1.0),
    ("The kitchen", None),
    ("", None),
]


def test_each_mark_is_as_worked_by_hand(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "vcr-bench", [row[0] for row in TABLE])
    assert column(tmp_path, "official") == [row[1] for row in TABLE]
    assert main(record, "official") == about(6 / 9)
    assert main(record, "paper") == main(record, "default") == about(4 / 5)


def test_by_duration_and_dimension(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "vcr-bench", [row[0] for row in TABLE])
    assert cell(record, "official", "duration", "0-60") == (about(3 / 4), 4)  # 60 seconds are short
    assert cell(record, "official", "duration", "60-300") == (about((0 + 1 + 0 + 1) / 4), 4)
    assert cell(record, "official", "duration", "300+") == (about(1), 1)
    assert cell(record, "official", "dimension", "Video Plot Analysis") == (about(1), 2)


def test_intervals_have_iou_and_boxes_no_grade_by_our_graders(tmp_path: Path) -> None:
    score_outputs(tmp_path, "vcr-bench", [row[0] for row in TABLE])
    graded = column(tmp_path, "default")
    assert graded[5:8] == [about(0.8), about(0.7), about(1.0)]
    assert graded[8:10] == [None, None]


def test_odd_answers_fail_nothing(tmp_path: Path) -> None:
    choices = ["[1e999, 2]", "[NaN, 1]", "[true, false]", "[20, 10]", "[[1], 2]"]
    odd = [*choices, "[0, 0, 0]", "[" * 900, "[10,20]", "[0, 0, 0, 0]", "[10, 10, 0, 0]", "x", "y"]
    score_outputs(tmp_path, "vcr-bench", odd)
    assert column(tmp_path, "official")[5:10] == [None, None, 1.0, 0.0, 0.0]
