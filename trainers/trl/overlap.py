"""Judging beside other work: verdicts that are asked for early and waited for late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Future

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.loops import own_loop
from p2r_rewards.judges.verdict import Judge, JudgeItem, Verdict


class Pending:
    """Verdicts that are on their way.

    Attributes:
        waited: How many seconds `verdicts` had to wait.
    """

    def __init__(self, future: Future[list[Verdict]] | None = None, count: int = 0) -> None:
        self._future = future
        self._count = count
        self.waited = 0.0

    def verdicts(self) -> list[Verdict]:
        """The verdicts in order, when they are there.

        Raises:
            ConfigError: The judge gave another number of verdicts than there were items.
            Exception: What the judge itself raised: a judge that is merely down has unscored verdicts to give.
        """
        if self._future is None:
            return []
        start = time.perf_counter()
        verdicts = self._future.result()
        self.waited = time.perf_counter() - start
        if len(verdicts) != self._count:
            message = f"the judge gave {len(verdicts)} verdicts on {self._count} items: one an item, in order"
            raise ConfigError(message)
        return verdicts


def ask(judge: Judge, items: Sequence[JudgeItem]) -> Pending:
    """The verdicts on the items, asked for now in the judges' own thread, and not waited for."""
    if not items:
        return Pending()

    async def judged() -> list[Verdict]:
        return await judge(items)

    return Pending(asyncio.run_coroutine_threadsafe(judged(), own_loop()), len(items))
