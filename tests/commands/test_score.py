import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from p2r_rewards import __version__
from p2r_rewards.commands.score import main
from p2r_rewards.commands.terminal import clean
from p2r_rewards.rollouts import ADDED_COLUMNS

EXAMPLES = Path(__file__).parents[2] / "examples" / "rollouts.jsonl"
ROW: dict[str, Any] = {
    "problem": "How many?",
    "problem_type": "numerical",
    "solution": "2",
    "completion": "<observation>Two cups.</observation><think>Two.</think><answer>2</answer>",
    "sufficient": True,
    "perception_tokens": 150,
    "reasoning_tokens": 20,
}


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [ROW, {**ROW, "completion": "<answer>3</answer>"}]))
    return path


def test_help_and_version() -> None:
    shown = run("--help")
    assert shown.exit_code == 0
    assert "Examples:" in shown.output
    assert "Exit status: 0 done, 1 the work failed" in shown.output
    assert run("--version").output.strip() == f"p2r-score, version {__version__}"


def test_summary_of_the_example() -> None:
    shown = run(EXAMPLES)
    assert shown.exit_code == 0
    for text in ("61 rollouts · 11 groups of 4 to 6", "multi-select", "both (PA-GRPO)", "WER 2/5", "well formed"):
        assert text in shown.output
    assert "Note:" not in shown.output


def test_json_is_one_object() -> None:
    summary = json.loads(run(EXAMPLES, "--json").stdout)
    assert summary["rows"] == 61
    assert summary["processes"]["reasoning"]["accuracy"]["scored"] == 61


def test_quiet_prints_nothing(source: Path, tmp_path: Path) -> None:
    shown = run(source, "-o", tmp_path / "o.jsonl", "--quiet")
    assert (shown.exit_code, shown.output) == (0, "")
    assert len((tmp_path / "o.jsonl").read_text().splitlines()) == 2


def test_standard_output_holds_rows_and_standard_error_the_summary(source: Path) -> None:
    shown = run("-", "-o", "-", stdin=source.read_text())
    assert [set(ADDED_COLUMNS) <= set(json.loads(line)) for line in shown.stdout.splitlines()] == [True, True]
    assert "2 rollouts" in shown.stderr


def test_options_reach_the_scores(source: Path, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('length = "off"\n[grading]\nnumerical_tolerance = 0.6\n')
    output = tmp_path / "o.jsonl"
    run(source, "-o", output, "--config", tmp_path / "c.toml", "--map", "gold=solution", "--group-size", "1", "--quiet")
    stamp = json.loads((tmp_path / "o.jsonl.provenance.json").read_text())
    assert stamp["config"]["grading"]["numerical_tolerance"] == 0.6
    assert [json.loads(line)["reasoning_accuracy"] for line in output.read_text().splitlines()] == [1.0, 1.0]
    assert stamp["counts"]["groups"] == 2
    run(source, "-o", output, "--mode", "video_r1", "--quiet")
    assert json.loads((tmp_path / "o.jsonl.provenance.json").read_text())["config"]["mode"] == "video_r1"


def test_sufficient_column(source: Path) -> None:
    source.write_text(json.dumps({**ROW, "judge": "no"}) + "\n")
    assert json.loads(run(source, "--json").stdout)["processes"]["perception"]["accuracy"]["mean"] == 1.0
    shown = run(source, "--json", "--sufficient", "judge")
    assert json.loads(shown.stdout)["processes"]["perception"]["accuracy"]["mean"] == 0.0


def test_rejects_file(source: Path, tmp_path: Path) -> None:
    source.write_text(source.read_text() + "broken\n")
    shown = run(source, "--rejects", tmp_path / "r.jsonl")
    assert shown.exit_code == 0
    assert "1 rejected" in shown.output
    assert json.loads((tmp_path / "r.jsonl").read_text())["line"] == 3


@pytest.mark.parametrize(("extra", "status"), [("", 0), ("broken\n", 1), (json.dumps({**ROW, "solution": ""}), 1)])
def test_strict(source: Path, extra: str, status: int) -> None:
    source.write_text(source.read_text() + extra)
    assert run(source).exit_code == 0
    shown = run(source, "--strict")
    assert shown.exit_code == status
    assert ("--strict: " in shown.stderr) == bool(status)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "Missing argument 'INPUT...'"),
        (["nowhere.jsonl"], 2, "does not exist"),
        (["IN", "-o", "out.csv"], 2, "must end in .parquet or .jsonl"),
        (["IN", "--map", "gold"], 2, "write FIELD=COLUMN"),
        (["IN", "--map", "golden=x"], 2, "there is no field 'golden'"),
        (["IN", "--map", "gold=a", "--map", "gold=b"], 2, "mapped to 'a' and to 'b'"),
        (["IN", "--map", "gold=label"], 2, "no row has the column 'label'"),
        (["IN", "--sufficient", "judge"], 2, "no row has the column 'judge'"),
        (["IN", "--group-size", "3"], 2, "does not divide its 2 rows"),
        (["IN", "--group-size", "0"], 2, "--group-size"),
        (["IN", "--mode", "mine"], 2, "--mode"),
        (["IN", "--config", "nowhere.toml"], 2, "nowhere.toml: can't be read"),
        (["IN", "--tokenizer", "nowhere"], 2, "give a local file"),
        (["IN", "-o", "no/such/folder/o.jsonl"], 1, "can't be written: No such folder"),
        (["IN", "-o", "IN"], 2, "is an input"),
        (["IN", "-o", "r.jsonl", "--rejects", "./r.jsonl"], 2, "is the output; choose another name for the rejects"),
        (["IN", "-o", "r.jsonl", "--rejects", "r.jsonl.provenance.json"], 2, "is the provenance of the output"),
        (["IN", "IN"], 2, "is given twice"),
        (["SCORED", "-o", "again.jsonl"], 2, "write over them with --overwrite-columns"),
        (["EMPTY"], 1, "is empty"),
        (["PICKLE"], 1, "is a pickle"),
        (["NOTHING"], 1, "no row holds a rollout"),
    ],
)
def test_errors_are_one_clear_line(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "scored.jsonl").write_text(json.dumps({**ROW, "defects": []}))
    (tmp_path / "nothing.jsonl").write_text('{"a": 1}\n')
    (tmp_path / "rollouts.pkl").write_bytes(b"\x80\x04.")
    names = {
        "IN": str(source),
        "EMPTY": "empty.jsonl",
        "SCORED": "scored.jsonl",
        "PICKLE": "rollouts.pkl",
        "NOTHING": "nothing.jsonl",
    }
    before = sorted(tmp_path.iterdir())
    shown = run(*(names.get(argument, argument) for argument in arguments))
    assert shown.exit_code == status
    assert message in shown.stderr
    assert "Traceback" not in shown.output
    assert sorted(tmp_path.iterdir()) == before  # no half file, no temporary one


