"""Ray Data gives the bytes that local processes give, its errors are ours, and a killed run can be resumed."""

import builtins
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.errors import MissingExtraError
from p2r_rewards.rollouts.columns import CollisionError
from p2r_rewards.scoring import ScoringJob, score_files
from p2r_rewards.scoring.engines import open_workers
from p2r_rewards.scoring.lost_workers import LostWorkersError

EXAMPLES = Path(__file__).parents[2] / "examples" / "rollouts.jsonl"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster of two cores that is there before a run begins."""
    ray = pytest.importorskip("ray", reason="needs Ray")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, log_to_driver=False, include_dashboard=False)
    yield ray
    ray.shutdown()


def example_rows(count: int) -> list[dict[str, Any]]:
    examples = [json.loads(line) for line in EXAMPLES.read_text().splitlines()]
    rows = [{**examples[number % len(examples)], "n": number} for number in range(count)]
    random.Random(0).shuffle(rows)
    return rows


def json_lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = example_rows(200)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(json_lines(rows[:50]) + b"broken\n")
    (tmp_path / "in" / "b.jsonl.gz").write_bytes(gzip.compress(json_lines(rows[50:100]) + b"[]\n"))
    (tmp_path / "in" / "c.json").write_text(json.dumps(rows[100:150]))
    pq.write_table(pa.Table.from_pylist(rows[150:]), tmp_path / "in" / "d.parquet")
    return [str(tmp_path / "in")]


def outputs(folder: Path, options: dict[str, Any]) -> dict[str, bytes]:
    folder.mkdir()
    score_files(ScoringJob(output=str(folder / options["name"]), **{k: v for k, v in options.items() if k != "name"}))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["o.jsonl", "o.parquet"])
def test_same_bytes_as_local(cluster: Any, inputs: list[str], tmp_path: Path, name: str) -> None:
    dataset = tmp_path / "data.jsonl"
    rows = example_rows(61)
    dataset.write_bytes(json_lines([{k: v for k, v in row.items() if k != "completion"} for row in rows]))
    options = {"inputs": inputs, "dataset": [str(dataset)], "compare": "paper", "name": name}
    found = [outputs(tmp_path / engine, {**options, "engine": engine}) for engine in ("local", "ray")]
    assert found[0] == found[1]
    assert {name, f"{name}.rejects.jsonl"} <= set(found[0])
    assert cluster.is_initialized()  # it was there before


def test_relative_names_hold_wherever_workers_stand(
    cluster: Any, inputs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the cluster's workers stand where it was started
    score_files(ScoringJob(inputs=["in"], output="o.jsonl", engine="ray"))
    score_files(ScoringJob(inputs=["in"], output="l.jsonl"))
    assert Path("o.jsonl").read_bytes() == Path("l.jsonl").read_bytes()


def test_errors_of_workers_arrive_as_themselves(cluster: Any, tmp_path: Path) -> None:
    source = tmp_path / "in.gz"
    source.write_bytes(gzip.compress(json_lines([*example_rows(30), {"completion": "x", "reasoning_reward": 1}])))
    job = ScoringJob(inputs=[str(source)], output=str(tmp_path / "o.jsonl"), engine="ray")
    with pytest.raises(CollisionError, match="row 31: the input has reasoning_reward already"):
        score_files(job)
    assert os.listdir(tmp_path) == ["in.gz"]


def _fail(task: str) -> str:
    if task == "full":
        raise OSError(28, "No space left on device")
    if task == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "a bug":
        raise KeyError(task)
    return task


@pytest.mark.parametrize(
    ("task", "error", "message"),
    [
        ("full", OSError, "No space left"),
        ("a bug", KeyError, "a bug"),
        ("killed", LostWorkersError, "Ray failed"),
    ],
)
def test_what_befalls_a_worker(cluster: Any, task: str, error: type[Exception], message: str) -> None:
    with open_workers("ray", 2, 0) as workers:
        assert list(workers.map(_fail, [])) == []
        assert list(workers.map(_fail, ["one", "two", "three"])) == ["one", "two", "three"]
        with pytest.raises(error, match=message):
            list(workers.map(_fail, ["one", task]))


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def refuse(name: str, *arguments: Any, **options: Any) -> Any:
        if name.partition(".")[0] == "ray":
            raise ModuleNotFoundError(name)
        return load(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    source = tmp_path / "in.jsonl"
    source.write_bytes(json_lines(example_rows(2)))
    with pytest.raises(MissingExtraError, match=r"ray\[data\] is not installed; run: pip install 'p2r-rewards\[ray\]'"):
        score_files(ScoringJob(inputs=[str(source)], output=str(tmp_path / "o.jsonl"), engine="ray"))
    assert os.listdir(tmp_path) == ["in.jsonl"]


def test_killed_and_resumed(cluster: Any, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(json_lines(example_rows(3_000)))
    address = cluster.get_runtime_context().gcs_address
    script = (
        "import sys; from p2r_rewards.rollouts import chunks; chunks.CHUNK_BYTES = 100_000;"
        "from p2r_rewards.commands.score import main; main()"
    )

    def start(output: str, *options: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", script, "in.jsonl", "-o", output, "--quiet", *options]
        return subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "RAY_ADDRESS": address})

    def parts() -> int:
        return len(list(tmp_path.glob(".o.jsonl.*/*-*.json")))

    for wanted in (1, 9):  # parts that are there when the driver is killed
        process = start("o.jsonl", "--engine", "ray", "--resume")
        while parts() < wanted and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert start("o.jsonl", "--engine", "ray", "--resume").wait() == 0
    assert start("l.jsonl", "--workers", "1").wait() == 0
    assert (tmp_path / "o.jsonl").read_bytes() == (tmp_path / "l.jsonl").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "in.jsonl",
        *(f"{letter}.jsonl{end}" for letter in "lo" for end in ("", ".provenance.json")),
    ]


def test_sigterm_with_a_cluster_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs Ray")
    (tmp_path / "in.jsonl").write_bytes(json_lines(example_rows(6_000)))
    script = (
        "from p2r_rewards.rollouts import chunks; chunks.CHUNK_BYTES = 100_000;"
        "from p2r_rewards.commands.score import main; main()"
    )
    command = [sys.executable, "-c", script, "in.jsonl", "-o", "o.jsonl", "--quiet", "--engine", "ray"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "RAY_ADDRESS": "local"}, stderr=subprocess.PIPE, text=True
    )
    while not list(tmp_path.glob(".o.jsonl.*/*-*.json")) and process.poll() is None:
        time.sleep(0.02)
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, errors
    assert errors.endswith("p2r-score: interrupted; the same command with --resume goes on from here\n")
    left = [path.name for path in tmp_path.iterdir()]
    assert [name for name in left if not name.endswith(".p2r-score")] == ["in.jsonl"]
