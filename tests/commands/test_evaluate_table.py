"""`p2r-eval table`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from p2r_rewards.commands.evaluate import main
from tests.experiments.benchmarks.made_layouts import MAKERS
from tests.experiments.evaluation.scored import keys_of, score_outputs
from tests.experiments.evaluation.test_answers import GOLDS


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["table", *(str(argument) for argument in arguments)])


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One model's runs of the seven benchmarks, whose every answer is B."""
    folder = tmp_path_factory.mktemp("runs")
    for name in list(MAKERS)[:7]:
        keys = keys_of(MAKERS[name](folder / name / "keys", clips=False))
        score_outputs(folder / name, name, dict.fromkeys(keys, "B"), model="mine")
    return [folder / name / "run" for name in list(MAKERS)[:7]]


def test_all_seven_have_a_mean(seven: list[Path]) -> None:
    shown = run(*seven)
    assert shown.exit_code == 0, shown.output
    [row] = [line for line in shown.output.splitlines() if line.startswith("| mine")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    values = [float(cell.split()[0]) for cell in cells[1:]]
    assert values[-1] == pytest.approx(sum(values[:-1]) / 7, abs=0.1)
    assert "VideoP2R 7B (paper) | 36.8 | 55.0 | 65.4 | 51.0 | 68.1 | 74.5 | 60.0 | 58.7 |" in shown.output


def test_rules_and_the_papers_tables(seven: list[Path]) -> None:
    texts = {rule: run(*seven, "--rule", rule, "--beside", "none").output for rule in ("paper", "official", "default")}
    assert len(set(texts.values())) == 3
    assert "(paper)" not in texts["paper"]
    assert "without separation" in run(*seven, "--beside", "ablations").output
    assert "text + VideoP2R's observation" in run(*seven, "--beside", "examination").output


def test_by_difficulty(seven: list[Path]) -> None:
    shown = run(*seven, "--by-difficulty")
    assert shown.exit_code == 0, shown.output
    assert "VideoP2R 7B (paper) | 70.8 | 59.2 | 53.6 | 70.3 | 52.3 | 44.3 |" in shown.output
    [row] = [line for line in shown.output.splitlines() if line.startswith("| mine")]
    # Of the golds of the short videos B is one in six; of the third track one in three that can be read.
    assert row.split("|")[2].strip().startswith("16.7 [")
    assert row.split("|")[7].strip().startswith("33.3 [")


def test_files(seven: list[Path], tmp_path: Path) -> None:
    for name in ("t.md", "t.tex", "t.html"):
        shown = run(*seven, "-o", tmp_path / name)
        assert (shown.exit_code, shown.output) == (0, "")
        assert "58.7" in (tmp_path / name).read_text(encoding="utf-8")


def test_errors_are_one_line(seven: list[Path], tmp_path: Path) -> None:
    score_outputs(tmp_path / "more", "video-mme", GOLDS, model="mine")
    for arguments, status, told in (
        ((*seven, "-o", tmp_path / "t.pdf"), 2, ".md, .tex, .html"),
        ((tmp_path,), 1, "holds no scores.json"),
        ((*seven, tmp_path / "more" / "run"), 1, "leave one out"),
        ((seven[0], "-o", tmp_path / "no" / "t.md"), 1, "t.md"),
    ):
        shown = run(*arguments)
        assert (shown.exit_code, shown.stdout) == (status, ""), shown.output
        assert told in shown.stderr
        assert shown.stderr.count("\n") == 1