def test_text_of_models_is_shown_without_markup_and_control_characters(source: Path) -> None:
    nasty = "\x1b[31m[bold]red[/bold]\u202e\x07"
    source.write_text(json.dumps({**ROW, "problem_type": nasty, "solution": nasty}) + "\n")
    shown = run(source).output
    assert "[bold]red[/bold]" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert clean("a\nb\ud800").plain == "a b\\ud800"


def test_as_a_process(source: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from p2r_rewards.commands.score import main; main()"]
    done = subprocess.run([*command, str(source), "-o", "o.parquet"], cwd=tmp_path, capture_output=True, check=True)
    assert b"2 rollouts" in done.stdout
    failed = subprocess.run([*command, "-", "--json"], input=b"", capture_output=True, check=False)
    assert (failed.returncode, failed.stdout) == (1, b"")
    assert failed.stderr.strip() == b"p2r-score: standard input: is empty"


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from p2r_rewards.commands.score import main; "
        "CliRunner().invoke(main, ['--help']); print([m for m in ('numpy', 'pyarrow', 'rich') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout.strip() == b"[]"


COMMAND = [sys.executable, "-c", "from p2r_rewards.commands.score import main; main()"]


def test_terminals_of_few_characters(source: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*COMMAND, str(source)], env=environment, capture_output=True, check=True)
    assert b"2 rollouts \\xb7 1 group of 2" in done.stdout


@pytest.mark.parametrize(("redirect", "message"), [("-o - >&-", "output is closed"), ("- <&-", "input is closed")])
def test_closed_streams(source: Path, redirect: str, message: str) -> None:
    line = f"{shlex.join([*COMMAND, str(source)])} {redirect}"
    done = subprocess.run(line, shell=True, capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_run_keeps_its_progress_and_nothing_else(tmp_path: Path, end: signal.Signals) -> None:
    (tmp_path / "in.jsonl").write_text((json.dumps(ROW) + "\n") * 100_000)
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    command = [*COMMAND, "in.jsonl", "-o", "o.jsonl"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while not list(tmp_path.glob(".o.jsonl.*/*-*.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(end)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 128 + end, errors
    assert "--resume" in errors
    assert "Traceback" not in errors
    (progress,) = tmp_path.glob(".*")
    assert sorted(os.listdir(tmp_path)) == [progress.name, "in.jsonl", "tmp"]
    assert os.listdir(tmp_path / "tmp") == []
    subprocess.run([*command, "--resume", "--quiet"], cwd=tmp_path, check=True)
    assert sorted(os.listdir(tmp_path)) == ["in.jsonl", "o.jsonl", "o.jsonl.provenance.json", "tmp"]


def test_groups_without_known_rewards_are_told_from_equal_ones(source: Path) -> None:
    rows = [{**ROW, "group": group, "sufficient": group == 1 or None} for group in (1, 1, 2, 2, 3, 3)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown = run(source).output
    assert "as all rewards in them are equal, or fewer than two are known" in " ".join(shown.split())
    found = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.split()}
    assert found["of"][:3] == ["3", "3", "(100%)"]
    assert (found["equal"], found["unknown"]) == (["1", "3"], ["2", "0"])
    assert "fewer than two" not in run(EXAMPLES).output


def test_long_tables_are_cut_and_reasons_name_what_they_are_about(source: Path) -> None:
    rows = [{**ROW, "problem_type": f"kind {number:02}"} for number in range(25)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown = run(source).output
    assert "… and 5 more" in shown
    assert "'kind 00' in mode 'default'" in shown
