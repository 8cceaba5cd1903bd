"""Reward functions in TRL's calling convention, with the judge behind them.

    trainer = GRPOTrainer(…, reward_funcs=process_reward(judge="openai:MODEL@http://localhost:8000/v1"))

Give a trainer that sums reward functions the combined one: most of them count a part that is None as 0.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args, overload

from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.items import judge_item
from p2r_rewards.judges.opening import open_judge
from p2r_rewards.judges.reward_parts import COMPONENTS, PARTS, PartName, needs_judge
from p2r_rewards.judges.reward_rows import RewardRow, RewardRowReader
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.judges.verdict import Judge, JudgeItem, Verdict
from p2r_rewards.rewards import Reward, follow_group, reward_completion

LogExtra: TypeAlias = Callable[[str, list[Any]], None]
LogMetric: TypeAlias = Callable[[str, float], None]

_NO_VERDICT = Verdict(sufficient=None, how="no verdict on the observation")


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
        tokenizer: The policy's tokenizer or processor, for the length reward: without it lengths are unscored.
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
        self.tokenizer = tokenizer
        self.prefix = prefix
        self.judge = judge
        self.__name__ = name or f"{part}_reward"
        self._reader = RewardRowReader(self.config, self.columns, tokenizer, prefix)
        self._asks = judge is not None and needs_judge(part, self.config)
        self._opened: Judge | None = self._open() if isinstance(judge, str) else judge

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
        rows = self._reader.read(prompts, completions, completion_ids, columns)
        items = self._items(rows)
        verdicts = judge_sync(self._get_judge(), list(items.values())) if items else []
        return self._pay(rows, dict(zip(items, verdicts, strict=True)), columns)

    def _open(self) -> Judge:
        assert isinstance(self.judge, str)
        return open_judge(self.judge)

    def _get_judge(self) -> Judge:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _items(self, rows: Sequence[RewardRow]) -> dict[int, JudgeItem]:
        """What the judge is asked, by row: nothing where the data are at fault or nothing was observed."""
        if not self._asks:
            return {}
        return {
            index: judge_item(row.known.problem, row.completion.observation.text)
            for index, row in enumerate(rows)
            if row.sufficient is None
            and row.known.fault is None
            and row.completion.observation is not None
            and row.completion.observation.text.strip()
        }

    def _pay(
        self, rows: Sequence[RewardRow], verdicts: Mapping[int, Verdict], columns: Mapping[str, Any]
    ) -> list[float | None]:
        rewards = [
            reward_completion(
                row.known.problem,
                row.completion,
                sufficient=row.sufficient
                if row.sufficient is not None
                else verdicts.get(index, _NO_VERDICT).sufficient,
                lengths=row.lengths,
                config=self.config,
            )
            for index, row in enumerate(rows)
        ]
        if self.config.length == "dynamic":
            rewards = self._follow_groups(rows, rewards)
        value = PARTS[self.part].value
        # Without readable data nothing is the policy's fault; the form alone is paid whatever the data say.
        paid = [
            None if row.known.fault is not None and self.part != "format" else value(reward, self.config)
            for row, reward in zip(rows, rewards, strict=True)
        ]
        self._log(rows, rewards, verdicts, paid, columns)
        return paid

    def _follow_groups(self, rows: Sequence[RewardRow], rewards: list[Reward]) -> list[Reward]:
        groups: dict[bytes | int, list[int]] = {}
        for index, row in enumerate(rows):
            groups.setdefault(row.known.group or -1 - index, []).append(index)
        followed = list(rewards)
        for group in groups.values():
            paid = follow_group([rewards[i] for i in group], [rows[i].lengths for i in group], self.config)
            for index, reward in zip(group, paid, strict=True):
                followed[index] = reward
        return followed

    def _log(
        self,
        rows: Sequence[RewardRow],
        rewards: Sequence[Reward],
        verdicts: Mapping[int, Verdict],
        paid: Sequence[float | None],
        columns: Mapping[str, Any],
    ) -> None:
        log_extra: LogExtra | None = columns.get("log_extra")
        log_metric: LogMetric | None = columns.get("log_metric")
        if not rows or (log_extra is None and log_metric is None):
            return
        before = "" if self.__name__ == "process_reward" else f"{self.__name__}/"
        for component in PARTS[self.part].logged:
            values = [COMPONENTS[component](reward) for reward in rewards]
            scored = [value for value in values if value is not None]
            if log_extra is not None:
                log_extra(f"{before}{component}", values)
            if log_metric is not None and scored:
                log_metric(f"{before}{component}", math.fsum(scored) / len(scored))
        if log_metric is not None:
            log_metric(f"{before}unscored", sum(value is None for value in paid) / len(paid))
        if log_extra is not None and self.part == "process":
            reasons = [
                _reasons(row, reward, verdicts.get(index))
                for index, (row, reward) in enumerate(zip(rows, rewards, strict=True))
            ]
            log_extra(f"{before}grade_how", [getattr(reward.grade, "how", None) for reward in rewards])
            log_extra(f"{before}judge_how", [verdicts[i].how if i in verdicts else None for i in range(len(rows))])
            log_extra(f"{before}unscored", reasons)

    def __getstate__(self) -> dict[str, Any]:
        # A judge opened by a string is opened anew where the function arrives, with the key of that place.
        opened = None if isinstance(self.judge, str) else self._opened
        return {**self.__dict__, "_opened": opened, "_reader": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._reader = RewardRowReader(self.config, self.columns, self.tokenizer, self.prefix)

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
        rows = self._reader.read(prompts, completions, completion_ids, columns)
        items = self._items(rows)
        asked: Awaitable[list[Verdict]] | None = self._get_judge()(list(items.values())) if items else None
        verdicts = await asked if asked is not None else []
        return self._pay(rows, dict(zip(items, verdicts, strict=True)), columns)


def _reasons(row: RewardRow, reward: Reward, verdict: Verdict | None) -> str | None:
    """Why a row is unscored, in one text; None where it is not."""
    if row.known.fault is not None:
        return row.known.fault
    reasons = list(reward.unscored)
    if reasons and verdict is not None and verdict.sufficient is None:
        reasons = [reason for reason in reasons if not reason.startswith("perception:")] + [f"judge: {verdict.how}"]
    return "; ".join(reasons) or None


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
    """The length rewards of both processes, in [0, 0.4] by default; None without a tokenizer or without token ids."""
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
