"""The three steps end to end through a real server, with counts worked out by hand; and killed at each step."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("av")
pytest.importorskip("openai")

from click.testing import CliRunner

from p2r_rewards.commands.cot import main
from tests.experiments.cot.scripted import (
    GOOD,
    REPLIES,
    asked,
    counts,
    make_clips,
    options,
    row,
    write_as_asked,
    write_rows,
)
from tests.judges.fake_server import Act, FakeServer, Seen

FIELDS = [
    *("problem_id", "problem", "options", "data_type", "problem_type", "data_source", "path", "solution", "answer"),
    *("observation", "process", "output", "reward", "select", "clean_version"),
]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clips(tmp_path_factory.mktemp("data") / "media")


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "p2r_rewards.commands.cot", *map(str, arguments)]


def cot(*arguments: str | Path, status: int = 0) -> dict[str, Any]:
    """The command in this process, where its libraries are imported once."""
    done = CliRunner().invoke(main, [*map(str, arguments), "--json"])
    assert done.exit_code == status, done.output
    return {"error": done.stderr} if status else json.loads(done.stdout)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def judged_by(server: FakeServer) -> list[str]:
    return ["--judge", f"openai:judge@{server.openai}"]


HAND_WORKED = [
    # the row, and where it ends
    *((row(number, "good"), None) for number in range(4)),
    (row(4, "ended"), None),  # an end-of-sequence string is no text
    (row(5, "control"), None),
    (row(6, "huge"), None),
    (row(7, "malformed"), ("verify", "malformed")),
    (row(8, "cut off"), ("verify", "cut off")),
    (row(9, "flood"), ("verify", "cut off")),  # a million characters are as good as a limit of tokens
    (row(10, "silent"), ("verify", "malformed")),
    (row(11, "wrong"), ("verify", "accuracy below 0.6")),
    (row(12, "insufficient"), ("sufficiency", "insufficient")),
    (row(13, "good", path="../outside.mp4"), ("read", "media: escapes the root")),
    (row(14, "good", path="/etc/passwd"), ("read", "media: escapes the root")),
    (row(15, "good", path="http://host/clip.mp4"), ("read", "media: an address")),
    (row(16, "good", path="clips/link.mp4"), ("generate", "media: escapes the root")),
    (row(17, "good", path="clips/cut.mp4"), ("generate", "media: cut")),
    (row(18, "good", path="clips/none.mp4"), ("generate", "media: missing")),
    (row(19, "good", problem_type="haiku"), ("read", "unknown problem type")),
    (row(20, "good", solution=""), ("read", "unreadable gold")),
    (row(21, "good", options="[broken", problem_type="multiple choice"), ("read", "broken options")),
]


def test_each_row_ends_where_it_should(tmp_path: Path, media: Path) -> None:
    rows = write_rows(tmp_path / "rows.json", [one for one, _ in HAND_WORKED])
    with FakeServer(write_as_asked) as server:
        summary = cot("run", rows, *options(server, media), *judged_by(server), "-o", tmp_path / "cot.jsonl")
        requests = counts(server)
        prompts = [str(seen.body) for seen in server.seen]
    fates = {one["problem_id"]: fate for one, fate in HAND_WORKED}
    kept, rejects = lines(tmp_path / "cot.jsonl"), lines(tmp_path / "cot.rejects.jsonl")
    assert [one["problem_id"] for one in kept] == [number for number, fate in fates.items() if fate is None]
    assert {one["problem_id"]: (one["step"], one["kind"]) for one in rejects} == {
        number: fate for number, fate in fates.items() if fate is not None
    }
    assert all(one["reason"] and one["place"].startswith(f"{rows}:") for one in rejects)
    assert [(step["rows"], step["kept"]) for step in summary["steps"]] == [(22, 13), (13, 8), (8, 7)]
    assert summary["steps"][2]["types"] == {"free-form": 7}
    assert summary["unfinished"] == 0
    # 13 rows can be asked about, 8 verified traces are judged, and each of them once.
    assert Counter(name.split()[0] for name in requests) == {"trace": 13, "judge": 8}
    assert set(requests.values()) == {1}
    assert any("{question} {problem}" in prompt for prompt in prompts), "placeholders in a question stay text"


def test_records_have_the_published_schema(tmp_path: Path, media: Path) -> None:
    rows = write_rows(
        tmp_path / "rows.json",
        [
            row(0, "good"),
            {
                **row(1, "good"),
                "options": "['A. blue', 'B. red']",
                "problem_type": "multiple choice",
                "solution": "<answer>B</answer>",
                "reward": "0.1",
                "select": "False",
            },
        ],
    )
    with FakeServer(write_as_asked) as server:
        cot("run", rows, *options(server, media), *judged_by(server), "-o", tmp_path / "cot.json.gz")
    first, second = json.loads(gzip.decompress((tmp_path / "cot.json.gz").read_bytes()))
    assert list(first) == FIELDS
    assert first["output"] == GOOD == f"{first['observation']} {first['process']}<answer>red</answer>"
    wanted = {"problem_id": 0, "solution": "<answer>red</answer>", "answer": "red", "reward": 1.0, "select": True}
    assert {name: first[name] for name in wanted} == wanted
    assert (second["options"], second["answer"], second["reward"]) == (["A. blue", "B. red"], "B", 1.0)

    # What is written can be read by what trains on it.
    from p2r_rewards.trainers.data.training_rows import TrainingRow, TrainingRowReader, read_training_rows

    read = list(read_training_rows([str(tmp_path / "cot.json.gz")], TrainingRowReader("sft")))
    assert [isinstance(one, TrainingRow) and one.completion for one in read] == [GOOD, GOOD]


def test_steps_one_by_one_end_as_one_run_does(tmp_path: Path, media: Path) -> None:
    rows = write_rows(tmp_path / "rows.json", [one for one, _ in HAND_WORKED])
    with FakeServer(write_as_asked) as server:
        cot("run", rows, *options(server, media), *judged_by(server), "-o", tmp_path / "whole.jsonl")
        names = [tmp_path / f"{name}.jsonl" for name in ("traces", "verified", "kept")]
        cot("generate", rows, *options(server, media), "-o", names[0])
        cot("verify", names[0], "-o", names[1])
        cot("sufficiency", names[1], *judged_by(server), "-o", names[2])
    assert names[2].read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    rejects = b"".join(path.with_suffix(".rejects.jsonl").read_bytes() for path in names)
    assert rejects == (tmp_path / "whole.rejects.jsonl").read_bytes()


def test_shards_and_parts_make_up_the_whole(tmp_path: Path, media: Path) -> None:
    rows = write_rows(tmp_path / "rows.json", [row(number, "good") for number in range(11)])
    with FakeServer(write_as_asked) as server:
        given = [*options(server, media), *judged_by(server)]
        cot("run", rows, *given, "-o", tmp_path / "whole.json")
        for shard in ("1/3", "2/3", "3/3"):
            cot("run", rows, *given, "-o", tmp_path / "cot.json", "--shard", shard)
        found = cot("run", rows, *given, "-o", tmp_path / "parts.json.gz", "--part-records", "4")
    whole = json.loads((tmp_path / "whole.json").read_text())
    shards = [json.loads((tmp_path / f"cot-{one:05d}-of-00003.json").read_text()) for one in (1, 2, 3)]
    assert [[one["problem_id"] for one in shard] for shard in shards] == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8]]
    assert sorted((one for shard in shards for one in shard), key=lambda one: one["problem_id"]) == whole
    parts = [json.loads(gzip.decompress(Path(path).read_bytes())) for path in found["output"]]
    assert [len(part) for part in parts] == [4, 4, 3]
    assert [one for part in parts for one in part] == whole


def test_no_input_is_written_over(tmp_path: Path, media: Path) -> None:
    rows = write_rows(tmp_path / "rows.json", [row(1, "good") | {"output": GOOD}])
    before = rows.read_bytes()
    assert "rows.json: is an input" in cot("verify", rows, "-o", rows, status=2)["error"]
    assert "is an input" in cot("verify", tmp_path, "-o", rows, status=2)["error"]
    assert rows.read_bytes() == before
    rejects = rows.rename(tmp_path / "kept.rejects.jsonl")
    assert "is an input" in cot("verify", rejects, "-o", tmp_path / "kept.jsonl", status=2)["error"]
    part = rejects.rename(tmp_path / "kept-part-00001.jsonl")
    split = ["-o", tmp_path / "kept.jsonl", "--judge", "lexical", "--part-records", "2"]
    assert "is an input" in cot("sufficiency", part, *split, status=2)["error"]
    whole = ["-o", part, *split[2:4], "--model", "openai:m@http://127.0.0.1:9/v1", "--media-root", media]
    assert "is an input" in cot("run", part, *whole, status=2)["error"]
    assert part.read_bytes() == before


def test_a_judge_without_answer_leaves_rows_unfinished_not_insufficient(tmp_path: Path, media: Path) -> None:
    ill = True

    def script(seen: Seen, number: int) -> Act:
        if ill and asked(seen).startswith("judge 1 "):
            return Act(status=400)
        return write_as_asked(seen, number)

    rows = write_rows(tmp_path / "rows.json", [row(number, "good") for number in range(3)])
    with FakeServer(script) as server:
        given = ["run", rows, *options(server, media), *judged_by(server), "-o", tmp_path / "cot.jsonl"]
        assert cot(*given)["unfinished"] == 1
        assert [(one["step"], one["kind"]) for one in lines(tmp_path / "cot.rejects.jsonl")] == [
            ("sufficiency", "no verdict")
        ]
        cot(*given, "--strict", status=1)
        ill = False
        summary = cot(*given)
    assert (summary["kept"], summary["unfinished"]) == (3, 0)
    assert summary["generation"]["requests"] == 0


KILLED = 40


@pytest.fixture(scope="module")
def undisturbed(media: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, bytes]:
    """Forty rows of all kinds, and what a run makes of them that nobody kills."""
    folder = tmp_path_factory.mktemp("undisturbed")
    kinds = [kind for kind in REPLIES if kind not in ("huge", "flood")]
    rows = write_rows(folder / "rows.json", [row(one, (["good"] * 2 + kinds)[one % 10]) for one in range(KILLED)])
    with FakeServer(write_as_asked) as server:
        cot("run", rows, *options(server, media), *judged_by(server), "-o", folder / "cot.json.gz")
    return rows, (folder / "cot.json.gz").read_bytes(), (folder / "cot.rejects.jsonl").read_bytes()


def killed_when(arguments: list[str], ready: Callable[[], bool]) -> None:
    """Starts the command, and sends it SIGKILL as soon as something is so."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not ready():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL


