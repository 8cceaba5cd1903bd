"""A trainer that was killed goes on from its checkpoint's weights, to the numbers of a run that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import Trainer

from p2r_rewards.trainers.trl.checkpoints import CheckpointsByName
from tests.trainers.trl import killed_run, tiny_vision

ROOT = Path(__file__).parents[3]
COMPARED = ("loss", "grad_norm", "reward", "entropy", "perception/accuracy/mean")


def told(trainer: Any) -> list[list[float]]:
    return [[entry[name] for name in COMPARED] for entry in trainer.state.log_history if "loss" in entry]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was killed in its fourth step, with a checkpoint of the second."""
    folder = tmp_path_factory.mktemp("killed")
    tiny_vision.save_model("qwen2_5_vl", folder / "model")
    done = subprocess.run(
        [sys.executable, "-m", "tests.trainers.trl.killed_run", str(folder), "4"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr[-3000:]
    return folder


def test_a_killed_trainer_resumes_to_the_same_numbers(killed: Path, tmp_path: Path) -> None:
    tiny_vision.save_model("qwen2_5_vl", tmp_path / "model")
    whole = killed_run.open_trainer(tmp_path)
    whole.train()
    resumed = killed_run.open_trainer(killed)
    resumed.train(resume_from_checkpoint=str(killed / "checkpoint-2"))
    assert len(told(whole)) == 5
    for own, other in zip(told(resumed), told(whole), strict=True):
        assert own == pytest.approx(other, rel=1e-5)
    for own, other in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        torch.testing.assert_close(own, other, rtol=1e-4, atol=1e-5)  # two steps move weights by 2e-3


def test_what_is_read_is_the_checkpoint(killed: Path) -> None:
    trainer = killed_run.open_trainer(killed)
    before = {name: one.clone() for name, one in trainer.model.state_dict().items()}
    trainer._load_from_checkpoint(str(killed / "checkpoint-2"))
    saved = load_file(killed / "checkpoint-2" / "model.safetensors")
    read = trainer.model.state_dict()
    assert any(not torch.equal(read[name], before[name]) for name in read)
    trainer.save_model(str(killed / "again"))
    again = load_file(killed / "again" / "model.safetensors")
    assert again.keys() == saved.keys()
    assert all(torch.equal(again[name], saved[name]) for name in saved)


def test_a_checkpoint_without_whole_weights_is_the_trainers_own_business(tmp_path: Path) -> None:
    seen = []

    class Stock:
        def _load_from_checkpoint(self, *given: Any) -> None:
            seen.append(given)

    class Mended(CheckpointsByName, Stock):
        is_fsdp_enabled = is_deepspeed_enabled = False

    assert hasattr(Trainer, "_load_from_checkpoint")  # what is overridden is there
    (tmp_path / "adapter_model.safetensors").touch()
    Mended()._load_from_checkpoint(str(tmp_path))
    assert seen == [(str(tmp_path), None)]
