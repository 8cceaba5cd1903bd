"""MMVU's scores against a table worked by hand."""

from __future__ import annotations

from pathlib import Path

from tests.experiments.evaluation.scored import about, cell, column, main, score_outputs

# (output, lmms-eval's rule, library)
TABLE = [
    ("A", 1.0, 1.0),
    ("A or E", 1.0, 0.0),  # gold E: the gold letter somewhere is enough for lmms-eval
    ("a mosaic", 1.0, 1.0),  # gold C: the article is letter A, the option's text is right
    ("C", 0.0, 0.0),
    ("Not D", 1.0, 0.0),  # gold D: a negated letter counts there
    ("A fresco", None, None),
    ("DFS", None, None),
    ("12.5", None, None),
]


def test_each_mark_is_as_worked_by_hand(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "mmvu", [row[0] for row in TABLE])
    assert column(tmp_path, "official") == [row[1] for row in TABLE]
    assert column(tmp_path, "default")[:5] == [row[2] for row in TABLE[:5]]
    assert main(record, "official") == about(4 / 5)
    assert main(record, "paper") == main(record, "default") == about(2 / 5)


def test_open_questions_are_unscored_and_counted(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "mmvu", [row[0] for row in TABLE])
    assert record["rules"]["official"]["scored"] == 5
    assert sum(record["rules"]["official"]["unscored"].values()) == 3
    assert "without 3 open questions" in record["rules"]["official"]["measures"][0]["note"]
    assert cell(record, "default", "answers", "open")[1] == 3  # our graders' marks stand beside


def test_the_score_is_of_multiple_choice_alone_for_the_paper(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "mmvu", [row[0] for row in TABLE])
    assert record["rules"]["paper"]["measures"][0]["count"] == 5
