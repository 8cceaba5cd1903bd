"""Rows and verdicts to rewards, and what the completions table and the metrics tell of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from p2r_rewards.config import RewardConfig
from p2r_rewards.judges.verdict import Verdict
from p2r_rewards.rewards import ProcessReward, Reward, follow_group, reward_completion
from p2r_rewards.scores import Unscored
from p2r_rewards.trainers.trl.rows import Row

NAN = float("nan")

NUMBERS = (
    "perception_accuracy",
    "perception_format",
    "perception_length",
    "perception_tokens",
    "reasoning_accuracy",
    "reasoning_format",
    "reasoning_length",
    "reasoning_consistency",
    "reasoning_tokens",
)
"""The parts of a completion's rewards and its segments' lengths, as `numbers` gives them."""


class Scored(NamedTuple):
    """A row with its rewards.

    Attributes:
        row: The completion.
        reward: What it earns.
        verdict: What the judge said; None where it was not asked.
    """

    row: Row
    reward: Reward
    verdict: Verdict | None

    @property
    def totals(self) -> tuple[float, float]:
        """R_P and R_R (Eq. 5), NaN where unscored."""
        perception = self.reward.perception
        return _number(None if perception is None else perception.total), _number(self.reward.reasoning.total)


def score(row: Row, verdict: Verdict | None, config: RewardConfig) -> Scored:
    """The row with its rewards; without a verdict, perception accuracy is unscored."""
    reward = reward_completion(
        row.known.problem,
        row.completion,
        sufficient=None if verdict is None else verdict.sufficient,
        lengths=row.lengths,
        config=config,
    )
    return Scored(row, reward, verdict)


def follow_groups(scored: Sequence[Scored], size: int, config: RewardConfig) -> list[Scored]:
    """The rows of whole groups with the length parts that dynamic bands pay."""
    followed: list[Scored] = []
    for start in range(0, len(scored), size):
        group = scored[start : start + size]
        rewards = follow_group([one.reward for one in group], [one.row.lengths for one in group], config)
        followed += [one._replace(reward=reward) for one, reward in zip(group, rewards, strict=True)]
    return followed


def numbers(scored: Scored) -> list[float]:
    """What `NUMBERS` names, NaN where unscored or switched off."""
    nothing = ProcessReward(None, None, None)
    perception, reasoning = scored.reward.perception or nothing, scored.reward.reasoning
    values = (
        *(perception.accuracy, perception.format, perception.length, scored.row.lengths[0]),
        *(reasoning.accuracy, reasoning.format, reasoning.length, reasoning.consistency, scored.row.lengths[1]),
    )
    return [_number(value) for value in values]


def unscored_reasons(scored: Scored) -> str | None:
    """Why a part has no score; what is wrong with the row or what the judge said comes first. None: all have one."""
    reasons = []
    grade, perception = scored.reward.grade, scored.reward.perception
    if isinstance(grade, Unscored):
        reasons.append(f"reasoning: {scored.row.known.fault or grade.reason}")
    if perception is not None and perception.accuracy is None:
        how = scored.verdict.how if scored.verdict is not None else scored.reward.perception_how
        reasons.append(f"perception: {how}")
    return "; ".join(reasons) or None


def describe(scored: Scored) -> dict[str, Any]:
    """The columns that the completions table gets beside rewards and advantages; null where unscored."""
    verdict = scored.verdict
    described: dict[str, Any] = {
        name: None if value != value else value for name, value in zip(NUMBERS, numbers(scored), strict=True)
    }
    return described | {
        "sufficient": verdict and verdict.sufficient,
        "problem_type": str(scored.row.known.problem.type),
        "grade_how": scored.reward.grade.reason
        if isinstance(scored.reward.grade, Unscored)
        else scored.reward.grade.how,
        "perception_how": scored.reward.perception_how if verdict is None else verdict.how,
        "unscored": unscored_reasons(scored),
        "is_truncated": scored.row.truncated,
        "defects": [str(defect) for defect in scored.row.completion.defects],
        "judge_seconds": verdict and verdict.seconds,
        "judge_tokens": verdict and (verdict.prompt_tokens or 0) + (verdict.completion_tokens or 0),
    }


def _number(value: float | None) -> float:
    return NAN if value is None else float(value)
