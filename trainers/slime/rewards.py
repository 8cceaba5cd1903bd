"""`rm`: what slime awaits for the reward of a sample, or of the samples of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, overload

from p2r_rewards.trainers.samples import RewardSettings, Sample, SampleReward, SampleRewards, join_columns

POST_PROCESS = "p2r_rewards.trainers.slime.post_process_rewards"
"""The hook that knows what is unscored."""


@overload
async def rm(args: Any, sample: list[Any], **_: Any) -> list[dict[str, Any]]: ...
@overload
async def rm(args: Any, sample: Any, **_: Any) -> dict[str, Any]: ...
async def rm(args: Any, sample: Any, **_: Any) -> Any:
    """The reward under the key `reward`, its components beside it; for a list (`--group-rm`, batches) a list.

    Unscored samples have the reward 0.0 and the reason under `unscored`, since slime knows numbers only. They are left
    out by `post_process_rewards`; where that is not in use, `sample.remove_sample` keeps them out of the loss.

    Args:
        args: slime's.
        sample: A `slime.utils.types.Sample`, or several. `label` holds the gold answer or packed columns
            (`pack_columns`), `metadata` further columns.

    Raises:
        ConfigError: The settings are at fault, or need groups where single samples come.
    """
    samples = sample if isinstance(sample, list) else [sample]
    rewards = scorer(settings_path(args))
    if not isinstance(sample, list):
        rewards.settings.check_single("slime without --group-rm")
    found = await rewards.score_async([read_sample(one) for one in samples])
    if getattr(args, "custom_reward_post_process_path", None) != POST_PROCESS:
        for one, scored in zip(samples, found, strict=True):
            one.remove_sample = one.remove_sample or scored.reward is None
    shown = [show(scored) for scored in found]
    return shown if isinstance(sample, list) else shown[0]


def read_sample(sample: Any) -> Sample:
    """The sample, with its columns from metadata and label, and what was sampled."""
    columns = join_columns(sample.metadata or {}, sample.label)
    length = sample.response_length
    ids = list(sample.tokens[-length:]) if length and len(sample.tokens) >= length else None
    return Sample(sample.response, columns, sample.prompt or None, ids)


def show(scored: SampleReward) -> dict[str, Any]:
    """The reward as slime keeps it: the same keys for every sample."""
    reward = 0.0 if scored.reward is None else scored.reward
    return {"reward": reward, **scored.components, "unscored": scored.unscored}


def log_components(
    rollout_id: int, args: Any, samples: Sequence[Any], metrics: dict[str, Any] | None, _: float
) -> bool:
    """False, so that slime logs as ever; the means of the known components are then among its metrics."""
    if metrics is None:
        return False
    rewards = [one.reward for one in samples if isinstance(one.reward, dict)]
    for name in rewards[0] if rewards else ():
        known = [reward[name] for reward in rewards if isinstance(reward[name], float)]
        if known and name != "reward":
            metrics[f"rollout/p2r/{name}"] = sum(known) / len(known)
    metrics["rollout/p2r/unscored"] = sum(reward["unscored"] is not None for reward in rewards) / max(len(rewards), 1)
    return False


def settings_path(args: Any) -> str | None:
    """The file that slime's own configuration names; None: the one of the environment."""
    return getattr(args, "p2r_reward_settings", None)


@lru_cache(maxsize=8)
def read_settings(path: str | None) -> RewardSettings:
    """The settings in a file; None: in the file that P2R_REWARD_SETTINGS names."""
    return RewardSettings.read(path)


@lru_cache(maxsize=8)
def scorer(path: str | None) -> SampleRewards:
    """What scores by these settings, one for the whole process."""
    return SampleRewards(read_settings(path))
