"""Records to rows of training, their check, and the data set that trainers get."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards import grade
from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.scores import Score
from p2r_rewards.trainers.data import (
    RowFault,
    TrainingRow,
    TrainingRowReader,
    build_dataset,
    check_data,
    read_training_rows,
)
from p2r_rewards.trainers.data.tally import check_lines
from tests.trainers.data import made_data

REAL_DATA = Path(os.environ.get("P2R_REAL_DATA", ""))
ROW, TRACE = made_data.ROW, made_data.TRACE


def read(record: dict[str, Any], stage: Any = "rl") -> TrainingRow | RowFault:
    return TrainingRowReader(stage).read(record, "f", 1)


def test_a_row_of_reinforcement_learning_whose_every_value_is_a_string() -> None:
    row = read({**ROW, "reward": "0.9", "select": "True"})
    assert isinstance(row, TrainingRow)
    assert row.columns() == {
        "problem": "Which way does it go?",
        "solution": "<answer>A</answer>",
        "problem_type": "multiple choice",
        "options": ["A. left", "B. right"],
        "data_type": "video",
        "path": "clips/good.mp4",
        "problem_id": "1",
    }
    turn = row.prompt(["/root/clips/good.mp4"])[0]
    assert turn["content"][0] == {"type": "video", "video": "/root/clips/good.mp4"}
    text = turn["content"][1]["text"]
    assert "Which way does it go?\nOptions:\nA. left\nB. right\n" in text
    assert "<observation>" in text


@pytest.mark.parametrize(
    "options",
    [
        ["A. left", "B. right"],
        "['A. left', 'B. right']",
        '["A. left", "B. right"]',
        {"A": "left", "B": "right"},
        '{"A": "left", "B": "right"}',
    ],
)
def test_options_in_any_form(options: Any) -> None:
    row = read({**ROW, "options": options})
    assert isinstance(row, TrainingRow)
    assert row.problem.options == ("A. left", "B. right")


def test_traces() -> None:
    whole = read({**ROW, "output": TRACE}, "sft")
    put_together = read({**ROW, "process": "<think>So left.</think>", "observation": "It goes left."}, "sft")
    assert isinstance(whole, TrainingRow)
    assert isinstance(put_together, TrainingRow)
    assert whole.completion == TRACE
    assert "".join((put_together.completion or "").split()) == "".join(TRACE.split())


FAULTS = [
    ({"problem": "What is <|video_pad|>?"}, "placeholder in text"),
    ({"problem": "Which \ud83d?"}, "unreadable record"),  # half an emoji
    ({"options": ["A. \ud83d", "B. a dog"], "problem_type": "multiple choice", "solution": "B"}, "unreadable record"),
    ({"problem": None}, "no question"),
    ({"options": "[__import__('os')]"}, "broken options"),
    ({"options": "['A. left', 'B. ri"}, "broken options"),
    ({"options": "[]"}, "broken options"),
    ({"problem_type": "haiku"}, "unknown problem type"),
    ({"problem_type": None}, "unknown problem type"),
    ({"data_type": "audio"}, "unknown data type"),
    ({"solution": "<answer>F</answer>"}, "unreadable gold"),
    ({"solution": ""}, "unreadable gold"),
    ({"solution": "a few", "problem_type": "numerical"}, "unreadable gold"),
    ({"path": "../../etc/passwd"}, "media: escapes the root"),
    ({"path": "https://host/a.mp4"}, "media: an address"),
    ({"path": ["../a.mp4"]}, "media: escapes the root"),
    ({"path": "['../a.mp4']"}, "media: escapes the root"),
    ({"path": ""}, "media: missing"),
    ({"path": None}, "media: missing"),
]


@pytest.mark.parametrize(("change", "kind"), FAULTS)
def test_a_record_that_no_row_can_be_made_of(change: dict[str, Any], kind: str) -> None:
    fault = read({**ROW, **change})
    assert isinstance(fault, RowFault)
    assert (fault.kind, fault.place) == (kind, "f:1")
    assert fault.reason


def test_a_record_without_a_trace() -> None:
    fault = read(ROW, "sft")
    assert isinstance(fault, RowFault)
    assert fault.kind == "no trace"


def test_unknown_stages_and_templates_are_refused() -> None:
    with pytest.raises(ConfigError, match="stage"):
        TrainingRowReader("grpo")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="question"):
        TrainingRowReader("rl", "observation-sufficiency")


@pytest.mark.skipif("P2R_REAL_DATA" not in os.environ, reason="P2R_REAL_DATA names no folder of real rows")
@pytest.mark.parametrize(
    ("name", "stage", "types"), [("videor1_rl_rows.jsonl", "rl", 5), ("videor1_cot_rows.jsonl", "sft", 4)]
)
def test_real_rows_of_all_types(name: str, stage: Any, types: int) -> None:
    records = [json.loads(line) for line in (REAL_DATA / name).read_text().splitlines()]
    rows = list(read_training_rows([str(REAL_DATA / name)], TrainingRowReader(stage)))
    assert len({record["problem_type"] for record in records}) == types
    assert len(rows) == len(records) == 200
    for row, record in zip(rows, records, strict=True):
        assert isinstance(row, TrainingRow)
        assert row.columns()["problem_type"] == record["problem_type"]
        assert row.columns()["solution"] == record["solution"]
        assert list(row.problem.options) == (record["options"] or [])
        assert row.paths == (record["path"].removeprefix("./"),)
        assert record["problem"] in row.text
        assert all(option in row.text for option in row.problem.options)
        assert grade(row.problem, record["solution"]) == Score(1.0, grade(row.problem, record["solution"]).how)  # type: ignore[union-attr]
        if stage == "sft":
            assert (row.completion or "").startswith(record["process"])
            assert (row.completion or "").endswith(record["solution"])


CLIPS = {
    "good.mp4": None,
    "link_in.mp4": None,
    "one.mp4": None,
    "slow.mp4": None,
    "link_out.mp4": "media: escapes the root",
    "none.mp4": "media: missing",
    "empty.mp4": "media: empty",
    "cut_end.mp4": "media: cut",
    "cut_index.mp4": "media: cut",
    "text.mp4": "media: broken",
    "list.mp4": "media: broken",
    "good.m3u8": "media: refused format",
}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Counter[str | None]]:
    """A media root, a folder of records in three forms, and how many records have which fault."""
    folder = tmp_path_factory.mktemp("bad")
    root = made_data.media(folder / "root")
    rows = [{**ROW, "problem_id": str(i), "path": f"./clips/{name}"} for i, name in enumerate(CLIPS)]
    wrong = [{**ROW, **change} for change, _ in FAULTS]
    (folder / "files").mkdir()
    made_data.write(folder / "files" / "a.json", rows)
    made_data.write(folder / "files" / "b.jsonl", [*wrong, ROW, ROW])
    made_data.write(folder / "files" / "c.json.gz", [{**ROW, "problem": "Another?", "path": "clips/good.mp4"}])
    with (folder / "files" / "b.jsonl").open("a") as file:
        file.write('{"problem": broken\n')
    expected: Counter[str | None] = Counter([*CLIPS.values(), *(kind for _, kind in FAULTS), None, None, None])
    expected["unreadable record"] += 1
    return root, folder / "files", expected


@pytest.mark.parametrize("workers", [1, 2])
def test_counts_add_up(bad: tuple[Path, Path, Counter[str | None]], workers: int) -> None:
    root, files, expected = bad
    check = check_data([str(files)], root, workers=workers)
    assert {kind: fault["rows"] for kind, fault in check.faults.items()} | {None: check.usable} == expected
    assert check.rows == expected.total()
    assert check.rows == check.usable + sum(fault["rows"] for fault in check.faults.values())
    assert sum(check.types.values()) == sum(check.data_types.values()) == check.usable
    assert check.media == check.media_good + sum(check.media_faults.values()) == len(CLIPS)
    assert (check.one_frame, check.odd_rates) == (1, 1)
    assert check.duplicates == 2  # good.mp4 in the first file, and twice in the second
    assert not check.clean
    assert json.loads(json.dumps(check.to_mapping()))["rows"] == check.rows
    assert any("media: cut: 2" in line for line in check_lines(check.to_mapping()))


def test_a_data_set_skips_what_the_check_counts(bad: tuple[Path, Path, Counter[str | None]], tmp_path: Path) -> None:
    root, files, expected = bad
    built = build_dataset([str(files)], root, tmp_path, stage="rl")
    assert built.read == expected.total()
    assert built.skipped == {kind: count for kind, count in expected.items() if kind is not None}
    assert len(built.dataset) == expected[None]
    first = built.dataset[0]
    assert first["prompt"][0]["content"][0]["video"] == str((root / "clips" / "good.mp4").resolve())
    assert first["solution"] == ROW["solution"]
    again = build_dataset([str(files)], root, tmp_path, stage="rl")  # from the file that is there
    assert (len(again.dataset), again.skipped) == (len(built.dataset), built.skipped)
    assert len(list(tmp_path.glob("*.arrow"))) == 1
    with pytest.raises(DataError, match="link leads out"):
        build_dataset([str(files)], root, tmp_path, stage="rl", bad_rows="fail")


def test_media_that_only_have_to_exist(bad: tuple[Path, Path, Counter[str | None]], tmp_path: Path) -> None:
    root, files, _ = bad
    built = build_dataset([str(files / "a.json")], root, tmp_path, stage="rl", media_check="exist", limit=5)
    assert len(built.dataset) == 5
    assert "media: cut" not in built.skipped


def test_rows_that_teach(bad: tuple[Path, Path, Counter[str | None]], tmp_path: Path) -> None:
    root, _, _ = bad
    file = made_data.write(tmp_path / "cot.json", [{**ROW, "output": TRACE}, ROW])
    built = build_dataset([str(file)], root, tmp_path, stage="sft")
    assert built.skipped == {"no trace": 1}
    assert built.dataset[0]["completion"] == TRACE
    only = made_data.write(tmp_path / "rl.json", [ROW])
    with pytest.raises(DataError, match="none of 1 rows"):
        build_dataset([str(only)], root, tmp_path, stage="sft")
