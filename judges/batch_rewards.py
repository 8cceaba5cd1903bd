"""A batch of completions to rewards: the rows read, the judge asked, the parts graded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from p2r_rewards.config import RewardConfig
from p2r_rewards.judges.items import judge_item
from p2r_rewards.judges.opening import open_judge
from p2r_rewards.judges.reward_parts import PARTS, PartName, needs_judge
from p2r_rewards.judges.reward_rows import RewardRow, RewardRowReader
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.judges.verdict import Judge, JudgeItem, Verdict
from p2r_rewards.rewards import Reward, follow_group, reward_completion

_NO_VERDICT = Verdict(sufficient=None, how="no verdict on the observation")


@dataclass(frozen=True, slots=True)
class RowReward:
    """A row with what it earns.

    Attributes:
        row: The completion with its problem.
        reward: Both processes' rewards.
        verdict: What the judge said; None where it was not asked.
    """

    row: RewardRow
    reward: Reward
    verdict: Verdict | None

    def value(self, part: PartName, config: RewardConfig) -> float | None:
        """What a part of the reward pays; None is unscored.

        Without readable data nothing is the policy's fault; the form alone is paid whatever the data say.
        """
        if self.row.known.fault is not None and part != "format":
            return None
        return PARTS[part].value(self.reward, config)

    @property
    def grade_how(self) -> str | None:
        """What was extracted and which rule decided; None where no answer was graded."""
        return getattr(self.reward.grade, "how", None)

    @property
    def judge_how(self) -> str | None:
        """What the judge's verdict rests on; None where it was not asked."""
        return None if self.verdict is None else self.verdict.how

    @property
    def unscored(self) -> str | None:
        """Why a part is unscored, in one text; None where none is."""
        if self.row.known.fault is not None:
            return self.row.known.fault
        reasons = list(self.reward.unscored)
        if reasons and self.verdict is not None and self.verdict.sufficient is None:
            reasons = [reason for reason in reasons if not reason.startswith("perception:")]
            reasons.append(f"judge: {self.verdict.how}")
        return "; ".join(reasons) or None


class BatchRewards:
    """Rewards of batches, from another thread or inside a running event loop. It pickles.

    Args:
        part: What is paid for: whether the judge is asked rests on it.
        judge: A judge, or a string that `open_judge` takes; None: verdicts come from the column `sufficient`.
        config: The constants of the rewards.
        columns: Fields (question, gold, type, options, data_type, sufficient) by the column that holds them.
        tokenizer: The policy's tokenizer or processor, which counts token ids; or the path of its `tokenizer.json`,
            which counts the tokens of texts. Without it lengths are unscored.
        prefix: What the chat template has written of every reply.

    Raises:
        ConfigError: There is no such field, the judge's string names none, or the tokenizer's file can't be read.
    """

    def __init__(
        self,
        part: PartName,
        judge: str | Judge | None,
        config: RewardConfig,
        columns: Mapping[str, str],
        tokenizer: Any,
        prefix: str,
    ) -> None:
        self._judge = judge
        self._config = config
        self._reading = (config, columns, tokenizer, prefix)
        self._reader = RewardRowReader(*self._reading)
        self._asks = judge is not None and needs_judge(part, config)
        self._opened: Judge | None = open_judge(judge) if isinstance(judge, str) else judge

    def score(
        self,
        prompts: Sequence[Any] | None,
        completions: Sequence[Any],
        completion_ids: Sequence[Any] | None,
        columns: Mapping[str, Any],
    ) -> list[RowReward]:
        """The rewards of a batch, in order; the calling thread waits for the judge.

        Raises:
            DataError: A column does not fit the batch, or a completion is neither text nor messages.
        """
        rows = self._reader.read(prompts, completions, completion_ids, columns)
        items = self._items(rows)
        verdicts = judge_sync(self._get_judge(), list(items.values())) if items else []
        return self._reward(rows, dict(zip(items, verdicts, strict=True)))

    async def score_async(
        self,
        prompts: Sequence[Any] | None,
        completions: Sequence[Any],
        completion_ids: Sequence[Any] | None,
        columns: Mapping[str, Any],
    ) -> list[RowReward]:
        """The same; the judge is awaited."""
        rows = self._reader.read(prompts, completions, completion_ids, columns)
        items = self._items(rows)
        verdicts = await self._get_judge()(list(items.values())) if items else []
        return self._reward(rows, dict(zip(items, verdicts, strict=True)))

    def _get_judge(self) -> Judge:
        if self._opened is None:
            assert isinstance(self._judge, str)
            self._opened = open_judge(self._judge)
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

    def _reward(self, rows: Sequence[RewardRow], verdicts: Mapping[int, Verdict]) -> list[RowReward]:
        rewards = [
            reward_completion(
                row.known.problem,
                row.completion,
                sufficient=verdicts.get(index, _NO_VERDICT).sufficient if row.sufficient is None else row.sufficient,
                lengths=row.lengths,
                config=self._config,
            )
            for index, row in enumerate(rows)
        ]
        if self._config.length == "dynamic":
            rewards = self._follow_groups(rows, rewards)
        return [RowReward(row, rewards[index], verdicts.get(index)) for index, row in enumerate(rows)]

    def _follow_groups(self, rows: Sequence[RewardRow], rewards: list[Reward]) -> list[Reward]:
        groups: dict[bytes | int, list[int]] = {}
        for index, row in enumerate(rows):
            groups.setdefault(row.known.group or -1 - index, []).append(index)
        followed = list(rewards)
        for group in groups.values():
            paid = follow_group([rewards[i] for i in group], [rows[i].lengths for i in group], self._config)
            for index, reward in zip(group, paid, strict=True):
                followed[index] = reward
        return followed

    def __getstate__(self) -> dict[str, Any]:
        # A judge opened by a string is opened anew where this arrives, with the key of that place.
        opened = None if isinstance(self._judge, str) else self._opened
        return {**self.__dict__, "_opened": opened, "_reader": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._reader = RewardRowReader(*self._reading)
