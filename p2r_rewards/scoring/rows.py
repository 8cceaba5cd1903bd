"""Rows to scored rows: a pure function over a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from p2r_rewards.completion import Completion
from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import DataError
from p2r_rewards.graders.registry import Mode
from p2r_rewards.grading_completions import grade_completion
from p2r_rewards.lengths import Lengths, count_words
from p2r_rewards.parsing import parse_completion
from p2r_rewards.problem import Problem
from p2r_rewards.rewards import Reward, reward_completion
from p2r_rewards.rollouts.batch import Row
from p2r_rewards.rollouts.rollout import Rollout, RolloutReader
from p2r_rewards.rollouts.token_counts import MAX_CHARS
from p2r_rewards.rollouts.verdict_store import NOT_JUDGED, VerdictStore, observation_key
from p2r_rewards.scores import Grade, Score, Unscored
from p2r_rewards.scoring.row_health import RowHealth, measure_health

CountTokens = Callable[[Sequence[Completion]], Sequence[Lengths | None]]

TOO_LONG = f"longer than {MAX_CHARS:,} characters, so not tokenized"
NO_GROUP = "advantages: no group id, question or problem id to group by"


class ScoredRow(NamedTuple):
    """What one row earned.

    Attributes:
        position: Its index in the batch.
        type: Its problem's type.
        group: The key of its group by its own data; None where there is nothing to group by.
        problem: What tells its problem apart from others in its group.
        perception: Accuracy, format and length, each None where unscored.
        reasoning: The same.
        consistency: What consistency earned, where it is rewarded.
        step: The training step, where the row tells it.
        lengths: Token or word counts of both processes, each None where unknown.
        truncated: Whether the row says that its completion was cut off.
        grade_how: What decided the grade.
        unscored: Why parts have no score.
        defects: The faults of form.
        health: What tells of how the policy fares, beside its rewards.
    """

    position: int
    type: str
    group: bytes | None
    problem: bytes | None
    perception: tuple[float | None, float | None, float | None]
    reasoning: tuple[float | None, float | None, float | None]
    consistency: float | None
    step: float | None
    lengths: Lengths
    truncated: bool
    grade_how: str | None
    unscored: tuple[str, ...]
    defects: tuple[str, ...]
    health: RowHealth


class Compared(NamedTuple):
    """Our grade of a row beside another's.

    Attributes:
        position: The row's index in the batch.
        problem: What was asked.
        answer: What the completion answered.
        ours: Our grade.
        theirs: A peer's grade, or the reward that was recorded.
    """

    position: int
    problem: Problem
    answer: str | None
    ours: Grade
    theirs: Grade | float | None


@dataclass(slots=True)
class ScoredRows:
    """A batch after scoring.

    Attributes:
        rows: The rows that hold a completion, in order.
        rejects: The index of each other row, and the reason.
        problems: The problem of each row.
        notes: What is odd about rows that were scored, and how many.
        compared: Grades beside others', where that was asked for.
    """

    rows: list[ScoredRow] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    compared: list[Compared] = field(default_factory=list)

    @property
    def kept(self) -> list[int]:
        """The indices of the rows that hold a completion."""
        return [row.position for row in self.rows]

    @property
    def texts(self) -> dict[str, list[Any]]:
        """The text columns of those rows."""
        return {
            "grade_how": [row.grade_how for row in self.rows],
            "unscored": ["; ".join(row.unscored) or None for row in self.rows],
            "defects": [list(row.defects) for row in self.rows],
        }


def score_rows(
    rows: Sequence[Row],
    reader: RolloutReader,
    config: RewardConfig,
    *,
    count_tokens: CountTokens | None = None,
    verdicts: VerdictStore | None = None,
    compare: Mode | Literal["recorded"] | None = None,
    group_by_data: bool = True,
    health_every: int = 1,
) -> ScoredRows:
    """The rewards of a batch of rows, without what needs the whole group.

    Args:
        rows: The rows.
        reader: Reads a row as a rollout.
        config: The constants of the rewards.
        count_tokens: Counts tokens; without it, columns with counts are used where there are any.
        verdicts: Verdicts that count in place of the rows' own.
        compare: A mode whose grades, or "recorded" for the rewards in the rows, to be set beside ours.
        group_by_data: Whether a row that can't be grouped by its own data is a fault.
        health_every: Of so many rows one is looked at closely for health.
    """
    scored = ScoredRows()
    indices: list[int] = []
    rollouts: list[Rollout] = []
    completions: list[Completion] = []
    for index, row in enumerate(rows):
        try:
            rollout = reader.read(row)
        except DataError as error:
            scored.rejects.append((index, str(error)))
            continue
        indices.append(index)
        rollouts.append(rollout)
        completions.append(parse_completion(rollout.text, template=config.template, end_strings=config.end_strings))
    lengths = _measure(rollouts, completions, config, count_tokens)
    for index, rollout, done, length in zip(indices, rollouts, completions, lengths, strict=True):
        known = rollout.known
        if verdicts is not None:
            rollout = _judged(rollout, done, verdicts)
        reward = reward_completion(known.problem, done, sufficient=rollout.sufficient, lengths=length, config=config)
        scored.problems.append(known.problem)
        if known.note is not None:
            scored.notes[known.note] += 1
        if compare is not None:
            scored.compared.append(_compare(index, rollout, done, reward.grade, compare, config))
        perception, reasoning, graded = reward.perception, reward.reasoning, reward.grade
        faults = rollout.length_faults if count_tokens is None else (TOO_LONG, TOO_LONG)
        unscored = (*_reasons(rollout, reward), *_length_reasons(reward, length, faults, config))
        if group_by_data and known.group is None:
            unscored = (*unscored, NO_GROUP)
        scored.rows.append(
            ScoredRow(
                index,
                known.problem.type,
                known.group,
                known.key,
                (None, None, None)
                if perception is None
                else (perception.accuracy, perception.format, perception.length),
                (reasoning.accuracy, reasoning.format, reasoning.length),
                reasoning.consistency,
                rollout.step,
                length,
                rollout.truncated,
                graded.how if isinstance(graded, Score) else None,
                unscored,
                tuple(map(str, done.defects)) if done.defects else (),
                measure_health(known.problem, done, closely=index % health_every == 0),
            )
        )
    return scored


def _judged(rollout: Rollout, done: Completion, verdicts: VerdictStore) -> Rollout:
    """The rollout with the judge's verdict, whatever its own columns say."""
    key = observation_key(rollout.known.problem, done)
    verdict, how = (None, None) if key is None else verdicts.find(key)
    if how == NOT_JUDGED and rollout.known.fault is not None:
        how = f"{NOT_JUDGED}: {rollout.known.fault}"
    return rollout._replace(sufficient=verdict, verdict_fault=how if verdict is None else None)


