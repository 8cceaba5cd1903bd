"""Judging beside other work: a judge that runs on its own thread, and answers that are waited for late."""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.verdict import Judge, JudgeItem, Verdict


class JudgeThread:
    """Asks a judge on a thread of its own, where one event loop serves all batches.

    A judge keeps its connections bound to that loop. The thread starts with the first question, and ends with this
    object.

    Args:
        judge: Whom to ask.
    """

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self._loop: asyncio.AbstractEventLoop | None = None

    def ask(self, items: Sequence[JudgeItem]) -> Pending:
        """The verdicts on the items, asked for now and not waited for."""
        if not items:
            return Pending(None, 0)
        return Pending(asyncio.run_coroutine_threadsafe(self._judge(items), self._running_loop()), len(items))

    def _judge(self, items: Sequence[JudgeItem]) -> Coroutine[Any, Any, list[Verdict]]:
        async def judge() -> list[Verdict]:
            return await self.judge(items)

        return judge()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(self._loop,), name="p2r-judge", daemon=True).start()
            weakref.finalize(self, _stop, self._loop)
        return self._loop


class Pending:
    """Verdicts that are on their way.

    Attributes:
        waited: How many seconds `verdicts` had to wait.
    """

    def __init__(self, future: Future[list[Verdict]] | None, count: int) -> None:
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


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()


def _stop(loop: asyncio.AbstractEventLoop) -> None:
    # Tasks that nobody waits for any more are left behind: the thread is a daemon.
    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
