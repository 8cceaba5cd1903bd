import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from click.testing import CliRunner, Result

from p2r_rewards.commands.judge import main as judge
from p2r_rewards.commands.score import main as score

EXAMPLES = Path(__file__).parents[2] / "examples"
ROLLOUTS = EXAMPLES / "rollouts.jsonl"


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(score, [str(argument) for argument in arguments], input=stdin)


@pytest.mark.parametrize(
    "options",
    [[], ["-o", "out.jsonl"], ["-o", "out.parquet", "--workers", "2"], ["-o", "-"], ["--json"], ["--quiet"]],
    ids=" ".join,
)
def test_page_is_the_same_whatever_else_is_written(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(ROLLOUTS, "--report", "report.html", *options)
    assert done.exit_code == 0, done.output
    assert run(ROLLOUTS, "--report", "other.html", "--quiet").exit_code == 0
    assert Path("report.html").read_bytes() == Path("other.html").read_bytes()
    assert "All 61 rollouts." in Path("report.html").read_text()
    if "--json" in options:
        assert json.loads(done.stdout)["rows"] == 61


def test_resumed_run_has_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = [ROLLOUTS, "-o", tmp_path / "o.jsonl", "--quiet", "--report"]
    assert run(*arguments, tmp_path / "whole.html").exit_code == 0
    with monkeypatch.context() as patched:
        patched.setattr("p2r_rewards.scoring.files.number_parts", Mock(side_effect=KeyboardInterrupt))
        assert run(*arguments, tmp_path / "resumed.html").exit_code == 130
    assert list(tmp_path.glob(".o.jsonl.*"))  # its parts
    assert run(*arguments, tmp_path / "resumed.html", "--resume").exit_code == 0
    assert (tmp_path / "resumed.html").read_bytes() == (tmp_path / "whole.html").read_bytes()


def test_standard_input_and_a_joined_dataset(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in ROLLOUTS.read_text().splitlines()]
    kept = ("problem_id", "completion", "sufficient")
    dump = "".join(json.dumps({name: row[name] for name in kept}) + "\n" for row in rows)
    done = run("-", "--dataset", ROLLOUTS, "--report", tmp_path / "r.html", "--quiet", stdin=dump.encode())
    assert done.exit_code == 0, done.output
    text = (tmp_path / "r.html").read_text()
    assert "What does the woman do right after she adds the flour?" in text
    assert "option B; gold is B" in text


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("r.txt", 2, "r.txt: the name must end in .html"),
        ("no/r.html", 1, "can't be written: no such folder"),
        ("in.html", 2, "in.html: is another file of this run"),
        ("folder.html", 1, "folder.html: is not a regular file"),
    ],
)
def test_wrong_names(name: str, status: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.html").write_bytes(ROLLOUTS.read_bytes())
    Path("folder.html").mkdir()
    done = run("in.html", "--report", name)
    assert (done.exit_code, message in done.output) == (status, True), done.output
    assert Path("in.html").read_bytes() == ROLLOUTS.read_bytes()


def test_missing_extra_is_told_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "jinja2" else find(name, *rest)
    )
    done = run(ROLLOUTS, "-o", tmp_path / "o.jsonl", "--report", tmp_path / "r.html")
    assert done.exit_code == 1
    assert "jinja2 is not installed; run: pip install 'p2r-rewards[report]'" in done.output
    assert list(tmp_path.iterdir()) == []


def test_calibrate(tmp_path: Path) -> None:
    labels, page = EXAMPLES / "judge_labels.jsonl", tmp_path / "r.html"
    arguments = ["calibrate", str(labels), "--judge", "lexical", "--targets", "1", "--json", "--report", str(page)]
    done = CliRunner().invoke(judge, arguments)
    assert done.exit_code == 0, done.output
    accuracy = json.loads(done.stdout)["judges"][0]["overall"]["accuracy"]
    assert f"{accuracy:.1%}" in page.read_text()
    assert "Items judged wrong" in page.read_text()
    refused = CliRunner().invoke(judge, [*arguments[:-1], str(labels)])
    assert refused.exit_code == 2
