"""Rewards to the bodies of replies: pure functions."""

from __future__ import annotations

import json
from collections.abc import Sequence

from p2r_rewards.rollouts.json_text import dump_json
from p2r_rewards.trainers.openrlhf import Unscored, openrlhf_result
from p2r_rewards.trainers.samples import RewardSettings, SampleReward


def write_rewards(rewards: Sequence[SampleReward]) -> bytes:
    """The plain reply: lists with a value for each sample, in order; null is unscored, and `unscored` says why."""
    reply = {
        "rewards": [one.reward for one in rewards],
        "components": [one.components for one in rewards],
        "how": [{"grade": one.grade_how, "judge": one.judge_how} for one in rewards],
        "unscored": [one.unscored for one in rewards],
    }
    return dump_json(reply)[0]


def write_result(rewards: Sequence[SampleReward], settings: RewardSettings, unscored: Unscored) -> bytes:
    """The reply of OpenRLHF's protocol; it may hold NaN, as Python's JSON writes and reads it."""
    return json.dumps(openrlhf_result(rewards, settings, unscored)).encode()