def _compare(
    index: int,
    rollout: Rollout,
    done: Completion,
    ours: Grade,
    compare: Mode | Literal["recorded"],
    config: RewardConfig,
) -> Compared:
    problem = rollout.known.problem
    answer = done.answer.text if done.answer is not None else None
    if compare == "recorded":
        return Compared(index, problem, answer, ours, rollout.recorded)
    return Compared(index, problem, answer, ours, grade_completion(problem, done, mode=compare, config=config.grading))


def _measure(
    rollouts: Sequence[Rollout],
    completions: Sequence[Completion],
    config: RewardConfig,
    count_tokens: CountTokens | None,
) -> Sequence[Lengths]:
    unknown = (None, None)
    if config.length == "off":
        return [unknown] * len(rollouts)
    if config.length_unit == "words":
        return [count_words(done) for done in completions]
    if count_tokens is not None:
        return [counts or unknown for counts in count_tokens(completions)]
    return [rollout.lengths for rollout in rollouts]


def _reasons(rollout: Rollout, reward: Reward) -> tuple[str, ...]:
    """Why a part has no score; what is wrong with the row comes before what followed from it."""
    reasons: tuple[str, ...] = ()
    if isinstance(reward.grade, Unscored):
        reasons = (f"reasoning: {rollout.known.fault or reward.grade.reason}",)
    if reward.perception is not None and reward.perception.accuracy is None:
        reasons = (*reasons, f"perception: {rollout.verdict_fault or reward.perception_how}")
    return reasons


def _length_reasons(reward: Reward, lengths: Lengths, faults: tuple[str, str], config: RewardConfig) -> tuple[str, ...]:
    """Why a length has no score: a count is missing, which leaves it out of its process's total."""
    if config.length == "off" or None not in lengths:
        return ()
    perception, reasoning = lengths
    reasons: tuple[str, ...] = ()
    if perception is None and reward.perception is not None:
        reasons = (f"perception length: {faults[0]}",)
    return (*reasons, f"reasoning length: {faults[1]}") if reasoning is None else reasons
