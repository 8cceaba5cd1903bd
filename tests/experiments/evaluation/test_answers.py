"""Answers joined with questions: what is missing, failed, strange, or not what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.evaluation.replies import read_reply
from p2r_rewards.experiments.evaluation.score_files import score_answers
from tests.experiments.benchmarks.made_layouts import make_video_mme
from tests.experiments.evaluation.scored import about, column, keys_of, main, score_outputs, write_answers

GOLDS = ["C", "D", "A", "D", "A", "B", "A", "B", "C", "B", "C", "D"]


def test_failed_and_missing_questions_are_left_out_and_counted(tmp_path: Path) -> None:
    root = make_video_mme(tmp_path / "keys", clips=False)
    keys = keys_of(root)
    outputs = dict(zip(keys[:10], [*GOLDS[:8], "A", None], strict=True))
    record = score_outputs(tmp_path, "video-mme", outputs)
    assert (record["questions"], record["answered"], record["failed"], record["missing"]) == (12, 9, 1, 2)
    assert main(record, "default") == about(8 / 9)
    assert record["rules"]["default"]["unscored"] == {"not answered": 1, "no row answers this question": 2}
    wrong = score_outputs(tmp_path / "wrong", "video-mme", outputs, unanswered="wrong")
    assert main(wrong, "default") == about(8 / 12)
    assert wrong["unanswered"] == "wrong"


def test_an_empty_reply_is_wrong_and_not_missing(tmp_path: Path) -> None:
    record = score_outputs(tmp_path, "video-mme", ["", "  \n", *GOLDS[2:]])
    assert (record["answered"], record["empty"]) == (12, 2)
    assert column(tmp_path, "default")[:2] == [0.0, 0.0]


def test_parquet_and_json_lines_score_alike(tmp_path: Path) -> None:
    root = make_video_mme(tmp_path / "data", clips=False)
    rows = [{"key": key, "completion": gold, "model": "m"} for key, gold in zip(keys_of(root), GOLDS, strict=True)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "answers.parquet")
    lines = write_answers(
        tmp_path / "answers.jsonl", {str(row["key"]): str(row["completion"]) for row in rows}, model="m"
    )
    found = [
        score_answers([str(path)], str(root), tmp_path / path.suffix[1:], verdicts=form)
        for path, form in ((tmp_path / "answers.parquet", "parquet"), (lines, "jsonl"))  # type: ignore[arg-type]
    ]
    assert found[0]["rules"] == found[1]["rules"]
    assert pq.read_table(tmp_path / "parquet" / "verdicts.parquet").num_rows == 12
    assert json.loads((tmp_path / "jsonl" / "scores.json").read_text())["model"] == "m"


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([{"key": "test/nowhere", "output": "A"}], "no question 'test/nowhere'"),
        ([{"key": "test/001-1", "output": "A"}] * 2, "answers 'test/001-1' again"),
        ([{"key": "test/001-1", "output": "A", "benchmark": "mmvu"}], "a question of mmvu"),
        ([{"key": "test/001-1"}], "none of output, completion, response"),
        ([{"key": "test/001-1", "output": ["A"]}], "field 'output' is list"),
        ([{"output": "A"}], "'key' is missing"),
        (
            [{"key": f"test/001-{n}", "output": "A", "model": f"m{n}"} for n in (1, 2)],
            "answers of several models",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(tmp_path: Path, rows: list[dict[str, object]], named: str) -> None:
    root = make_video_mme(tmp_path / "data", clips=False)
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError, match=named) as caught:
        score_answers([str(path)], str(root), tmp_path / "run")
    assert "answers.jsonl:" in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["verdicts.jsonl", "scores.json"])
def test_answers_are_not_written_over(tmp_path: Path, name: str) -> None:
    root = make_video_mme(tmp_path / "data", clips=False)
    answers = write_answers(tmp_path / name, {keys_of(root)[0]: "C"})
    before = answers.read_bytes()
    with pytest.raises(ConfigError, match="would be written over"):
        score_answers([str(answers)], str(root), tmp_path)
    assert answers.read_bytes() == before


def test_answers_without_data_need_their_questions(tmp_path: Path) -> None:
    path = write_answers(tmp_path / "answers.jsonl", {"test/001-1": "A"})
    with pytest.raises(DataError, match="--data"):
        score_answers([str(path)], None, tmp_path / "run")


@pytest.mark.parametrize(
    ("output", "style", "answer", "text"),
    [
        ("B", "direct", "B", "B"),
        ("B<|im_end|>", None, "B", "B"),
        ("B", "process-aware", None, "B"),  # tags were asked for
        ("<think>B", None, None, "<think>B"),  # reasoning that broke off
        ("<think>A</think><answer> B </answer>", "direct", "B", "B"),
        ("<answer>A</answer><answer>B</answer>", None, None, "A"),  # a hack by our rules; the official take the first
        ("<think>A</think><answer></answer>", "think-answer", None, "<think>A</think><answer></answer>"),
        ("", None, None, ""),
    ],
)
def test_what_is_read_of_an_output(output: str, style: object, answer: str | None, text: str) -> None:
    reply = read_reply(output, style)  # type: ignore[arg-type]
    assert (reply.answer, reply.text) == (answer, text)
    assert bool(reply.fault) == (answer is None)


def test_hostile_outputs_score_without_failing(tmp_path: Path) -> None:
    hostile = [
        "\ud800<answer>\ud800</answer>",
        "\x00" * 10,
        "A" * 300_000,
        "<answer>" * 20_000,
        "(" * 50_000,
        "{0.__class__}",
        "\u202eA\u202c",
        "[red]B[/red]",
        "</script><script>alert(1)</script>",
        "1" * 100_000,
        "ⅣⅣ",
        "",
    ]
    for name in ("video-mme", "tempcompass", "vcr-bench", "videommmu", "vsi-bench"):
        record = score_outputs(tmp_path / name, name, hostile, prompt=None)
        assert record["answered"] == 12
