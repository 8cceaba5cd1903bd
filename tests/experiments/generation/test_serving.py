"""A tiny vision-language model behind `transformers serve`, asked about forty clips."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("av")
pytest.importorskip("fastapi", reason="transformers serve needs it")
pytest.importorskip("transformers")
pytest.importorskip("openai")

from click.testing import CliRunner

from p2r_rewards.commands.cot import main
from tests.experiments.cot.scripted import row, write_rows

CLIPS = 40


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from p2r_rewards.trainers.recipes.recipe import MadeSettings
    from p2r_rewards.trainers.running.made_clips import PROMPT
    from p2r_rewards.trainers.running.made_model import make_model

    folder = tmp_path_factory.mktemp("model")
    make_model(folder, MadeSettings(folder=str(folder), hidden=32, layers=1), [PROMPT] * 3)
    return folder


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(__file__).with_name("serve_vision.py")
    command = [sys.executable, program, "serve", model, "--host", "127.0.0.1", "--port", port, "--device", "cpu"]
    log = tmp_path_factory.mktemp("log") / "serve.log"
    with log.open("wb") as file:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen([str(part) for part in command], env=environment, stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + 180
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def test_forty_clips_through_a_real_model(tmp_path: Path, model: Path, server: str) -> None:
    from p2r_rewards.trainers.running.made_clips import COLOURS, WAYS, Scene, write_clip

    media = tmp_path / "media"
    (media / "clips").mkdir(parents=True)
    scenes = [Scene(colour, way) for colour in COLOURS for way in WAYS]
    for number in range(CLIPS):
        write_clip(media / "clips" / f"{number}.mp4", scenes[number % len(scenes)], 56, 4, number / CLIPS)
    rows = write_rows(
        tmp_path / "rows.json", [row(number, "good", path=f"clips/{number}.mp4") for number in range(CLIPS)]
    )
    given = ["generate", rows, "--model", f"openai:{model}@{server}", "--media-root", media, "--frames", 2]
    given += ["--max-tokens", 8, "--concurrency", 2, "-o", tmp_path / "traces.jsonl", "--work", tmp_path / "work"]

    def run(*more: str) -> dict[str, Any]:
        done = CliRunner().invoke(main, [*map(str, given), *more, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert run("--dry-run")["requests"] == CLIPS
    summary = run()
    assert summary["kept"] == CLIPS
    traces = [json.loads(line) for line in (tmp_path / "traces.jsonl").read_text().splitlines()]
    assert [one["problem_id"] for one in traces] == list(range(CLIPS))
    told = [one["generation"] for one in traces]
    assert {one["finish_reason"] for one in told} <= {"length", "stop"}
    # 56 pixels across: 4 patches of 14 a side, merged by 2: 4 tokens each of two frames, in the prompt of hundreds.
    assert all(one["prompt_tokens"] > 100 for one in told)
    first = (tmp_path / "traces.jsonl").read_bytes()
    again = run()
    assert again["generation"]["requests"] == 0
    assert again["generation"]["known"] == CLIPS
    assert (tmp_path / "traces.jsonl").read_bytes() == first
    # A random model follows no template, and so the next step lets none through.
    verified = CliRunner().invoke(
        main, ["verify", str(tmp_path / "traces.jsonl"), "-o", str(tmp_path / "verified.jsonl"), "--json"]
    )
    found = json.loads(verified.stdout)
    assert (found["kept"], found["rows"]) == (0, CLIPS)
