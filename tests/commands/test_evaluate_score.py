"""`p2r-eval score`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from p2r_rewards.commands.evaluate import main
from tests.experiments.benchmarks.made_layouts import LAYOUTS, MAKERS, VIDEO_R1_ROWS, make_video_mme
from tests.experiments.evaluation.scored import keys_of, write_answers
from tests.experiments.evaluation.test_answers import GOLDS


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["score", *(str(argument) for argument in arguments)])


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path]:
    root = make_video_mme(tmp_path / "data", clips=False)
    outputs = dict(zip(keys_of(root), [*GOLDS[:11], "A"], strict=True))
    return write_answers(tmp_path / "run" / "answers.jsonl", outputs, model="\x1b[31m[bold]mine"), root


def test_scores_are_shown_and_written(made: tuple[Path, Path]) -> None:
    answers, root = made
    shown = run(answers, "--data", root)
    assert shown.exit_code == 0, shown.output
    assert "91.7 [64.6, 98.5]" in " ".join(shown.output.split())
    assert "By duration" in shown.output
    assert "\x1b" not in shown.output
    assert "[bold]mine" in shown.output
    record = json.loads((answers.parent / "scores.json").read_text())
    assert (record["benchmark"], record["questions"]) == ("video-mme", 12)
    assert len((answers.parent / "verdicts.jsonl").read_text().splitlines()) == 12


def test_elsewhere_as_parquet_and_json(made: tuple[Path, Path], tmp_path: Path) -> None:
    answers, root = made
    shown = run(answers, "--data", root, "-o", tmp_path / "out", "--verdicts", "parquet", "--json")
    assert json.loads(shown.stdout)["rules"]["paper"]["measures"][0]["count"] == 12
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["scores.json", "verdicts.parquet"]
    assert not (answers.parent / "scores.json").exists()


def test_unanswered_questions_are_said(made: tuple[Path, Path]) -> None:
    answers, root = made
    answers.write_text("\n".join(answers.read_text().splitlines()[:9]) + "\n")
    shown = run(answers, "--data", root)
    assert "9 of 12 answered" in shown.output
    assert "missing 3, failed 0 (these are left out)" in shown.output
    assert "(these count as wrong)" in run(answers, "--data", root, "--unanswered", "wrong").output
    assert run(answers, "--data", root, "--quiet").output == ""


@pytest.mark.parametrize("name", list(MAKERS))
def test_every_benchmark_and_layout_scores(tmp_path: Path, name: str) -> None:
    for layout in LAYOUTS[name][:2]:
        root = MAKERS[name](tmp_path / layout, layout, clips=False)
        answers = write_answers(tmp_path / f"{layout}.jsonl", dict.fromkeys(keys_of(root), "<answer>B</answer>"))
        shown = run(answers, "--data", root, "-o", tmp_path / "run" / layout, "--model", "mine")
        assert shown.exit_code == 0, shown.output
    first, second = (json.loads((tmp_path / "run" / one / "scores.json").read_text()) for one in LAYOUTS[name][:2])
    assert first["rules"]["official"]["measures"] == second["rules"]["official"]["measures"]


def test_results_of_video_r1_need_no_data(tmp_path: Path) -> None:
    rows = [row | {"output": "<answer>A</answer>"} for row in VIDEO_R1_ROWS["vsibench"]]
    path = tmp_path / "eval_vsibench_mine_greedy_output.json"
    path.write_text(json.dumps({"results": rows, "final_acc": [{"mean_acc": 0.5, "mean_mra": 0.0}]}))
    shown = run(path, "-o", tmp_path / "run", "--model", "mine")
    assert shown.exit_code == 0, shown.output
    assert "vsibench: reported" in shown.output


def test_errors_are_one_line(made: tuple[Path, Path], tmp_path: Path) -> None:
    answers, root = made
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    for arguments, status, told in (
        ((answers,), 1, "--data"),
        ((answers, "--data", tmp_path / "nowhere"), 1, "is no folder"),
        ((answers, "--data", root, "--benchmark", "mmvu"), 1, "does not hold MMVU"),
        ((answers, "--data", root, "--variant", "tiny"), 2, "variant of video-mme must be one of full"),
        ((empty, "--data", root), 1, "empty.jsonl"),
        ((answers, answers, "--data", root), 2, "given twice"),
        ((answers, "--data", root, "-o", answers), 1, "answers.jsonl"),
    ):
        shown = run(*arguments)
        assert (shown.exit_code, shown.stdout) == (status, ""), shown.output
        assert told in shown.stderr
        assert shown.stderr.count("\n") == 1
