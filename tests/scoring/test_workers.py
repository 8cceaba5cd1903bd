"""The same bytes whoever does the work, however the input is cut, and however often a run was killed."""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from p2r_rewards import RewardConfig
from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.rollouts import chunks
from p2r_rewards.rollouts.columns import CollisionError
from p2r_rewards.scoring import ScoringJob, score_files

EXAMPLES = Path(__file__).parents[2] / "examples" / "rollouts.jsonl"


def example_rows(count: int) -> list[dict[str, Any]]:
    """The examples' rows over and over, in scattered groups."""
    examples = [json.loads(line) for line in EXAMPLES.read_text().splitlines()]
    rows = [
        {**examples[number % len(examples)], "step": number // (2 * len(examples)), "n": number}
        for number in range(count)
    ]
    random.Random(0).shuffle(rows)
    return rows


def json_lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def outputs(folder: Path, output: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith(output)}


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 20_000)


def write_inputs(folder: Path) -> list[str]:
    """One file of each kind, with broken lines among the rows."""
    folder.mkdir()
    rows = example_rows(600)
    broken = json_lines(rows[:150]) + b"not json\n\n" + json_lines(rows[150:200]) + b'{"n": NaN}\n'
    (folder / "a.jsonl").write_bytes(broken)
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(json_lines(rows[200:350]) + b"[1]\n", mtime=0))
    (folder / "c.json").write_bytes(json.dumps([*rows[350:450], 7], indent=1).encode())
    pq.write_table(pa.Table.from_pylist(rows[450:]), folder / "d.parquet")
    return [str(folder)]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("output", ["out.jsonl", "out.parquet"])
@pytest.mark.parametrize(
    "config",
    [RewardConfig(), RewardConfig(length="dynamic", length_unit="words", perception_band=(5, 9))],
    ids=["fixed", "dynamic"],
)
def test_workers_and_engines_give_the_same_bytes(tmp_path: Path, output: str, config: RewardConfig) -> None:
    inputs = write_inputs(tmp_path / "in")
    results = []
    for options in ({"workers": 1}, {"workers": 2}, {"workers": 5}):
        folder = tmp_path / str(options["workers"])
        folder.mkdir()
        summary = score_files(ScoringJob(inputs=inputs, output=str(folder / output), config=config, **options))
        summary |= {"output": None, "rejects_file": None}
        results.append((outputs(folder, output), summary))
    assert results[0] == results[1] == results[2]
    summary = results[0][1]
    assert (summary["rows"], summary["rejects"]) == (600, 4)
    firsts = {one["first"]["file"][-8:]: one["first"]["line"] for one in summary["reject_reasons"]}
    assert firsts["/a.jsonl"] in (151, 203)
    rejects = [json.loads(line) for line in results[0][0][output + ".rejects.jsonl"].splitlines()]
    assert [(Path(one["file"]).name, one["line"]) for one in rejects] == [
        ("a.jsonl", 151),
        ("a.jsonl", 203),
        ("b.jsonl.gz", 151),
        ("c.json", 101),
    ]


@pytest.mark.parametrize("kind", ["jsonl", "gz", "json", "parquet"])
def test_numbers_do_not_depend_on_the_cuts(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = example_rows(300)
    source = tmp_path / f"in.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), source)
    else:
        text = json.dumps(rows).encode() if kind == "json" else json_lines(rows)
        source.write_bytes(gzip.compress(text, mtime=0) if kind == "gz" else text)
    found = []
    for size in (1, 5_000, 4_000_000):
        monkeypatch.setattr(chunks, "CHUNK_BYTES", size)
        output = tmp_path / f"{size}.jsonl"
        summary = score_files(ScoringJob(inputs=[str(source)], output=str(output), group_size=3))
        found.append((output.read_bytes(), summary["groups"], summary["examples"], summary["collapsed"]))
    assert found[0] == found[1] == found[2]


def test_large_groups_span_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from p2r_rewards.scoring import table

    source = tmp_path / "in.jsonl"
    source.write_bytes(json_lines(example_rows(300)))
    found = []
    for rows in (1, 7, 1 << 17):
        monkeypatch.setattr(table, "BLOCK_ROWS", rows)
        output = tmp_path / f"{rows}.jsonl"
        summary = score_files(ScoringJob(inputs=[str(source)], output=str(output)))
        found.append((output.read_bytes(), summary["collapsed"]))
    assert found[0] == found[1] == found[2]


@pytest.mark.usefixtures("small_chunks")
def test_errors_of_workers_name_the_row_of_the_file(tmp_path: Path) -> None:
    rows = example_rows(300)
    rows[250]["reasoning_reward"] = 1.0
    for name, text in [("in.jsonl", json_lines(rows)), ("in.gz", gzip.compress(json_lines(rows)))]:
        (tmp_path / name).write_bytes(text)
        for workers in (1, 2):
            job = ScoringJob(inputs=[str(tmp_path / name)], output=str(tmp_path / "out.jsonl"), workers=workers)
            with pytest.raises(CollisionError, match="row 251: the input has reasoning_reward already"):
                score_files(job)
    assert sorted(os.listdir(tmp_path)) == ["in.gz", "in.jsonl"]


def test_a_line_far_over_the_limit_is_a_reject(tmp_path: Path) -> None:
    rows = example_rows(4)
    text = json_lines(rows[:2]) + b'{"completion": "' + b"x" * 9_000_000 + b'"}\n' + json_lines(rows[2:])
    for name, content in [("in.jsonl", text), ("in.gz", gzip.compress(text))]:
        (tmp_path / name).write_bytes(content)
        summary = score_files(ScoringJob(inputs=[str(tmp_path / name)], max_line=100_000, workers=2))
        assert (summary["rows"], summary["rejects"]) == (4, 1)
        assert summary["reject_reasons"][0]["first"]["line"] == 3


SCORE = "from p2r_rewards.commands.score import main; main()"


def start(folder: Path, *options: str) -> "subprocess.Popen[str]":
    script = (
        "import sys; from p2r_rewards.rollouts import chunks; chunks.CHUNK_BYTES = 20_000;"
        "from p2r_rewards.commands.score import main; main()"
    )
    command = [sys.executable, "-c", script, "in.jsonl", "-o", "out.jsonl", "--quiet", *options]
    return subprocess.Popen(command, cwd=folder, text=True, stderr=subprocess.PIPE)


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_killed_at_random_moments_and_resumed(tmp_path: Path, workers: int) -> None:
    text = json_lines(example_rows(4_000)) + b"broken\n"
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "in.jsonl").write_bytes(text)
    began = time.monotonic()
    assert start(tmp_path / "whole", "--workers", "1").wait() == 0
    seconds = time.monotonic() - began
    rng = random.Random(workers)
    kills = 0
    for _ in range(10):
        process = start(tmp_path / "killed", "--workers", str(workers), "--resume")
        try:
            process.wait(rng.uniform(0.2, seconds))
        except subprocess.TimeoutExpired:
            kills += 1
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    final = start(tmp_path / "killed", "--workers", str(workers), "--resume")
    _, errors = final.communicate()
    assert final.returncode == 0, errors
    assert kills
    whole, killed = outputs(tmp_path / "whole", "out.jsonl"), outputs(tmp_path / "killed", "out.jsonl")
    assert set(whole) == {"out.jsonl", "out.jsonl.provenance.json", "out.jsonl.rejects.jsonl"}
    assert whole == killed


