"""Judging beside other work: verdicts that are asked for early and waited for late."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future

from p2r_rewards.judges.loops import own_loop
from p2r_rewards.judges.verdict import Judge, JudgeItem, Verdict

_LOG = logging.getLogger(__name__)


class Pending:
    """Verdicts that are on their way.

    Attributes:
        waited: How many seconds `verdicts` had to wait.
        failed: How many items have no verdict because the judge raised, or broke its promise.
    """

    def __init__(self, future: Future[list[Verdict]] | None = None, count: int = 0) -> None:
        self._future = future
        self._count = count
        self.waited = 0.0
        self.failed = 0

    def verdicts(self) -> list[Verdict]:
        """The verdicts in order, when they are there.

        What the judge raises is not raised here: the other processes would wait forever for this one's rewards. Its
        items are unscored for that reason, it is logged as a warning, and `failed` counts them.
        """
        if self._future is None:
            return []
        start = time.perf_counter()
        try:
            verdicts = _checked(self._future.result(), self._count)
        except Exception as error:  # whatever a judge may raise
            how = f"the judge failed: {type(error).__name__}: {error}"[:200]
            _LOG.warning("%d observations stay unscored: %s", self._count, how, exc_info=error)
            self.failed = self._count
            verdicts = [Verdict(sufficient=None, how=how)] * self._count
        self.waited = time.perf_counter() - start
        return verdicts


def ask(judge: Judge, items: Sequence[JudgeItem]) -> Pending:
    """The verdicts on the items, asked for now in the judges' own thread, and not waited for."""
    if not items:
        return Pending()

    async def judged() -> list[Verdict]:
        return await judge(items)

    return Pending(asyncio.run_coroutine_threadsafe(judged(), own_loop()), len(items))


def _checked(verdicts: object, count: int) -> list[Verdict]:
    if not isinstance(verdicts, list | tuple) or not all(isinstance(one, Verdict) for one in verdicts):
        message = f"the judge gave {verdicts!r:.80}, not a list of verdicts"
        raise TypeError(message)
    if len(verdicts) != count:
        message = f"the judge gave {len(verdicts)} verdicts on {count} items: one an item, in order"
        raise ValueError(message)
    return list(verdicts)
