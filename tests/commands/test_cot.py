"""`p2r-cot` as it is typed: what it says before a server is paid, and what is wrong usage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("av")
pytest.importorskip("openai")

from p2r_rewards.commands.cot import main
from tests.experiments.cot.scripted import GOOD, make_clips, row, write_as_asked, write_rows
from tests.judges.fake_server import FakeServer


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def media(tmp_path: Path) -> Path:
    return make_clips(tmp_path / "media")


def test_a_dry_run_asks_nobody(tmp_path: Path, media: Path) -> None:
    rows = [row(0, "good"), row(1, "good"), row(2, "good", path="clips/none.mp4"), row(3, "good", problem_type="x")]
    path = write_rows(tmp_path / "rows.json", rows)
    with FakeServer(write_as_asked) as server:
        given = ["run", path, "--model", f"openai:m@{server.openai}", "--media-root", media, "--frames", 2]
        given += ["--judge", "lexical", "-o", tmp_path / "cot.jsonl"]
        shown = invoke(*given, "--dry-run")
        assert not server.seen
        assert not (tmp_path / "cot.jsonl.work").exists(), "nothing is written either"
        assert shown.exit_code == 0
        wanted = ["4 rows, 2 of them usable; 2 requests", "media: missing: 1", "unknown problem type: 1", "134,001"]
        wanted += ["2 × image_url", "[0 good] What colour is the square? {question} {problem}"]
        assert [words for words in wanted if words not in shown.output] == []
        assert invoke(*given).exit_code == 0
        found = json.loads(invoke(*given, "--dry-run", "--json").stdout)
    assert (found["known"], found["requests"]) == (2, 0)


def test_what_a_run_says(tmp_path: Path, media: Path) -> None:
    path = write_rows(tmp_path / "rows.json", [
        row(number, kind, problem=f"What colour is the square? [{number} {kind}]")
        for number, kind in enumerate(("good", "insufficient", "malformed"))
    ])  # fmt: skip
    with FakeServer(write_as_asked) as server:
        shown = invoke("run", path, "--model", f"openai:m@{server.openai}", "--media-root", media, "--frames", 2,
                       "--judge", "lexical", "-o", tmp_path / "cot.jsonl")  # fmt: skip
    assert shown.exit_code == 0
    assert "3 rows in, 1 kept" in shown.output
    assert "no model read the observations" in " ".join(shown.output.split()), "a lexical judge is told of"
    stats = invoke("stats", tmp_path / "cot.jsonl")
    assert stats.exit_code == 0
    assert "1 record, 0 without a trace" in stats.output


def test_hostile_text_reaches_no_terminal(tmp_path: Path, media: Path) -> None:
    evil = row(0, "good", problem="\x1b]0;owned\x07 [red]What?", problem_type="free-form")
    path = write_rows(tmp_path / "rows.json", [evil, row(1, "good", path="\x1b[2J.mp4", problem_type="\x1b[31m")])
    shown = invoke("run", path, "--model", "openai:m@http://127.0.0.1:9/v1", "--media-root", media, "--judge",
                   "lexical", "-o", tmp_path / "cot.jsonl", "--dry-run")  # fmt: skip
    assert shown.exit_code == 0
    assert "\x1b" not in shown.output
    assert "[red]What?" in shown.output
    hostile = tmp_path / "traces.jsonl"
    hostile.write_text(json.dumps({**row(0, "good"), "problem_type": "\x1b[31mhaiku", "output": GOOD}) + "\n")
    for step in (["stats", hostile], ["verify", hostile, "-o", tmp_path / "v.jsonl"]):
        done = invoke(*step)
        assert done.exit_code == 0
        assert "\x1b" not in done.output


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"-o": "cot.parquet"}, 2, "ends in .jsonl"),
        ({"--shard": "3/2"}, 2, "I/N"),
        ({"--model": "gpt"}, 2, "this names no model"),
        ({"--model": "openai:m@http://me:secret@host/v1"}, 2, "P2R_MODEL_API_KEY"),
        ({"--judge": "nobody"}, 2, "this names no judge"),
        ({"--media-root": "nowhere"}, 2, "is no folder"),
        ({"--template": "nothing"}, 2, "neither built in"),
        ({"--temperature": "9"}, 2, "temperature must be from 0 to 2"),
        ({"--mode": "mine"}, 2, "Invalid value for '--mode'"),
    ],
)
def test_wrong_usage(
    tmp_path: Path, media: Path, changes: dict[str, str], status: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_rows(tmp_path / "rows.json", [row(0, "good")])
    with FakeServer(write_as_asked) as server:
        given = {
            "--model": f"openai:m@{server.openai}",
            "--media-root": str(media),
            "--judge": "lexical",
            "-o": "o.json",
        }
        done = invoke("run", path, *[part for pair in {**given, **changes}.items() for part in pair])
        assert not server.seen, "what is wrong is told before a server is paid"
    assert done.exit_code == status, done.output
    assert words in done.output
    assert "secret" not in done.output
    assert "Traceback" not in done.output


def test_an_input_that_is_none(tmp_path: Path) -> None:
    empty, broken = tmp_path / "empty.json", tmp_path / "broken.json"
    empty.touch()
    broken.write_text("[{")
    for path in (empty, broken):
        done = invoke("verify", path, "-o", tmp_path / "out.jsonl")
        assert done.exit_code == 1
        assert path.name in done.output
        assert not (tmp_path / "out.jsonl").exists()


def test_help_tells_of_every_step() -> None:
    shown = invoke("--help").output
    assert all(step in shown for step in ("run", "generate", "verify", "sufficiency", "stats"))
    assert "process-aware-cot" in invoke("generate", "--help").output
