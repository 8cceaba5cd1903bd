"""ms-swift: reward functions for `--reward_funcs`, and PA-GRPO, by a plugin of two lines.

A file of your own, given as `--external_plugins plugin.py`:

    from p2r_rewards.trainers.ms_swift import register
    register("rewards.yaml", pa_grpo=True)

It is not to be replaced by a file of this package: ms-swift puts a plugin's folder first on `sys.path`.
"""

from p2r_rewards.trainers.ms_swift.registering import register
from p2r_rewards.trainers.ms_swift.rewards import REWARDS, BatchScorer

__all__ = ["REWARDS", "BatchScorer", "register"]
