"""Runs `p2r-train` in a process of its own: `driver.py [--kill-at STEP] [--alike] -- STAGE tiny OPTION…`.

`--kill-at`: at that step it kills itself, as a machine that goes down would.
`--alike`: rollouts do not depend on how many processes share a batch.
"""

from __future__ import annotations

import argparse
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


def sample_alike() -> None:
    """Each row is sampled by itself, with chances that follow from the step and its place in the whole batch."""
    import torch

    from p2r_rewards.trainers.trl import VideoGRPOTrainer
    from p2r_rewards.trainers.trl.media import join_fields

    generate = VideoGRPOTrainer._generate_single_turn

    def one_by_one(self: Any, prompt_ids: Any, images: Any, fields: Any, *_: Any) -> Any:
        found = []
        first = self.accelerator.process_index * len(prompt_ids)
        for row, ids in enumerate(prompt_ids):
            own: dict[str, Any] = dict(join_fields([self._rows[row]], len(ids)))
            own["mm_token_type_ids"] = own["mm_token_type_ids"].tolist()
            with torch.random.fork_rng([]):
                torch.manual_seed(1000 * self.state.global_step + first + row)
                found += generate(self, [ids], images, own, 1)[0]
        return found, None

    VideoGRPOTrainer._generate_single_turn = one_by_one  # type: ignore[method-assign]


if __name__ == "__main__":
    torchvision_on_cpu.install()
    import torch

    from p2r_rewards.commands.train import main

    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("--kill-at", type=int)
    parser.add_argument("--alike", action="store_true")
    parser.add_argument("rest", nargs="+")
    wanted = parser.parse_args()
    if wanted.kill_at:
        kill_at_step(wanted.kill_at)
    if wanted.alike:
        sample_alike()
    sys.argv[0] = "p2r-train"
    main(wanted.rest)
