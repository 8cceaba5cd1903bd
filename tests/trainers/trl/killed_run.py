"""Trains a video model with `PAGRPOTrainer` in a process of its own, and kills it: `killed_run.py FOLDER STEP`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests import torchvision_on_cpu

torchvision_on_cpu.install()

from transformers import TrainerCallback  # noqa: E402

from tests.trainers.trl import test_video_training  # noqa: E402


class Killer(TrainerCallback):
    """Kills at the step's end, before its log and its checkpoint are written."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


def open_trainer(folder: Path) -> Any:
    """A trainer of the model that lies in the folder; its completions are scripted."""
    trainer = test_video_training.open_model(
        "qwen2_5_vl",
        folder,
        test_video_training.prompts(folder)[:2],
        save_strategy="steps",
        save_steps=2,
        max_steps=5,
        learning_rate=1e-3,
    )
    trainer.keeps_passes = False
    return trainer


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    trainer = open_trainer(Path(sys.argv[1]))
    trainer.add_callback(Killer(int(sys.argv[2])))
    trainer.train()
