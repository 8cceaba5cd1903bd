"""The rewards of a completion: accuracy, format and length, for perception and for reasoning (Eq. 5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from p2r_rewards.completion import Completion, Process
from p2r_rewards.config import Band, RewardConfig
from p2r_rewards.consistency import think_agrees
from p2r_rewards.errors import ConfigError
from p2r_rewards.grading_completions import grade_completion
from p2r_rewards.leaks import find_leak
from p2r_rewards.lengths import Lengths, count_words, dynamic_band, length_reward, read_lengths
from p2r_rewards.parsing import parse_completion
from p2r_rewards.problem import Problem
from p2r_rewards.scores import Grade, Score, Unscored

DEFAULT_CONFIG = RewardConfig()


@dataclass(frozen=True, slots=True)
class ProcessReward:
    """The parts of one process's reward; None is unscored or switched off.

    Attributes:
        accuracy: In [0, 1]: the judge's verdict for perception, the task metric for reasoning.
        format: 0 or 1.
        length: 0 or the bonus; None without token counts.
        consistency: 0 or its weight, for reasoning only; None unless switched on.
    """

    accuracy: float | None
    format: float | None
    length: float | None
    consistency: float | None = None

    @property
    def total(self) -> float | None:
        """R = R_acc + R_form + R_len (Eq. 5), in [0, 2.2] by default; None where accuracy is unscored.

        An unscored length is left out of the sum.
        """
        if self.accuracy is None or self.format is None:
            return None
        return self.accuracy + self.format + (self.length or 0.0) + (self.consistency or 0.0)


@dataclass(frozen=True, slots=True)
class Reward:
    """What a completion earns.

    Attributes:
        perception: The reward of the observation; None under the think-answer template.
        reasoning: The reward of think and answer.
        grade: How the answer was graded, with its explanation.
        completion: The parsed completion, with its defects.
        perception_how: What decided perception accuracy.
    """

    perception: ProcessReward | None
    reasoning: ProcessReward
    grade: Grade
    completion: Completion
    perception_how: str

    @property
    def unscored(self) -> tuple[str, ...]:
        """Why a part has no score, one reason a part; empty when all have one."""
        reasons = [f"reasoning: {self.grade.reason}"] if isinstance(self.grade, Unscored) else []
        if self.perception is not None and self.perception.accuracy is None:
            reasons.append(f"perception: {self.perception_how}")
        return tuple(reasons)


def reward_completion(
    problem: Problem,
    completion: str | Completion,
    *,
    sufficient: bool | float | None = None,
    lengths: Lengths | None = None,
    config: RewardConfig = DEFAULT_CONFIG,
) -> Reward:
    """The rewards of one completion (arXiv 2511.11113, Sec. 3.2.2 and Eq. 5).

    Args:
        problem: What was asked, with its gold.
        completion: The model's text, or what `parse_completion` made of it.
        sufficient: The judge's verdict on the observation, true or false (or 1 and 0); None and NaN are no verdict, and
            perception stays unscored. A missing or empty observation is insufficient whatever the verdict.
        lengths: The policy's tokens inside the observation, and inside think and answer together; either may be None.
        config: The constants. `length="dynamic"` needs the group, see `reward_group`: here the fixed bands count.

    Raises:
        ConfigError: The verdict or a length is none of these.

    Example:
        >>> problem = Problem("Which?", gold="B", type="multiple choice", options=("a cat", "a dog"))
        >>> text = "<observation>A dog barks.</observation><think>So a dog.</think><answer>B</answer>"
        >>> reward = reward_completion(problem, text, sufficient=True, lengths=(180, 100))
        >>> reward.perception.total, reward.reasoning.total
        (2.2, 2.0)
    """
    done = (
        parse_completion(completion, template=config.template, end_strings=config.end_strings)
        if isinstance(completion, str)
        else completion
    )
    graded = grade_completion(problem, done, mode=config.mode, config=config.grading)
    measured = _measure(done, lengths, config)

    accuracy = graded.value if isinstance(graded, Score) else None
    form = float(done.well_formed_for(Process.REASONING))
    length = _length_part(accuracy, form, measured and measured[1], config.reasoning_band, config)
    reasoning = ProcessReward(accuracy, form, length, _consistency(problem, done, config))
    if done.template.observation is None:
        return Reward(None, reasoning, graded, done, "the template has no observation")

    accuracy, how = _perceive(problem, done, sufficient, config)
    form = float(done.well_formed_for(Process.PERCEPTION))
    length = _length_part(accuracy, form, measured and measured[0], config.perception_band, config)
    return Reward(ProcessReward(accuracy, form, length), reasoning, graded, done, how)


def reward_group(
    problem: Problem,
    completions: Sequence[str | Completion],
    *,
    sufficient: Sequence[bool | float | None] | None = None,
    lengths: Sequence[Lengths | None] | None = None,
    config: RewardConfig = DEFAULT_CONFIG,
) -> list[Reward]:
    """The rewards of one problem's G completions, in order; with dynamic length bands where configured.

    Args:
        problem: What was asked, with its gold.
        completions: G texts or parsed completions.
        sufficient: G verdicts, or None for none at all.
        lengths: G pairs of token counts, or None for none at all.
        config: The constants.

    Raises:
        ValueError: The sequences are not of one length.
    """
    verdicts = sufficient if sufficient is not None else [None] * len(completions)
    counts = lengths if lengths is not None else [None] * len(completions)
    rewards = [
        reward_completion(problem, completion, sufficient=verdict, lengths=count, config=config)
        for completion, verdict, count in zip(completions, verdicts, counts, strict=True)
    ]
    if config.length != "dynamic":
        return rewards
    return follow_group(rewards, counts, config)


def follow_group(rewards: Sequence[Reward], lengths: Sequence[Lengths | None], config: RewardConfig) -> list[Reward]:
    """A group's rewards with their length parts paid by the bands that its correct completions suggest.

    Args:
        rewards: Of the group's completions.
        lengths: Their token counts; not looked at where words are counted.
        config: The constants.
    """
    counts = [_measure(reward.completion, length, config) for reward, length in zip(rewards, lengths, strict=True)]
    perception = _follow([r.perception for r in rewards], [c and c[0] for c in counts], config.perception_band, config)
    reasoning = _follow([r.reasoning for r in rewards], [c and c[1] for c in counts], config.reasoning_band, config)
    return [
        replace(reward, perception=own_perception, reasoning=own_reasoning or reward.reasoning)
        for reward, own_perception, own_reasoning in zip(rewards, perception, reasoning, strict=True)
    ]


def _follow(
    parts: list[ProcessReward | None], lengths: list[int | None], fixed: Band, config: RewardConfig
) -> list[ProcessReward | None]:
    correct = [part is not None and bool(part.accuracy and part.format) for part in parts]
    band = dynamic_band(lengths, correct, fixed)
    return [
        part and replace(part, length=_length_part(part.accuracy, part.format, length, band, config))
        for part, length in zip(parts, lengths, strict=True)
    ]


def _perceive(
    problem: Problem, done: Completion, sufficient: bool | float | None, config: RewardConfig
) -> tuple[float | None, str]:
    """Perception accuracy (Eq. 3) and what decided it."""
    verdict = _read_verdict(sufficient)
    observation = done.observation
    if observation is None or not observation.text.strip():
        return 0.0, "no observation"
    if config.leak_guard:
        leak = find_leak(problem, observation.text)
        if leak is not None:
            return 0.0, leak
    if verdict is None:
        return None, "no verdict on the observation"
    return (1.0, "judged sufficient") if verdict else (0.0, "judged insufficient")


def _read_verdict(sufficient: object) -> bool | None:
    """The verdict as it came from a judge, a column or an array; anything but yes, no and unknown is refused."""
    if sufficient is None or sufficient is True or sufficient is False:
        return sufficient
    try:
        number = float(sufficient) if not isinstance(sufficient, str | bytes) else 0.5  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = 0.5
    if math.isnan(number):
        return None
    if number not in (0.0, 1.0):
        message = f"sufficient must be True, False or None (no verdict), not {sufficient!r:.80}"
        raise ConfigError(message)
    return number == 1.0


def _measure(done: Completion, lengths: Lengths | None, config: RewardConfig) -> Lengths | None:
    if config.length_unit == "words":
        return count_words(done)
    return None if lengths is None else read_lengths(lengths)


def _length_part(
    accuracy: float | None, form: float | None, length: int | None, band: Band, config: RewardConfig
) -> float | None:
    if config.length == "off" or length is None or accuracy is None or form is None:
        return None
    return length_reward(length, band, accuracy=accuracy, form=form, bonus=config.length_bonus)


def _consistency(problem: Problem, done: Completion, config: RewardConfig) -> float | None:
    if not config.consistency_weight:
        return None
    agrees = think_agrees(problem, done)
    return None if agrees is None else config.consistency_weight * agrees
