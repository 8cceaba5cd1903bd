"""Video-MME's scores against a table worked by hand."""

from __future__ import annotations

from pathlib import Path

from tests.experiments.evaluation.scored import about, cell, measures, score_outputs, verdicts_of

OUTPUTS = [
    "C",
    "A dog. The answer is D",  # gold D: the first capital is A
    "no idea",  # no capital A to D: left out officially
    "D",
    "(A)",
    "B. Blue.",
    "A",
    "The best answer is: B",
    "c",  # gold C: no capital either
    "B",
    "C",
    "D",
]


def test_the_first_capital_decides_and_unparsed_replies_are_left_out(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "video-mme", OUTPUTS)
    assert measures(record, "official") == {
        "accuracy of replies with a letter": about(9 / 10),
        "accuracy of all, as lmms-eval": about(9 / 12),
    }
    assert "2 replies" in record["rules"]["official"]["measures"][0]["note"]
    assert measures(record, "paper") == {"accuracy": about(11 / 12)}
    assert record["rules"]["official"]["unparsed"] == 2
    assert record["rules"]["default"]["unparsed"] == 1


def test_unanswered_questions_that_count_as_wrong_are_not_left_out(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "video-mme", [None, *OUTPUTS[1:]], unanswered="wrong")
    assert measures(record, "official") == {
        "accuracy of replies with a letter": about(8 / 10),
        "accuracy of all, as lmms-eval": about(8 / 12),
    }
    assert cell(record, "official", "duration", "short") == (about(3 / 5), 5)


def test_by_duration(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "video-mme", OUTPUTS)
    assert cell(record, "default", "duration", "short") == (about(5 / 6), 6)
    assert cell(record, "default", "duration", "long") == (about(1), 3)
    assert cell(record, "official", "duration", "short") == (about(4 / 5), 5)  # one reply without a letter is left out
    assert cell(record, "default", "domain", "Knowledge") == (about(5 / 6), 6)


def test_tags_are_looked_into_and_broken_off_reasoning_is_not_searched(tmp_path: Path) -> None:
    tagged = [f"<observation>A</observation><think>B</think><answer>{output}</answer>" for output in OUTPUTS]
    tagged[0] = "<observation>A colour.</observation><think>It could be C"
    record = score_outputs(tmp_path, "video-mme", tagged, prompt="process-aware")
    row = verdicts_of(tmp_path)["test/001-1"]
    assert (row["default"], row["default_how"]) == (0.0, "no answer tags")
    assert measures(record, "paper") == {"accuracy": about(10 / 12)}