def test_killed_while_asking_and_run_again(tmp_path: Path, media: Path, undisturbed: tuple[Path, bytes, bytes]) -> None:
    rows, whole, rejected = undisturbed
    answered: list[str] = []

    def script(seen: Seen, number: int) -> Act:
        answered.append(asked(seen))
        act = write_as_asked(seen, number)
        act.delay = 0.01
        return act

    with FakeServer(script) as server:
        given = [*options(server, media), *judged_by(server), "--concurrency", "1", "--judge-concurrency", "1"]
        arguments = command("run", rows, *given, "-o", tmp_path / "cot.json.gz")
        kills = [("trace", 5), ("trace", 30), ("judge", 1), ("judge", 12)]
        for kind, count in kills:
            killed_when(arguments, lambda kind=kind, count=count: sum(kind in one for one in answered) > count)
            assert not (tmp_path / "cot.json.gz").exists(), "an output appears whole or not at all"
        cot(*arguments[3:])
        asked_for = counts(server)
    assert (tmp_path / "cot.json.gz").read_bytes() == whole
    assert (tmp_path / "cot.rejects.jsonl").read_bytes() == rejected
    assert sum(count - 1 for count in asked_for.values()) <= len(kills), "but for what was in flight at a kill"
    assert max(asked_for.values()) <= 2
    left = [path.name for path in tmp_path.rglob("*") if path.suffix == ".tmp"]
    assert not left, "what killed runs have left is cleared away"


