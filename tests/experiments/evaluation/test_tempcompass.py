"""TempCompass's scores against a table worked by hand."""

from __future__ import annotations

from pathlib import Path

from tests.experiments.evaluation.scored import about, cell, column, measures, score_outputs

# (output, official with --disable_llm, library)
TABLE = [
    ("B. drops", 1.0, 1.0),
    ("C", 1.0, 1.0),
    ("A) lifts", 1.0, 1.0),
    ("The answer is B", 0.0, 1.0),  # nothing of the rule matches
    ("Yes, it does", 1.0, 1.0),
    ("Nothing shows it", 1.0, 0.0),  # gold no: it begins with "no"
    ("It is fast", 0.0, 0.0),
    ("Caption B", 1.0, 1.0),
    ("2", 1.0, 1.0),  # the index of "Option 2"
    ("It lifts.", 1.0, 1.0),
    ("A thing lifts.", None, None),
    ("A thing drops.", None, None),
]
OUTPUTS = [row[0] for row in TABLE]


def test_each_mark_is_as_worked_by_hand(tmp_path: Path) -> None:
    score_outputs(tmp_path, "tempcompass", OUTPUTS)
    assert column(tmp_path, "official") == [row[1] for row in TABLE]
    assert column(tmp_path, "default") == [row[2] for row in TABLE]


def test_scores_leave_captions_out_and_say_so(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "tempcompass", OUTPUTS)
    assert measures(record, "official") == {
        "correct of all": about(8 / 10),
        "mean of the tasks": about((3 / 4 + 2 / 3 + 3 / 3) / 3),
    }
    assert measures(record, "paper") == {"accuracy": about(8 / 10)}
    for rule in ("official", "paper", "default"):
        assert "2 captions" in record["rules"][rule]["measures"][0]["note"]
        assert record["rules"][rule]["scored"] == 10


def test_by_task_and_dimension(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "tempcompass", OUTPUTS)
    assert cell(record, "official", "task", "yes_no") == (about(2 / 3), 3)
    assert cell(record, "official", "task", "captioning") == (None, 0)
    assert cell(record, "official", "dimension", "speed") == (about((0 + 1 + 0) / 3), 3)


def test_caption_matching_in_other_forms(tmp_path: Path) -> None:
    forms = ["Caption B: It drops.", "Option 2.", "(A) It lifts."]
    score_outputs(tmp_path, "tempcompass", [*OUTPUTS[:7], *forms, *OUTPUTS[10:]])
    assert column(tmp_path, "official")[7:10] == [1.0, 1.0, 1.0]
    score_outputs(tmp_path / "more", "tempcompass", [*OUTPUTS[:7], "Caption A", "Option 1", "B", *OUTPUTS[10:]])
    assert column(tmp_path / "more", "official")[7:10] == [0.0, 0.0, 0.0]


def test_caption_matching_by_the_index_alone(tmp_path: Path) -> None:
    score_outputs(tmp_path, "tempcompass", [*OUTPUTS[:7], "B.", "1", "Sentence C", *OUTPUTS[10:]])
    assert column(tmp_path, "official")[7:10] == [1.0, 0.0, 0.0]
