"""Rewards and PA-GRPO for verl, which finds the functions by `pkg://p2r_rewards.trainers.verl`.

| module | what verl finds there |
|---|---|
| here | `compute_score`, `compute_score_async`: one sample (`reward.custom_reward_function`) |
| `manager` | `P2RRewardManager`: samples gathered into batches, token ids read (`reward.reward_manager`) |
| `estimator` | "p2r_grpo": GRPO that leaves unscored rollouts out (`algorithm.adv_estimator`) |
| `pa_grpo` | "pa_grpo_sync", …: an advantage per token (`trainer.v1.trainer_mode`) |

The first imports without verl.
"""

from p2r_rewards.trainers.samples import UnscoredError
from p2r_rewards.trainers.verl.scoring import compute_score, compute_score_async

__all__ = ["UnscoredError", "compute_score", "compute_score_async"]