def test_killed_while_verifying_and_run_again(tmp_path: Path) -> None:
    count = 6_000
    with (tmp_path / "traces.jsonl").open("w") as file:
        for number in range(count):
            kind = ("good", "malformed", "wrong")[number % 3]
            file.write(json.dumps({**row(number, kind), "output": REPLIES[kind]}) + "\n")
    arguments = command("verify", tmp_path / "traces.jsonl", "-o", tmp_path / "verified.jsonl")
    part = ".verified.jsonl."
    killed_when(arguments, lambda: any(p.name.startswith(part) and p.stat().st_size for p in tmp_path.glob(".ver*")))
    assert not (tmp_path / "verified.jsonl").exists()
    again = tmp_path / "again.jsonl"
    for output in (tmp_path / "verified.jsonl", again):
        cot("verify", tmp_path / "traces.jsonl", "-o", output)
    assert (tmp_path / "verified.jsonl").read_bytes() == again.read_bytes()
    assert (tmp_path / "verified.rejects.jsonl").read_bytes() == again.with_suffix(".rejects.jsonl").read_bytes()
    assert len(lines(again)) == count // 3
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]


def test_many_in_flight_at_a_kill(tmp_path: Path, media: Path, undisturbed: tuple[Path, bytes, bytes]) -> None:
    rows, whole, _ = undisturbed
    answered: list[str] = []
    gate = threading.Event()

    def script(seen: Seen, number: int) -> Act:
        answered.append(asked(seen))
        act = write_as_asked(seen, number)
        act.delay = 0.0 if gate.is_set() else 0.02
        return act

    with FakeServer(script) as server:
        given = [*options(server, media), *judged_by(server), "--concurrency", "8"]
        arguments = command("run", rows, *given, "-o", tmp_path / "cot.json.gz")
        killed_when(arguments, lambda: len(answered) > 20)
        gate.set()
        cot(*arguments[3:])
        asked_for = counts(server)
    assert (tmp_path / "cot.json.gz").read_bytes() == whole
    assert sum(count - 1 for count in asked_for.values()) <= 8


def test_two_runs_in_one_folder(tmp_path: Path, media: Path) -> None:
    rows = write_rows(tmp_path / "rows.json", [row(0, "good")])

    def slowly(seen: Seen, number: int) -> Act:
        act = write_as_asked(seen, number)
        act.delay = 5.0
        return act

    with FakeServer(slowly) as server:
        given = ["run", rows, *options(server, media), *judged_by(server), "-o", tmp_path / "cot.jsonl"]
        first = subprocess.Popen(command(*given), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not server.seen:
            assert first.poll() is None
            time.sleep(0.01)
        assert "another run of this shard is at work" in cot(*given, status=1)["error"]
        os.kill(first.pid, signal.SIGKILL)
        first.wait(10)
