"""Runs a stage of the tiny recipe in a process of its own: `driver.py STAGE KILL_AT RESUME KEY=VALUE…`.

At the step KILL_AT it kills itself, as a machine that goes down would; 0: never.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from tests import torchvision_on_cpu


def run(stage: str, changes: list[str], *, resume: bool = False) -> None:
    from p2r_rewards.trainers.recipes import load_recipe
    from p2r_rewards.trainers.running.run import run_stage

    run_stage(load_recipe(stage, "tiny", changes), resume=resume)


def kill_at_step(step: int) -> None:
    """Takes effect at the step's end, before its log and its checkpoint are written."""
    from transformers import TrainerCallback, trainer

    class Killer(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == step:
                os.kill(os.getpid(), signal.SIGKILL)

    trainer.DEFAULT_CALLBACKS.append(Killer)


if __name__ == "__main__":
    torchvision_on_cpu.install()
    import torch

    torch.set_num_threads(1)
    stage, kill_at, resume, *changes = sys.argv[1:]
    if int(kill_at):
        kill_at_step(int(kill_at))
    run(stage, changes, resume=resume == "resume")
