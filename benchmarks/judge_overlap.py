"""What judging adds to a training step: steps with a judge against steps without one, in turns, in one run.

    python benchmarks/judge_overlap.py [--pairs 40] [--beta 0.1] [--latency 0.5]

A tiny model trains on scripted completions. The reference pass takes `latency` seconds (a sleep, as a GPU would leave
the CPU idle), and the judge, which is asked for real, the same (an asynchronous sleep, as a server would). Every other
step runs without a judge: nothing is asked, everything else stays. `judge/waited` does not depend on how busy the
machine is elsewhere. The paper reports 9% (arXiv 2511.11113, Supp. 8.1).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests import torchvision_on_cpu

torchvision_on_cpu.install()

import torch  # noqa: E402

from p2r_rewards.judges.verdict import JudgeItem, Verdict  # noqa: E402
from tests.trainers.trl import tiny  # noqa: E402

WARM_UP = 4
SCRIPT = {prompt: [tiny.reply("good" * (one % 2), "t" * one) for one in range(1, 5)] for prompt in ("one", "two")}


class Timed(tiny.ScriptedPAGRPO):
    """Trains every other step without its judge, and notes how long each took and waited."""

    latency: float
    steps: list[tuple[bool, float, float]]

    def _get_per_token_logps_and_entropies(self, *arguments: Any, **named: Any) -> Any:
        if not named.get("compute_entropy"):  # the reference pass
            time.sleep(self.latency)
        return super()._get_per_token_logps_and_entropies(*arguments, **named)

    def training_step(self, *arguments: Any, **named: Any) -> torch.Tensor:
        """TRL's, timed."""
        judge, judged = self._judge, len(self.steps) % 2 == 0
        self._judge = judge if judged else None
        self.waited = 0.0
        start = time.perf_counter()
        loss: torch.Tensor = super().training_step(*arguments, **named)
        self.steps.append((judged, time.perf_counter() - start, self.waited))
        self._judge = judge
        return loss

    def _calculate_rewards(self, *arguments: Any, **named: Any) -> torch.Tensor:
        batch = self._batch
        rewards = super()._calculate_rewards(*arguments, **named)
        self.waited = batch.pending.waited
        return rewards


def run(folder: Path, pairs: int, beta: float, latency: float) -> list[tuple[bool, float, float]]:
    """Whether each step was judged, how long it took, and how long of this it waited for the judge."""

    async def judge(items: Sequence[JudgeItem]) -> list[Verdict]:
        await asyncio.sleep(latency)
        return await tiny.truth(items)

    trainer = Timed(
        tiny.save_model(folder / "model"),
        args=tiny.config(
            folder, rewards={"length": "off"}, beta=beta, max_steps=2 * (pairs + WARM_UP), logging_strategy="no"
        ),
        judge=judge,
        train_dataset=tiny.dataset(list(SCRIPT)),
        processing_class=tiny.tokenizer(),
    )
    trainer.script, trainer.steps, trainer.latency = SCRIPT, [], latency
    trainer.train()
    return trainer.steps[2 * WARM_UP :]


def report(steps: Sequence[tuple[bool, float, float]]) -> str:
    """Medians, and the median ratio of neighbours."""
    judged = [seconds for was, seconds, _ in steps if was]
    bare = [seconds for was, seconds, _ in steps if not was]
    ratios = sorted(one / other for one, other in zip(judged, bare, strict=True))
    waited = [seconds for was, _, seconds in steps if was]
    quarter = len(ratios) // 4
    return (
        f"{len(ratios)} pairs: with judge {median(judged):.4f} s, without {median(bare):.4f} s; "
        f"ratio of medians {median(judged) / median(bare):.4f}, median of ratios {median(ratios):.4f} "
        f"(quartiles {ratios[quarter]:.4f} to {ratios[-quarter - 1]:.4f}); "
        f"waited for the judge: median {median(waited):.4f} s, most {max(waited):.4f} s"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--beta", type=float, nargs="+", default=[0.1, 0.0])
    parser.add_argument("--latency", type=float, default=0.5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for beta in options.beta:
        load = os.getloadavg()[0]
        with tempfile.TemporaryDirectory() as name:
            print(f"beta {beta}, load {load:.1f}: {report(run(Path(name), options.pairs, beta, options.latency))}")
