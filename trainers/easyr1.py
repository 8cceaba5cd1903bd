"""EasyR1: `compute_score`, for batches and single replies.

`worker.reward.reward_function=reward.py:compute_score`, with a file of your own:

    from p2r_rewards.trainers.easyr1 import REWARD_NAME, REWARD_TYPE, compute_score
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from p2r_rewards.trainers.samples import (
    RewardSettings,
    Sample,
    SampleReward,
    SampleRewards,
    known_components,
    unpack_columns,
)
from p2r_rewards.trainers.samples.filling import fill_with_means

REWARD_NAME = "p2r"
REWARD_TYPE = "batch"
"""EasyR1 reads it: whole batches, so that the judge is asked at once, and groups are seen."""


def compute_score(reward_inputs: Any, *, settings: str | None = None) -> Any:
    """The reward under `overall`, its components beside it: a dict a reply, all with the same keys.

    EasyR1 knows numbers only. An unscored reply of a batch gets the mean of what its group earns (replies with the same
    ground truth), so that its advantage is 0 and the group's mean is unmoved; where nothing of the group is scored, or
    in sequential mode, 0. `unscored` is then 1, and its mean the share of such replies. A component that is unknown
    counts as the mean of the batch's known ones, so that the mean that is logged is theirs.

    Args:
        reward_inputs: A list of `{response, response_length, ground_truth}`, or one (`REWARD_TYPE = "sequential"`). The
            ground truth is a bare gold answer, or holds all columns packed as JSON (`pack_columns`).
        settings: The file of the settings; None: the one that P2R_REWARD_SETTINGS names.

    Raises:
        ConfigError: The settings are at fault.
    """
    rewards = _scorer(settings)
    if isinstance(reward_inputs, Mapping):
        rewards.settings.check_single("EasyR1 in sequential mode")
        return _show([reward_inputs], rewards)[0]
    return _show(reward_inputs, rewards)


def _show(reward_inputs: Sequence[Mapping[str, Any]], rewards: SampleRewards) -> list[dict[str, float]]:
    truths = [one["ground_truth"] for one in reward_inputs]
    samples = [Sample(one["response"], unpack_columns(truth)) for one, truth in zip(reward_inputs, truths, strict=True)]
    found = rewards.score(samples)
    overall = fill_with_means([one.reward for one in found], [str(truth) for truth in truths], 0.0)
    means = {name: _mean(found, name) for name in known_components(rewards.settings)}
    return [
        {
            "overall": paid,
            **{name: mean if (value := one.components[name]) is None else value for name, mean in means.items()},
            "unscored": float(one.reward is None),
        }
        for paid, one in zip(overall, found, strict=True)
    ]


def _mean(found: Sequence[SampleReward], name: str) -> float:
    known = [value for one in found if (value := one.components[name]) is not None]
    return sum(known) / len(known) if known else 0.0


@lru_cache(maxsize=8)
def _scorer(path: str | None) -> SampleRewards:
    return SampleRewards(RewardSettings.read(path))
