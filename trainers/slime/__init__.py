"""slime: the reward function, and PA-GRPO by slime's own hooks.

    --custom-rm-path p2r_rewards.trainers.slime.rm --reward-key reward
    --custom-reward-post-process-path p2r_rewards.trainers.slime.post_process_rewards
    --custom-advantage-function-path p2r_rewards.trainers.slime.token_credit
    --dynamic-sampling-filter-path p2r_rewards.trainers.slime.keep_group
    --custom-rollout-log-function-path p2r_rewards.trainers.slime.log_components

The settings stand in the file that P2R_REWARD_SETTINGS names, or that slime's `--custom-config-path` names as
`p2r_reward_settings`.
"""

from p2r_rewards.trainers.slime.advantages import ProcessAdvantages, keep_group, post_process_rewards, token_credit
from p2r_rewards.trainers.slime.rewards import log_components, rm

__all__ = ["ProcessAdvantages", "keep_group", "log_components", "post_process_rewards", "rm", "token_credit"]
