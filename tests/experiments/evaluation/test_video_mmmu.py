"""VideoMMMU's scores against a table worked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2r_rewards.experiments.evaluation.official_video_mmmu import match_open
from p2r_rewards.experiments.evaluation.score_files import score_answers
from tests.experiments.benchmarks.made_layouts import make_video_mmmu
from tests.experiments.evaluation.scored import about, column, keys_of, main, measures, score_outputs, write_answers

# (output, official, paper, library), track by track.
TABLE = [
    ("A", 1.0, 1.0, 1.0),
    ("It is B because D is wrong", 0.0, 1.0, 1.0),  # MMMU's rule takes the letter that stands last
    ("J", 1.0, 1.0, 1.0),  # the tenth of ten options
    ("C. z", 1.0, 1.0, 1.0),
    ("B", 1.0, 1.0, 1.0),
    ("A", 0.0, 0.0, 0.0),
    ("(I)", 1.0, 1.0, 1.0),
    ("", 0.0, 0.0, 0.0),
    ("The speed is 12.50 m/s.", 1.0, 1.0, 1.0),  # open: numbers at two decimals
    ("B. 4 m/s", 1.0, 1.0, 1.0),  # a null type that has options is multiple choice
    ("J", 1.0, 1.0, 1.0),
    ("", 0.0, None, None),  # a gold that is a broken list: no reply is at fault
]
OUTPUTS = [row[0] for row in TABLE]


def test_each_mark_is_as_worked_by_hand(tmp_path: Path) -> None:
    score_outputs(tmp_path, "videommmu", OUTPUTS)
    for position, rule in enumerate(("official", "paper", "default"), 1):
        assert column(tmp_path, rule) == [row[position] for row in TABLE], rule


def test_scores(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "videommmu", OUTPUTS)
    assert measures(record, "official") == {
        "mean of the 3 tracks": about((3 / 4 + 2 / 4 + 3 / 4) / 3),
        # lmms-eval takes the empty open reply out of the denominator
        "as lmms-eval: empty open replies left out": about((3 / 4 + 2 / 4 + 3 / 3) / 3),
    }
    assert main(record, "paper") == about(9 / 11)
    assert main(record, "default") == about((4 / 4 + 2 / 4 + 3 / 3) / 3)


@pytest.mark.parametrize(
    ("reply", "gold", "right"),
    [
        ("12.504", "12.5", True),  # two decimals
        ("12.51", "12.5", False),
        ("So the total is 1,250 units", "1250", True),  # a comma in thousands
        ("1.25e3", "1250", True),
        ("The technique is Fresco painting", "fresco", True),  # the gold inside a candidate
        ("painting", "fresco painting", False),  # not the other way round
        ("The answer is x", "x", True),
        ("The answer is x2", "x", False),  # one character needs a blank beside it
        ("The answer is x or y", "x", True),
        ("v = 3\nF = 7", "7", True),  # "=" is a cue on the last line
        ("F = 7\nand more is to come", "7", False),  # and on no other
        ("nan", "5", False),
    ],
)
def test_open_answers_by_mmmus_rules(reply: str, gold: str, right: bool) -> None:
    assert match_open(reply, gold) is right


def test_knowledge_gained_from_both_runs(tmp_path: Path) -> None:
    root = make_video_mmmu(tmp_path / "data", clips=False)
    after = write_answers(tmp_path / "after.jsonl", dict(zip(keys_of(root), OUTPUTS, strict=True)))
    alone = dict(zip(keys_of(root, "question-only"), ["12.5", "A", "A", "nothing"], strict=True))
    before = write_answers(tmp_path / "before.jsonl", alone)
    record = score_answers([str(after), str(before)], str(root), tmp_path / "run")
    found = measures(record, "official")
    assert found["question only"] == about(1 / 4)
    assert found["knowledge gained"] == about((75 - 25) / (100 - 25))
    assert found["mean of the 3 tracks"] == about((3 / 4 + 2 / 4 + 3 / 4) / 3)
    assert record["questions"] == 16
    assert main(record, "paper") == about(9 / 11)  # the runs without lectures take no part


def test_question_only_by_itself(tmp_path: Path) -> None:
    root = make_video_mmmu(tmp_path / "data", clips=False)
    alone = dict(zip(keys_of(root, "question-only"), ["12.5", "A", "A", "nothing"], strict=True))
    record = score_answers([str(write_answers(tmp_path / "a.jsonl", alone))], str(root), tmp_path / "run")
    assert measures(record, "official") == {"question only": about(0.25), "knowledge gained": None}


def test_long_hostile_replies_take_no_time() -> None:
    import time

    began = time.perf_counter()
    for reply in (
        "1" * 16_000,
        "1,111" * 3_000,
        "is " * 5_000,
        "=" * 16_000,
        "1.5e" * 4_000,
        "\n".join(["9" * 2_000] * 8),
    ):
        match_open(reply, "7")
    assert time.perf_counter() - began < 5