@pytest.mark.usefixtures("small_chunks")
def test_resuming_scores_only_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from p2r_rewards.scoring import parts

    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(json_lines(example_rows(200)))
    score_chunk = parts._score_chunk
    scored: list[str] = []

    def count(limit: int) -> None:
        def score(*arguments: Any) -> None:
            if len(scored) == limit:
                raise KeyboardInterrupt
            score_chunk(*arguments)
            scored.append(arguments[-1].info.name)

        monkeypatch.setattr(parts, "_score_chunk", score)

    count(2)
    with pytest.raises(KeyboardInterrupt):
        score_files(ScoringJob(inputs=[str(source)], output=str(output)))
    count(-1)
    score_files(ScoringJob(inputs=[str(source)], output=str(output), resume=True))
    assert len(scored) == len(set(scored)) > 4
    score_files(ScoringJob(inputs=[str(source)], output=str(tmp_path / "again.jsonl")))
    assert len(scored) == 2 * len(set(scored))
    assert output.read_bytes() == (tmp_path / "again.jsonl").read_bytes()


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("change", ["input", "config", "mapping", "nothing there"])
def test_what_has_changed_is_scored_anew(tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from p2r_rewards.scoring import files

    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(json_lines(example_rows(100)))
    options: dict[str, Any] = {"inputs": [str(source)], "output": str(output)}

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(files, "make_stamp", interrupt)
        if change != "nothing there":
            with pytest.raises(KeyboardInterrupt):
                score_files(ScoringJob(**options))
    if change == "input":
        source.write_bytes(json_lines(example_rows(101)))
    elif change == "config":
        options["config"] = RewardConfig(length_bonus=0.5)
    elif change == "mapping":
        options["mapping"] = {"step": "n"}
    summary = score_files(ScoringJob(**options, resume=True))
    why = "no run to resume" if change == "nothing there" else "have changed"
    assert any(why in note for note in summary["notes"])
    score_files(ScoringJob(**{**options, "output": str(tmp_path / "new.jsonl")}))
    assert output.read_bytes() == (tmp_path / "new.jsonl").read_bytes()


def test_resuming_needs_an_output_file() -> None:
    with pytest.raises(ConfigError, match="only a run with an output file can be resumed"):
        ScoringJob(inputs=["x"], resume=True)


def test_two_runs_of_one_output(tmp_path: Path) -> None:
    from p2r_rewards.scoring.work_folder import WorkFolder

    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(json_lines(example_rows(2)))
    job = ScoringJob(inputs=[str(source)], output=str(output))
    with WorkFolder(job), pytest.raises(DataError, match="another run is writing it"):
        score_files(job)
    score_files(job)


def test_a_temporary_folder_too_long_for_sockets(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    (tmp_path / "in.jsonl").write_bytes(json_lines(example_rows(100)))
    environment = {**os.environ, "TMPDIR": str(deep)}
    process = subprocess.run(
        [sys.executable, "-c", SCORE, "in.jsonl", "--workers", "2", "--json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert json.loads(process.stdout)["rows"] == 100
