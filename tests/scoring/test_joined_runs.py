"""Dumps of trainers scored with the data set they came from: whole runs, with everything that can be asked of one."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from p2r_rewards.commands.score import main
from p2r_rewards.rollouts import ADDED_COLUMNS, chunks
from p2r_rewards.scoring import ScoringJob, score_files
from p2r_rewards.scoring.pass_rates import RIGHT_AT

VERL = Path(__file__).parents[1] / "rollouts" / "dumps" / "verl"
GROUP = 4


def answer_of(number: int) -> str:
    return "ABCD"[number % 4]


def reply(answer: str) -> str:
    return f"<observation>A street.</observation><think>So.</think><answer>{answer}</answer>"


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Dumps of TRL and verl, with what has no place among them, in chunks so small that there are many."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 3_000)
    rng = random.Random(0)
    folder = tmp_path / "dumps"
    folder.mkdir()
    for step in (1, 2):
        rows = [
            {
                "step": step,
                "prompt": f"user\nWhat is on picture {n}?\nA. a\nB. b\nC. c\nD. d\nassistant\n",
                "completion": reply(answer_of(n) if rng.random() < 0.5 else "A"),
                "accuracy_reward": float(rng.random() < 0.5),
                "advantage": 0.0,
            }
            for n in range(20)
            for _ in range(GROUP)
        ]
        pq.write_table(pa.Table.from_pylist(rows), folder / f"completions_{step:05d}.parquet")
    broken = [b"not json", b'{"step": 1, "input": "user\\nWho asked this?\\nassistant\\n", "output": "x"}']
    for name in ("1.jsonl", "2.jsonl"):
        lines = (VERL / name).read_bytes().splitlines()
        (folder / name).write_bytes(b"\n".join([*broken, *lines, b"[]"]) + b"\n")
    (folder / "notes.txt").write_text("no data")
    return [str(folder)]


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    rows: list[dict[str, Any]] = [
        {
            "problem_id": n,
            "problem": f"What is on picture {n}?",
            "problem_type": "multiple choice",
            "options": ["A. a", "B. b", "C. c", "D. d"],
            "solution": f"<answer>{answer_of(n)}</answer>",
        }
        for n in range(20)
    ]
    rows.append({"problem": "Wie viele? ☂", "problem_type": "numerical", "solution": "2", "problem_id": "u"})
    ball = "Where is the ball? A. left B. right"
    options = ["A. left", "B. right"]
    rows.append(
        {"problem": ball, "problem_type": "multiple choice", "solution": "B", "problem_id": "b", "options": options}
    )
    path = tmp_path / "train.json"
    path.write_text(json.dumps(rows))
    return str(path)


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read_rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return rows
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize(
    ("output", "prompts", "options"),
    [
        ("o.jsonl", "p.parquet", {"compare": "paper"}),
        ("o.parquet", "p.jsonl", {"compare": "score"}),
        ("o.jsonl", "p.jsonl", {"group_size": 1, "keep_between": (0, 1)}),
    ],
)
def test_workers_give_the_same_bytes(
    inputs: list[str], dataset: str, tmp_path: Path, output: str, prompts: str, options: dict[str, Any]
) -> None:
    found = []
    for workers in (1, 3):
        folder = tmp_path / str(workers)
        folder.mkdir()
        job = ScoringJob(
            inputs=inputs,
            dataset=[dataset],
            output=str(folder / output),
            prompts=str(folder / prompts),
            workers=workers,
            **options,
        )
        summary = score_files(job) | {"output": None, "prompts_file": None, "rejects_file": None}
        found.append((written(folder), summary))
    assert found[0] == found[1]
    files, summary = found[0]
    assert {output, prompts, f"{output}.rejects.jsonl"} <= set(files)
    rows = read_rows(tmp_path / "1" / output)
    verl = sum(len((VERL / name).read_bytes().splitlines()) for name in ("1.jsonl", "2.jsonl"))
    assert summary["rows"] == len(rows) == 160 + verl + 2
    assert summary["rejects"] == len(files[f"{output}.rejects.jsonl"].splitlines()) == 4
    assert all(set(ADDED_COLUMNS) <= set(row) for row in rows)
    joined = [row for row in rows if row["reasoning_accuracy"] is not None]
    assert len(joined) == 160 + verl
    asked = [row for row in rows if row["reasoning_accuracy"] is None]
    assert all("not in the dataset: no row has its question" in row["unscored"] for row in asked)
    if options.get("compare") == "score":
        compared = summary["comparison"]
        assert compared["rows"] - compared["theirs_unscored"] - compared["both_unscored"] == verl


def test_health_and_pass_rates_are_those_of_the_output(inputs: list[str], dataset: str, tmp_path: Path) -> None:
    output, prompts = tmp_path / "o.jsonl", tmp_path / "p.jsonl"
    job = ScoringJob(inputs=inputs, dataset=[dataset], output=str(output), prompts=str(prompts))
    health = score_files(job)["health"]
    rows = read_rows(output)
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row.get("step"), row.get("prompt") or row.get("input")), []).append(row)
    rates = []
    for group in groups.values():
        scored = [row["reasoning_accuracy"] for row in group if row["reasoning_accuracy"] is not None]
        rates.append(np.mean([value >= RIGHT_AT for value in scored]) if scored else None)
    exported = read_rows(prompts)
    assert [row["pass_rate"] for row in exported] == rates
    assert [row["rollouts"] for row in exported] == [len(group) for group in groups.values()]
    known = [rate for rate in rates if rate is not None]
    found = health["pass_rate"]
    assert (found["groups"], found["all_wrong"], found["all_right"]) == (len(known), known.count(0), known.count(1))
    assert found["mean"] == pytest.approx(np.mean(known))
    malformed = [row for row in rows if row["defects"]]
    assert (health["malformed"], health["rows"]) == (len(malformed), len(rows))
    for defect, count in health["defects"].items():
        assert count == sum(any(one.startswith(defect) for one in row["defects"]) for row in rows)


def test_pass_rates_name_the_first_row_of_each_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 700)
    rng = random.Random(1)
    names = ["a.jsonl", "b.jsonl"]
    first: dict[int, tuple[str, int]] = {}
    for name in names:
        lines = []
        for line in range(1, 61):
            n = rng.randrange(15)
            if rng.random() < 0.3:
                lines.append(rng.choice(["", "broken", "{}"]))
                continue
            place = (str(tmp_path / name), line)
            first.setdefault(n, place)
            lines.append(json.dumps({"problem": f"Q{n}", "problem_id": n, "completion": reply("A"), "gold": "A"}))
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    prompts = tmp_path / "p.jsonl"
    for workers in (1, 2):
        score_files(ScoringJob(inputs=[str(tmp_path / name) for name in names], prompts=str(prompts), workers=workers))
        found = read_rows(prompts)
        assert {int(row["problem_id"]): (row["file"], row["line"]) for row in found} == first
        assert [row["question"] for row in found] == [f"Q{n}" for n in first]
        assert [row["group"] for row in found] == list(range(len(first)))


def test_killed_and_resumed_with_a_dataset(inputs: list[str], dataset: str, tmp_path: Path) -> None:
    (tmp_path / "killed").mkdir()
    (tmp_path / "whole").mkdir()
    command = [
        sys.executable,
        "-c",
        "import os, sys; from p2r_rewards.rollouts import chunks; from p2r_rewards.scoring import gathering;"
        "chunks.CHUNK_BYTES = 3_000; left = [int(sys.argv.pop())]; add = gathering.Gathered.add\n"
        "def count(*arguments):\n"
        "    left[0] -= 1\n"
        "    return add(*arguments) if left[0] else os.kill(os.getpid(), 9)\n"
        "gathering.Gathered.add = count\n"
        "from p2r_rewards.commands.score import main; main()",
        *inputs,
        "--dataset",
        dataset,
        "-o",
        "o.jsonl",
        "--prompts",
        "p.jsonl",
        "--workers",
        "2",
        "--quiet",
        "--resume",
    ]
    for after, status in (("2", -signal.SIGKILL), ("4", -signal.SIGKILL), ("-1", 0)):
        done = subprocess.run([*command, after], cwd=tmp_path / "killed", stderr=subprocess.PIPE, text=True)
        assert done.returncode == status, done.stderr
    subprocess.run([*command, "-1"], cwd=tmp_path / "whole", check=True)
    assert written(tmp_path / "killed") == written(tmp_path / "whole")
    assert os.listdir(tmp_path / "whole")


def test_rollouts_that_the_dataset_contradicts(tmp_path: Path) -> None:
    problems = [
        {"problem_id": 1, "problem": "How many cups?", "problem_type": "numerical", "solution": "2"},
        {"problem_id": 2, "problem": "How many cups?", "problem_type": "numerical", "solution": "3"},
    ]
    rollouts = [
        {"problem": "How many cups?", "completion": reply("2")},
        {"problem_id": 1, "problem": "Who is it?", "completion": reply("2")},
        {"problem_id": 2, "problem": "How many cups?", "completion": reply("3")},
        {"problem": "Where?", "completion": reply("2")},
    ]
    source, dataset, output = (tmp_path / name for name in ("in.jsonl", "train.json", "o.jsonl"))
    source.write_text("\n".join(map(json.dumps, rollouts)))
    dataset.write_text(json.dumps(problems))
    shown = CliRunner().invoke(main, [str(source), "--dataset", str(dataset), "-o", str(output), "--json", "--strict"])
    assert shown.exit_code == 1
    assert shown.stderr == "p2r-score: --strict: 2 rows rejected, 2 not fully scored\n"
    summary = json.loads(shown.stdout)
    assert (summary["rows"], summary["rejects"]) == (2, 2)
    rejects = read_rows(Path(f"{output}.rejects.jsonl"))
    assert [one["line"] for one in rejects] == [1, 2]
    assert "ambiguous in the dataset: it can be " in rejects[0]["reason"]
    assert "which asks something else; give another column with --map id=COLUMN" in rejects[1]["reason"]
    assert [row["reasoning_accuracy"] for row in read_rows(output)] == [1.0, None]

    dataset.write_text(json.dumps([{"foo": 1}, {"problem": None}]))
    output.unlink()
    shown = CliRunner().invoke(main, [str(source), "--dataset", str(dataset), "-o", str(output)])
    assert shown.exit_code == 1
    assert shown.stderr.startswith(f"p2r-score: the dataset {dataset} holds no row that can be joined: ")
    assert f"({dataset}, row 1)" in shown.stderr
    assert not output.exists()


def test_a_dataset_may_be_an_input(tmp_path: Path) -> None:
    row = {"problem": "How many?", "problem_type": "numerical", "solution": "2", "completion": reply("2")}
    (tmp_path / "in.jsonl").write_text(json.dumps(row))
    name = str(tmp_path / "in.jsonl")
    assert score_files(ScoringJob(inputs=[name], dataset=[name]))["processes"]["reasoning"]["accuracy"]["mean"] == 1
