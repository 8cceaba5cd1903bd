import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from p2r_rewards.commands.diff import diff
from p2r_rewards.rollouts.columns import NUMBER_COLUMNS


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(diff, [str(argument) for argument in arguments])


def write(path: Path, rewards: list[float], how: str = "option B", mode: str = "default") -> Path:
    rows = [
        {"completion": f"text {number}", **dict.fromkeys(NUMBER_COLUMNS, 0.5), "reasoning_reward": reward}
        | {"grade_how": how, "unscored": None, "defects": []}
        for number, reward in enumerate(rewards)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path(f"{path}.provenance.json").write_text(json.dumps({"config": {"mode": mode}}))
    return path


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path / "a.jsonl", [1.0, 2.0]), write(
        tmp_path / "b.jsonl", [1.0, 2.2], "\x1b[31m[bold]text of D", "paper"
    )


def test_help() -> None:
    shown = run("--help")
    assert shown.exit_code == 0
    assert "Exit status: 0 no number changed" in shown.output


def test_the_same(runs: tuple[Path, Path]) -> None:
    shown = run(runs[0], runs[0])
    assert shown.exit_code == 0
    assert shown.output == "2 rows: the same, within 1e-09\n"
    assert run(*runs, "--tolerance", "0.3").exit_code == 0


def test_differences(runs: tuple[Path, Path]) -> None:
    shown = run(*runs)
    assert shown.exit_code == 1
    for text in ("1 column changed", "reasoning_reward", "2.2", "grade_how: 2 rows", "config.mode: default → paper"):
        assert text in shown.output
    assert "\x1b" not in shown.output
    assert "[bold]text of D" in shown.output
    assert max(map(len, shown.output.splitlines())) <= 80
    assert run(*runs, "--quiet").output == ""


def test_json(runs: tuple[Path, Path]) -> None:
    shown = run(*runs, "--json", "--show", "1")
    found: dict[str, Any] = json.loads(shown.stdout)
    assert shown.exit_code == 1
    assert found["numbers"]["reasoning_reward"]["largest"] == [{"row": 2, "before": 2.0, "after": 2.2}]


def test_errors_are_one_clear_line(runs: tuple[Path, Path], tmp_path: Path) -> None:
    longer = write(tmp_path / "c.jsonl", [1.0, 2.0, 3.0])
    plain = tmp_path / "d.jsonl"
    plain.write_text("{}\n")
    for arguments, status, message in (
        ((runs[0], longer), 1, "ends after 2 rows and"),
        ((runs[0], plain), 1, "has no column"),
        ((*runs, "--tolerance", "-1"), 2, "tolerance must be"),
        ((*runs, "--tolerance", "nan"), 2, "tolerance must be"),
        ((*runs, "--show", "-1"), 2, "--show"),
        ((runs[0], tmp_path / "nowhere.jsonl"), 2, "does not exist"),
        ((runs[0],), 2, "Missing argument"),
        ((runs[0], tmp_path), 2, "is a directory"),
    ):
        shown = run(*arguments)
        assert shown.exit_code == status
        assert message in shown.stderr
        assert "Traceback" not in shown.output


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from p2r_rewards.commands.diff import diff; "
        "CliRunner().invoke(diff, ['--help']); print([m for m in ('numpy', 'pyarrow', 'rich') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout.strip() == b"[]"
