"""`register`: what a plugin calls so that ms-swift knows our reward functions, and our trainer."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from p2r_rewards.trainers.ms_swift.rewards import REWARDS, BatchScorer
from p2r_rewards.trainers.samples import RewardSettings


def register(settings: RewardSettings | str | Path | None = None, *, pa_grpo: bool = False) -> None:
    """Makes the names of `REWARDS` known to `--reward_funcs`.

    Args:
        settings: What is paid for, and who judges, or the file that says so; None: the file that P2R_REWARD_SETTINGS
            names.
        pa_grpo: `--rlhf_type grpo` then trains with advantages of perception and reasoning apart.

    Raises:
        ConfigError: The settings are at fault.
    """
    from swift.rewards import orms

    scorer = BatchScorer(RewardSettings.read(settings))
    orms.update({name: partial(reward, scorer=scorer) for name, reward in REWARDS.items()})
    if pa_grpo:
        from swift.trainers.trainer_factory import TrainerFactory

        TrainerFactory.TRAINER_MAPPING["grpo"] = "p2r_rewards.trainers.ms_swift.pa_grpo.PAGRPOTrainer"
