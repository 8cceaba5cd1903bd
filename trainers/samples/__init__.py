"""One batch of samples to rewards: what the adapter of every trainer calls.

>>> from p2r_rewards.trainers.samples import RewardSettings, Sample, SampleRewards
>>> rewards = SampleRewards(RewardSettings(judge="lexical"))
>>> text = "<observation>Two cups stand there.</observation><think>So 2.</think><answer>2</answer>"
>>> columns = {"problem": "How many cups are there?", "solution": "2", "problem_type": "numerical"}
>>> rewards.score([Sample(text, columns)])[0].reward
4.0
"""

from p2r_rewards.trainers.samples.packing import join_columns, pack_columns, unpack_columns
from p2r_rewards.trainers.samples.rewards import Sample, SampleReward, SampleRewards, UnscoredError, known_components
from p2r_rewards.trainers.samples.settings import RewardSettings

__all__ = [
    "RewardSettings",
    "Sample",
    "SampleReward",
    "SampleRewards",
    "UnscoredError",
    "join_columns",
    "known_components",
    "pack_columns",
    "unpack_columns",
]
