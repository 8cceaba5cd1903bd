"""Reward functions in ms-swift's convention: one for each part of a reward, one scoring for all of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.reward_parts import PARTS, PartName, needs_judge
from p2r_rewards.trainers.samples import RewardSettings, Sample, SampleReward, SampleRewards, join_columns


class BatchScorer:
    """Scores each batch once, however many reward functions ms-swift hands it to.

    Args:
        settings: What is paid for, and who judges.

    Raises:
        ConfigError: As `SampleRewards`; or the settings need whole groups, and several processes share them.
    """

    def __init__(self, settings: RewardSettings) -> None:
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            settings.check_single("ms-swift with several processes")
        self.settings = settings
        self._rewards = SampleRewards(settings)
        self._batch: Sequence[Any] | None = None
        self._scoring: asyncio.Future[list[SampleReward]] | None = None

    async def score(self, completions: Sequence[Any], columns: Mapping[str, Any]) -> list[SampleReward]:
        """The rewards, one a completion, in order."""
        # ms-swift gives the same list to all functions of a batch, and a new one to those of the next.
        if completions is not self._batch or self._scoring is None or _failed(self._scoring):
            samples = read_samples(completions, columns)
            self._batch, self._scoring = completions, asyncio.ensure_future(self._rewards.score_async(samples))
        return await self._scoring

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_batch": None, "_scoring": None}


def _failed(scoring: asyncio.Future[Any]) -> bool:
    return scoring.done() and (scoring.cancelled() or scoring.exception() is not None)


def read_samples(completions: Sequence[Any], columns: Mapping[str, Any]) -> list[Sample]:
    """The batch, one sample a completion.

    The column `p2r` may hold all columns of a problem packed as JSON (`pack_columns`); the question is otherwise the
    text of the row's last user message, where no column holds it.
    """
    lists = {name: values for name, values in columns.items() if isinstance(values, list)}
    return [
        _sample(completion, {name: values[row] for name, values in lists.items()})
        for row, completion in enumerate(completions)
    ]


def _sample(completion: Any, row: dict[str, Any]) -> Sample:
    messages = row.pop("messages", None) or []
    ids = row.pop("response_token_ids", None) or None
    if ids is not None and not isinstance(ids[0], int):
        ids = ids[-1]  # of the last turn, which is the completion
    row = join_columns(row, row.pop("p2r", None))
    prompt = [message for message in messages if message.get("role") == "user"]
    return Sample(completion, row, prompt[-1:] or None, ids)


class PartReward:
    """A reward function for one part of a reward: what ms-swift calls an ORM, awaited beside others.

    An unscored completion gets None, never 0.

    Args:
        args: ms-swift's, which it gives to every reward function.
        scorer: Shared with the other parts; None: one with the settings that P2R_REWARD_SETTINGS names.

    Raises:
        ConfigError: The part needs verdicts, and the settings' own part needs none.
    """

    part: ClassVar[str | None] = None
    """What is paid: a part or a component; None: the part that the settings name."""

    def __init__(self, args: Any = None, *, scorer: BatchScorer | None = None, **_: Any) -> None:
        self.args = args
        self.scorer = BatchScorer(RewardSettings.from_environment()) if scorer is None else scorer
        paid, config = self.scorer.settings.part, self.scorer.settings.reward
        judged = self.part is not None and (
            needs_judge(self.part, config) if self.part in PARTS else self.part == "perception_length"
        )
        if judged and not needs_judge(paid, config):
            message = f"{self.part} needs verdicts, and part {paid!r} of the settings asks for none; set part: process"
            raise ConfigError(message)

    async def __call__(self, completions: Sequence[Any], **columns: Any) -> list[float | None]:
        """What each completion earns; None: unscored."""
        scored = await self.scorer.score(completions, columns)
        return [_value(one, self.part) for one in scored]


def _value(scored: SampleReward, part: str | None) -> float | None:
    if part is None:
        return scored.reward
    return scored.components[part] if part in scored.components else scored.parts[cast(PartName, part)]


class P2R(PartReward):
    """The part that the settings name: by default the combined reward, R_P + R_R."""


class P2RPerception(PartReward):
    """R_P."""

    part = "perception"


class P2RReasoning(PartReward):
    """R_R."""

    part = "reasoning"


class P2RPerceptionAccuracy(PartReward):
    """Whether the judge found the observation sufficient."""

    part = "perception_accuracy"


class P2RReasoningAccuracy(PartReward):
    """The task metric of the answer."""

    part = "reasoning_accuracy"


class P2RPerceptionFormat(PartReward):
    """Whether the observation stands in its tags."""

    part = "perception_format"


class P2RReasoningFormat(PartReward):
    """Whether trace and answer stand in their tags."""

    part = "reasoning_format"


class P2RPerceptionLength(PartReward):
    """The bonus for the observation's length."""

    part = "perception_length"


class P2RReasoningLength(PartReward):
    """The bonus for the length of trace and answer."""

    part = "reasoning_length"


REWARDS: dict[str, type[PartReward]] = {
    "p2r": P2R,
    "p2r_perception": P2RPerception,
    "p2r_reasoning": P2RReasoning,
    "p2r_perception_accuracy": P2RPerceptionAccuracy,
    "p2r_reasoning_accuracy": P2RReasoningAccuracy,
    "p2r_perception_format": P2RPerceptionFormat,
    "p2r_reasoning_format": P2RReasoningFormat,
    "p2r_perception_length": P2RPerceptionLength,
    "p2r_reasoning_length": P2RReasoningLength,
}
"""The reward functions by the names for `--reward_funcs`; ms-swift logs each by its class, so no two share a name."""
