"""`p2r-eval`, its subcommands, and `layouts` and `check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from p2r_rewards.commands import evaluate
from p2r_rewards.experiments.benchmarks.locate import BENCHMARKS
from tests.experiments.benchmarks.made_layouts import make_mvbench, make_tempcompass


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(evaluate.main, [str(argument) for argument in arguments])


def test_help_lists_the_subcommands_that_are_there() -> None:
    shown = run("--help")
    assert shown.exit_code == 0
    for name in ("layouts", "check", "score", "table"):
        assert f"  {name} " in shown.output


def test_a_subcommand_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(evaluate.SUBCOMMANDS, "dream", "p2r_rewards.commands.evaluate_dream:dream")
    shown = run("dream")
    assert shown.exit_code == 2
    assert "dream is not part of this installation" in shown.output
    assert "dream" not in run("--help").output
    assert run("nothing").exit_code == 2


def test_layouts() -> None:
    shown = run("layouts")
    assert shown.exit_code == 0
    for name, benchmark in BENCHMARKS.items():
        assert name in shown.output
        assert all(layout.expected in shown.output for layout in benchmark.layouts)


def test_a_whole_benchmark(tmp_path: Path) -> None:
    shown = run("check", make_tempcompass(tmp_path))
    assert shown.exit_code == 0
    assert "TempCompass (tempcompass), layout Parquet" in shown.output
    assert "questions: 12" in shown.output
    assert "media: 3 of 3 there" in shown.output


def test_missing_videos(tmp_path: Path) -> None:
    root = make_mvbench(tmp_path)
    shown = run("check", root)
    assert shown.exit_code == 1
    assert "fine_grained_pose" in shown.output
    assert "NTU RGB+D" in shown.stderr
    record = json.loads(run("check", root, "--json").stdout)
    assert record["questions_without_media"] == 1
    assert list(record["faults"].values()) == ["missing"]


def test_errors_are_one_line(tmp_path: Path) -> None:
    for arguments, status, told in (
        (("check", tmp_path), 1, "does not hold any benchmark"),
        (("check", tmp_path / "nowhere"), 1, "is no folder"),
        (("check", tmp_path, "--benchmark", "imagenet"), 2, "benchmark must be one of"),
    ):
        shown = run(*arguments)
        assert (shown.exit_code, shown.stdout) == (status, "")
        assert told in shown.stderr
        assert shown.stderr.count("\n") == 1
