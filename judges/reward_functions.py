"""Reward functions in TRL's calling convention, with the judge behind them.

    trainer = GRPOTrainer(…, reward_funcs=process_reward(judge="openai:MODEL@http://localhost:8000/v1"))

Give a trainer that sums reward functions the combined one: most of them count a part that is None as 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args, overload

from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.batch_rewards import BatchRewards, RowReward
from p2r_rewards.judges.reward_parts import COMPONENTS, PARTS, PartName, needs_judge
from p2r_rewards.judges.verdict import Judge

LogExtra: TypeAlias = Callable[[str, list[Any]], None]
LogMetric: TypeAlias = Callable[[str, float], None]


class RewardFunction:
    """`f(prompts=, completions=, completion_ids=None, **columns) -> list[float | None]`, one reward a row, in order.

    A row whose part is unscored (unreadable gold, a silent judge) is None, never 0. Each row is read by its own
    problem type. It pickles, runs in any thread, and may be called within a running event loop. What a trainer passes
    as `log_extra` and `log_metric` is told every component, under the function's name unless that is
    `process_reward`, so that two functions do not write one column.

    Args:
        part: What it pays for.
        judge: A judge, or a string that `open_judge` takes; None: verdicts come from the column `sufficient`.
        config: The constants of the rewards.
        columns: Fields (question, gold, type, options, data_type, sufficient) by the column that holds them, where the
            spellings of data sets and dumps don't tell.
        tokenizer: The policy's tokenizer or processor, which counts token ids for the length reward; or the path of its
            `tokenizer.json`, which counts the tokens of texts. Without it lengths are unscored.
        prefix: What the chat template has written of every reply, such as `<observation>`.
        name: `__name__`, under which trainers log; by default that of the part.

    Raises:
        ConfigError: There is no such part or field, or the judge's string names none.
    """

    def __init__(
        self,
        part: PartName = "process",
        *,
        judge: str | Judge | None = None,
        config: RewardConfig | None = None,
        columns: Mapping[str, str] | None = None,
        tokenizer: Any = None,
        prefix: str = "",
        name: str | None = None,
    ) -> None:
        if part not in PARTS:
            message = f"part must be one of {', '.join(map(repr, get_args(PartName)))}, not {part!r:.80}"
            raise ConfigError(message)
        self.part = part
        self.config = config or RewardConfig()
        self.columns = dict(columns or {})
        self.judge = judge
        self.__name__ = name or f"{part}_reward"
        self._rewards = BatchRewards(part, judge, self.config, self.columns, tokenizer, prefix)

    def __call__(
        self,
        prompts: Sequence[Any] | None = None,
        completions: Sequence[Any] = (),
        completion_ids: Sequence[Any] | None = None,
        **columns: Any,
    ) -> Any:
        """The rewards of a batch, one a row; None is unscored.

        Raises:
            DataError: A column does not fit the batch, or a completion is neither text nor messages.
        """
        return self._pay(self._rewards.score(prompts, completions, completion_ids, columns), columns)

    def _pay(self, rows: Sequence[RowReward], columns: Mapping[str, Any]) -> list[float | None]:
        paid = [row.value(self.part, self.config) for row in rows]
        if rows:
            self._log(rows, paid, columns.get("log_extra"), columns.get("log_metric"))
        return paid

    def _log(
        self,
        rows: Sequence[RowReward],
        paid: Sequence[float | None],
        log_extra: LogExtra | None,
        log_metric: LogMetric | None,
    ) -> None:
        before = "" if self.__name__ == "process_reward" else f"{self.__name__}/"
        for component in PARTS[self.part].logged:
            values = [COMPONENTS[component](row.reward) for row in rows]
            scored = [value for value in values if value is not None]
            if log_extra is not None:
                log_extra(f"{before}{component}", values)
            if log_metric is not None and scored:
                log_metric(f"{before}{component}", math.fsum(scored) / len(scored))
        if log_metric is not None:
            log_metric(f"{before}unscored", sum(value is None for value in paid) / len(paid))
        if log_extra is not None and self.part == "process":
            log_extra(f"{before}grade_how", [row.grade_how for row in rows])
            log_extra(f"{before}judge_how", [row.judge_how for row in rows])
            log_extra(f"{before}unscored", [row.unscored for row in rows])

    def __repr__(self) -> str:
        judge = self.judge if isinstance(self.judge, str | None) else type(self.judge).__name__
        return f"{type(self).__name__}({self.part!r}, judge={judge!r}, name={self.__name__!r})"


class AsyncRewardFunction(RewardFunction):
    """The same as `async def __call__`: trainers that know them run it beside other reward functions."""

    async def __call__(
        self,
        prompts: Sequence[Any] | None = None,
        completions: Sequence[Any] = (),
        completion_ids: Sequence[Any] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """The rewards of a batch, one a row; None is unscored.

        Raises:
            DataError: A column does not fit the batch, or a completion is neither text nor messages.
        """
        return self._pay(await self._rewards.score_async(prompts, completions, completion_ids, columns), columns)


@overload
def process_reward(*, asynchronous: Literal[False] = False, **options: Any) -> RewardFunction: ...
@overload
def process_reward(*, asynchronous: Literal[True], **options: Any) -> AsyncRewardFunction: ...
def process_reward(*, asynchronous: bool = False, **options: Any) -> RewardFunction:
    """The combined reward, R_P + R_R, in [0, 4.4] by default (arXiv 2511.11113, Eq. 5); None if a part is unscored.

    Args:
        asynchronous: Whether the function is `async`.
        **options: `judge`, `config`, `columns`, `tokenizer`, `prefix`, `name`; see `RewardFunction`.

    Raises:
        ConfigError: It needs verdicts and neither a judge nor the column of verdicts is named.

    Example:
        >>> reward = process_reward(judge="lexical")
        >>> reward(
        ...     prompts=["How many cups?"],
        ...     completions=["<observation>Two cups stand there.</observation><think>So 2.</think><answer>2</answer>"],
        ...     problem=["How many cups are there?"],
        ...     solution=["2"],
        ...     problem_type=["numerical"],
        ... )
        [4.0]
    """
    return _make("process", asynchronous, options)


def perception_reward(*, asynchronous: bool = False, **options: Any) -> RewardFunction:
    """R_P, in [0, 2.2] by default; the arguments are those of `process_reward`."""
    return _make("perception", asynchronous, options)


def reasoning_reward(*, asynchronous: bool = False, **options: Any) -> RewardFunction:
    """R_R, in [0, 2.2] by default; it needs no judge."""
    return _make("reasoning", asynchronous, options)


def perception_accuracy_reward(*, asynchronous: bool = False, **options: Any) -> RewardFunction:
    """The verdict on the observation, 0 or 1."""
    return _make("perception_accuracy", asynchronous, options)


def reasoning_accuracy_reward(*, asynchronous: bool = False, **options: Any) -> RewardFunction:
    """The task metric of the answer, in [0, 1]; it needs no judge."""
    return _make("reasoning_accuracy", asynchronous, options)


def format_reward(*, asynchronous: bool = False, **options: Any) -> RewardFunction:
    """The format rewards of both processes, 0, 1 or 2; it needs no judge."""
    return _make("format", asynchronous, options)


def length_reward(*, asynchronous: bool = False, **options: Any) -> RewardFunction:
    """The length rewards of both processes, in [0, 0.4] by default; None where they are unknown."""
    return _make("length", asynchronous, options)


def _make(part: PartName, asynchronous: bool, options: dict[str, Any]) -> RewardFunction:
    function = (AsyncRewardFunction if asynchronous else RewardFunction)(part, **options)
    if needs_judge(part, function.config) and function.judge is None and "sufficient" not in function.columns:
        message = (
            f"{function.__name__} needs verdicts: give judge='openai:MODEL@URL' (or 'lexical' to try it out), "
            "or name their column: columns={'sufficient': 'COLUMN'}"
        )
        raise ConfigError(message)
    return function
