"""`SampleRewards`: samples of any trainer to rewards with their components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from p2r_rewards.errors import ConfigError, P2RError
from p2r_rewards.judges.batch_rewards import BatchRewards, RowReward
from p2r_rewards.judges.reward_parts import COMPONENTS, PARTS, PartName, needs_judge
from p2r_rewards.judges.verdict import Judge
from p2r_rewards.trainers.samples.settings import RewardSettings


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion with what its trainer knows of the problem.

    Args:
        completion: Text, a message, or a list of messages.
        columns: The problem by column: question, gold, type, options, …, in any spelling of data sets.
        prompt: Text or messages; the question where no column holds one.
        token_ids: What the policy sampled: read instead of the completion where there is a tokenizer.
        fault: Why the sample can't be read at all, in words; nothing of it is then scored.
    """

    completion: Any
    columns: Mapping[str, Any]
    prompt: Any = None
    token_ids: Sequence[int] | None = None
    fault: str | None = None


class UnscoredError(P2RError):
    """A sample has no reward, for a reason that is not the policy's; the message says why."""


class SampleReward(NamedTuple):
    """What a sample earns.

    Attributes:
        reward: The part that the settings pay for; None: unscored.
        components: `perception_accuracy`, … `reasoning_reward`: the same names for every sample; None: unscored.
        parts: What each part that settings can name would pay; None: unscored, as are all that need a judge where the
            settings' part needs none.
        grade_how: What was extracted and which rule decided.
        judge_how: What the verdict rests on; None where no judge was asked.
        unscored: Why something is unscored; None where nothing is.
    """

    reward: float | None
    components: dict[str, float | None]
    parts: dict[PartName, float | None]
    grade_how: str | None
    judge_how: str | None
    unscored: str | None

    def known(self) -> float:
        """The reward, for trainers to which an error is better than a made-up 0.

        Raises:
            UnscoredError: There is none.
        """
        if self.reward is None:
            raise UnscoredError(self.unscored or "a part that counts is unscored")
        return self.reward


class SampleRewards:
    """Scores batches of samples of any problem types; each by its own. It pickles, and runs in any thread.

    Args:
        settings: What is paid for, and who judges.
        judge: The judge that the settings name, opened with options of its own; None: it is opened here.
        tokenizer: The policy's tokenizer or processor, which reads and counts token ids; None: the settings' file.

    Raises:
        ConfigError: The settings need verdicts and name neither a judge nor the column of verdicts, the judge's string
            names none, or the tokenizer can't be read.
    """

    def __init__(self, settings: RewardSettings, judge: Judge | None = None, tokenizer: Any = None) -> None:
        named = (judge or settings.judge) is not None or "sufficient" in settings.columns
        if not named and needs_judge(settings.part, settings.reward):
            message = (
                f"part {settings.part!r} needs verdicts: set judge: openai:MODEL@URL (or lexical, to try it out), "
                "or name their column: columns: {sufficient: COLUMN}"
            )
            raise ConfigError(message)
        self.settings = settings
        self._rewards = BatchRewards(
            settings.part,
            judge or settings.judge,
            settings.reward,
            settings.columns,
            settings.tokenizer if tokenizer is None else tokenizer,
            settings.prefix,
        )

    def score(self, samples: Sequence[Sample]) -> list[SampleReward]:
        """The rewards, one a sample, in order; the calling thread waits for the judge.

        Raises:
            DataError: A completion is neither text nor messages.
        """
        return self._show(samples, self._rewards.score(*_columns(samples)))

    async def score_async(self, samples: Sequence[Sample]) -> list[SampleReward]:
        """The same; the judge is awaited."""
        return self._show(samples, await self._rewards.score_async(*_columns(samples)))

    def _show(self, samples: Sequence[Sample], rows: Sequence[RowReward]) -> list[SampleReward]:
        pairs = zip(samples, rows, strict=True)
        return [_at_fault(sample.fault) if sample.fault else self._show_row(row) for sample, row in pairs]

    def _show_row(self, row: RowReward) -> SampleReward:
        parts = {name: row.value(name, self.settings.reward) for name in PARTS}
        return SampleReward(
            parts[self.settings.part],
            {name: component(row.reward) for name, component in COMPONENTS.items()},
            parts,
            row.grade_how,
            row.judge_how,
            row.unscored,
        )


def known_components(settings: RewardSettings) -> list[str]:
    """The components that can have a value under these settings: the same in every batch.

    Example:
        >>> known_components(RewardSettings(part="reasoning"))
        ['perception_format', 'reasoning_accuracy', 'reasoning_format', 'reasoning_reward']
    """
    config = settings.reward
    hidden = set() if needs_judge(settings.part, config) else {"perception_accuracy", "perception_reward"}
    if hidden:
        hidden.add("perception_length")
    if config.template.observation is None:
        hidden.add("perception_format")
    if config.length == "off" or (config.length_unit == "tokens" and settings.tokenizer is None):
        hidden |= {"perception_length", "reasoning_length"}
    return [name for name in COMPONENTS if name not in hidden]


def _at_fault(fault: str) -> SampleReward:
    return SampleReward(None, dict.fromkeys(COMPONENTS), dict.fromkeys(PARTS), None, None, fault)


def _columns(samples: Sequence[Sample]) -> tuple[list[Any] | None, list[Any], list[Any], dict[str, list[Any]]]:
    """The samples as a batch: prompts, completions, token ids, and a list for each column of any sample."""
    names = dict.fromkeys(name for sample in samples for name in sample.columns)
    prompts = [sample.prompt for sample in samples]
    return (
        prompts if any(prompt is not None for prompt in prompts) else None,
        [sample.completion for sample in samples],
        [sample.token_ids for sample in samples],
        {name: [sample.columns.get(name) for sample in samples] for name in names},
    )
