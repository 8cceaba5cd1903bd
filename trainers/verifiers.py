"""verifiers 0.4: our reward as a function that a task's configuration plugs in, and for tasks of one's own.

    [env.taskset.task.rewards.p2r]
    fn = "p2r_rewards.trainers.verifiers:reward"

plugs it into any task set; the file that P2R_REWARD_SETTINGS names says what is paid for, and who judges. A task of
one's own calls a `TraceRewards`:

    REWARDS = TraceRewards("rewards.yaml")

    class CupsTask(vf.Task[CupsData]):
        @vf.reward(weight=1.0)
        async def p2r(self, task, trace) -> float:
            return await REWARDS.score(task, trace)
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from p2r_rewards.trainers.samples import RewardSettings, Sample, SampleRewards, UnscoredError

__all__ = ["TraceRewards", "UnscoredError", "read_trace", "reward"]

_FRAMEWORK = ("prompt", "image")
"""Fields of every task that name no problem's: messages, and the container's image."""


class TraceRewards:
    """Rewards of verifiers' traces, one for the last reply of each.

    Args:
        settings: What is paid for, and who judges, or the file that says so; None: the file that P2R_REWARD_SETTINGS
            names.

    Raises:
        ConfigError: The settings are at fault.
    """

    def __init__(self, settings: RewardSettings | str | Path | None = None) -> None:
        settings = RewardSettings.read(settings)
        settings.check_single("verifiers")
        self._rewards = SampleRewards(settings)

    async def score(self, task: Any, trace: Any) -> float:
        """The reward; its components are recorded as the trace's metrics, those that are known.

        Raises:
            UnscoredError: There is none: a reward of 0, or NaN, would train a model on what it did not do. verifiers
                records the rollout as failed.
        """
        (found,) = await self._rewards.score_async([read_trace(task, trace)])
        trace.record_metrics({name: value for name, value in found.components.items() if value is not None})
        return found.known()


async def reward(task: Any, trace: Any) -> float:
    """The reward by the settings that P2R_REWARD_SETTINGS names: what a configuration plugs in.

    Raises:
        UnscoredError: As `TraceRewards.score`.
    """
    return await _environment_rewards().score(task, trace)


def read_trace(task: Any, trace: Any) -> Sample:
    """The last reply, with the task's data as columns: its fields are the task set's own."""
    columns = {name: value for name, value in task.model_dump().items() if name not in _FRAMEWORK}
    prompt = task.prompt_text or None
    if trace.root_reply is not None:
        return Sample(trace.root_reply, columns, prompt)
    replies = [node for node in trace.nodes if node.sampled and node.message.role == "assistant"]
    if not replies:
        return Sample("", columns, prompt)
    last = replies[-1]
    ids = [one for one, sampled in zip(last.token_ids, last.mask, strict=True) if sampled]
    return Sample(last.message.model_dump(), columns, prompt, ids or None)


@lru_cache(maxsize=1)
def _environment_rewards() -> TraceRewards:
    return TraceRewards()
