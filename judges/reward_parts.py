"""What a reward function may pay for: the combined reward of a completion, and its single parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from p2r_rewards.config import RewardConfig
from p2r_rewards.rewards import ProcessReward, Reward

PartName: TypeAlias = Literal[
    "process",
    "perception",
    "reasoning",
    "perception_accuracy",
    "reasoning_accuracy",
    "format",
    "length",
]


class Part(NamedTuple):
    """A part: its value in a reward (None: unscored), whether it rests on a verdict, and what is logged beside it."""

    value: Callable[[Reward, RewardConfig], float | None]
    judged: bool
    logged: tuple[str, ...] = ()


def combined(reward: Reward, config: RewardConfig) -> float | None:
    """R_P + R_R, or the one that `config.processes` leaves; None where one that counts is unscored."""
    perception = None if reward.perception is None else reward.perception.total
    reasoning = reward.reasoning.total
    if config.processes == "reasoning only" or reward.perception is None:
        return reasoning
    if config.processes == "perception only":
        return perception
    return None if perception is None or reasoning is None else perception + reasoning


def _perception_total(reward: Reward, _: RewardConfig) -> float | None:
    return None if reward.perception is None else reward.perception.total


def _reasoning_total(reward: Reward, _: RewardConfig) -> float | None:
    return reward.reasoning.total


def _perception_accuracy(reward: Reward, _: RewardConfig) -> float | None:
    return None if reward.perception is None else reward.perception.accuracy


def _reasoning_accuracy(reward: Reward, _: RewardConfig) -> float | None:
    return reward.reasoning.accuracy


def _format(reward: Reward, _: RewardConfig) -> float | None:
    forms = [process.format for process in _processes(reward)]
    return sum(form or 0.0 for form in forms)


def _length(reward: Reward, _: RewardConfig) -> float | None:
    lengths = [process.length for process in _processes(reward)]
    return None if all(length is None for length in lengths) else sum(length or 0.0 for length in lengths)


def _processes(reward: Reward) -> list[ProcessReward]:
    return [process for process in (reward.perception, reward.reasoning) if process is not None]


COMPONENTS: dict[str, Callable[[Reward], float | None]] = {
    f"{process}_{part}": lambda reward, process=process, part=part: getattr(getattr(reward, process), part, None)
    for process in ("perception", "reasoning")
    for part in ("accuracy", "format", "length")
} | {
    "perception_reward": lambda reward: getattr(reward.perception, "total", None),
    "reasoning_reward": lambda reward: reward.reasoning.total,
}
"""The numbers of a reward by the names that p2r-score gives them."""

PARTS: dict[PartName, Part] = {
    "process": Part(combined, True, tuple(COMPONENTS)),
    "perception": Part(_perception_total, True, ("perception_accuracy", "perception_format", "perception_length")),
    "reasoning": Part(_reasoning_total, False, ("reasoning_accuracy", "reasoning_format", "reasoning_length")),
    "perception_accuracy": Part(_perception_accuracy, True),
    "reasoning_accuracy": Part(_reasoning_accuracy, False),
    "format": Part(_format, False, ("perception_format", "reasoning_format")),
    "length": Part(_length, True, ("perception_length", "reasoning_length")),
}


def needs_judge(name: PartName, config: RewardConfig) -> bool:
    """Whether a part can't be told without verdicts."""
    if not PARTS[name].judged or config.template.observation is None:
        return False
    return not (name == "process" and config.processes == "reasoning only")
