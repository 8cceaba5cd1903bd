"""Verdicts on the observations of rollouts, put into a store: every different one is asked for once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from p2r_rewards.completion import Completion
from p2r_rewards.judges.items import judge_item
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.outcome import check_reached, spent
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.judges.verdict import Judge, JudgeItem
from p2r_rewards.rollouts.rollout import Rollout
from p2r_rewards.rollouts.verdict_store import NOT_JUDGED, VerdictStore, observation_key

FIRST = 64
"""Items that are asked first: a judge that can't be reached is told of before all else is read."""

AT_ONCE = 4096
MAX_CHARS = 32_000_000
"""How many items, and characters of them, wait in memory."""


@dataclass(slots=True)
class _Waiting:
    item: JudgeItem
    rows: int = 1


class RolloutVerdicts:
    """Asks a judge about rollouts, in batches, and keeps the verdicts in a store.

    Args:
        judge: Who judges.
        store: Where verdicts are kept; what it holds is not asked again.
        name: How the judge is called in errors.
        progress: Called with the number of different items that have been judged.
    """

    def __init__(
        self, judge: Judge, store: VerdictStore, *, name: str, progress: Callable[[int], None] = lambda items: None
    ) -> None:
        self._judge = judge
        self._store = store
        self._name = name
        self._progress = progress
        self._waiting: dict[bytes, _Waiting] = {}
        self._chars = 0
        self._asked = 0
        self._cached = 0
        self._rows: dict[bool | None, int] = {True: 0, False: 0, None: 0}
        if isinstance(judge, ModelJudge):
            judge.progress = lambda done, _: progress(self._asked + done)

    def add(self, rollout: Rollout, done: Completion) -> None:
        """Takes a rollout. Without an observation, or with data at fault, there is nothing to ask.

        Raises:
            DataError: The judge can't be reached.
            ConfigError: Its template does not fit.
        """
        problem = rollout.known.problem
        key = observation_key(problem, done) if rollout.known.fault is None else None
        if key is None or done.observation is None:
            return
        waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.rows += 1
            return
        sufficient, how = self._store.find(key)
        if how != NOT_JUDGED:
            self._rows[sufficient] += 1
            return
        self._waiting[key] = _Waiting(judge_item(problem, done.observation.text))
        self._chars += len(done.observation.text) + len(problem.question or "")
        if len(self._waiting) >= (AT_ONCE if self._asked else FIRST) or self._chars >= MAX_CHARS:
            self.settle()

    def settle(self) -> None:
        """Asks about what waits; the errors are those of `add`."""
        waiting, self._waiting, self._chars = self._waiting, {}, 0
        if not waiting:
            return
        verdicts = judge_sync(self._judge, [one.item for one in waiting.values()])
        check_reached(self._judge, self._name, verdicts)
        self._store.add((key, said.sufficient, said.how) for key, said in zip(waiting, verdicts, strict=True))
        for one, said in zip(waiting.values(), verdicts, strict=True):
            self._rows[said.sufficient] += one.rows
            self._cached += said.cached
        self._asked += len(waiting)
        self._progress(self._asked)

    def described(self) -> dict[str, Any]:
        """The counts as plain data: verdicts by rows, and what the different items took."""
        return {
            "items": sum(self._rows.values()),
            "distinct": len(self._store),
            "sufficient": self._rows[True],
            "insufficient": self._rows[False],
            "unscored": self._rows[None],
            "cached": self._cached,
            **spent(self._judge),
        }
