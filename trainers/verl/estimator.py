"""The advantage estimator "p2r_grpo": GRPO that leaves unscored rollouts out."""

from __future__ import annotations

from typing import Any

import torch
from verl.trainer.ppo.core_algos import register_adv_est

from p2r_rewards.advantages import pa_grpo_advantages
from p2r_rewards.errors import ConfigError

EPS = 1e-6
"""What verl's GRPO adds to the standard deviation."""


@register_adv_est("p2r_grpo")  # type: ignore[untyped-decorator] # verl has no types
def compute_grpo_advantage(
    token_level_rewards: torch.Tensor, response_mask: torch.Tensor, index: Any, config: Any = None, **_: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """One advantage a rollout on all its tokens, shape (N, T), twice: verl's GRPO where all is scored.

    A reward of NaN is unscored: it is left out of its group's mean and standard deviation, and its own advantage is 0.
    So is that of a group with fewer than two scored rewards, or whose rewards differ by no more than 1e-6: verl's own
    pays a lone reward as it is, and divides float32 crumbs by 1e-6.

    Raises:
        ConfigError: Advantages shall not be divided by the standard deviation.
    """
    if config is not None and not config.get("norm_adv_by_std_in_grpo", True):
        message = "algorithm.norm_adv_by_std_in_grpo=False has no counterpart in p2r_grpo: leave it at True"
        raise ConfigError(message)
    rewards = token_level_rewards.sum(dim=-1)
    advantage = pa_grpo_advantages(rewards, rewards, index, processes="reasoning only", eps=EPS).reasoning
    spread = advantage.unsqueeze(-1) * response_mask
    return spread, spread
