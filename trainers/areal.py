"""AReaL: `reward`, a function that its process pool can call.

    workflow_kwargs = {"reward_fn": "p2r_rewards.trainers.areal.reward", …}

or the function itself, for `RLVRWorkflow(reward_fn=reward, …)`. The settings stand in the file that P2R_REWARD_SETTINGS
names on every node, or that `functools.partial(reward, p2r_settings=PATH)` names.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from p2r_rewards.trainers.samples import (
    RewardSettings,
    Sample,
    SampleReward,
    SampleRewards,
    UnscoredError,
    join_columns,
)

__all__ = ["UnscoredError", "reward", "score"]


def reward(
    prompt: str | None,
    completions: str,
    prompt_ids: Sequence[int] | None = None,
    completion_ids: Sequence[int] | None = None,
    *,
    p2r_settings: str | None = None,
    **columns: Any,
) -> float:
    """What the completion earns.

    Args:
        prompt: The rendered prompt; the question where no column holds it.
        completions: The completion: one text, whatever the name says.
        prompt_ids: Not read.
        completion_ids: What was sampled: lengths are counted by it where the settings name a tokenizer.
        p2r_settings: The file of the settings; None: the one that P2R_REWARD_SETTINGS names.
        **columns: The columns of the data set; `p2r` may hold all of a problem's packed as JSON (`pack_columns`).

    Raises:
        ConfigError: The settings are at fault.
        UnscoredError: There is no reward; AReaL then rejects the rollout.
    """
    return score(prompt, completions, prompt_ids, completion_ids, p2r_settings=p2r_settings, **columns).known()


def score(
    prompt: str | None,
    completions: str,
    prompt_ids: Sequence[int] | None = None,
    completion_ids: Sequence[int] | None = None,
    *,
    p2r_settings: str | None = None,
    **columns: Any,
) -> SampleReward:
    """The reward with its components, for workflows that log them; the arguments are those of `reward`."""
    known = join_columns(columns, columns.pop("p2r", None))
    ids = None if completion_ids is None else list(completion_ids)
    (found,) = _scorer(p2r_settings).score([Sample(completions, known, prompt, ids or None)])
    return found


@lru_cache(maxsize=8)
def _scorer(path: str | None) -> SampleRewards:
    settings = RewardSettings.read(path)
    settings.check_single("AReaL")
    return SampleRewards(settings)
