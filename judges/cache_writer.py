"""Writes verdicts to the cache behind the judge's back: each soon after it is known, many in one transaction."""

from __future__ import annotations

import asyncio

from p2r_rewards.judges.cache import VerdictCache
from p2r_rewards.judges.verdict import Verdict

PAUSE_SECONDS = 0.05
"""Between transactions: what a killed process loses at most, beside the transaction under way."""


class CacheWriter:
    """Collects verdicts and writes them in a thread, one transaction after the other; used within one event loop."""

    def __init__(self, cache: VerdictCache) -> None:
        self._cache = cache
        self._waiting: list[tuple[bytes, Verdict]] = []
        self._writing: list[tuple[bytes, Verdict]] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, key: bytes, verdict: Verdict) -> None:
        """Has a verdict written soon."""
        self._waiting.append((key, verdict))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())

    async def flush(self) -> None:
        """Returns when everything that was added is on disk."""
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    def write_now(self) -> None:
        """Writes what is left in the calling thread, for the end of the process: threads may be gone by then."""
        left, self._writing, self._waiting = self._writing + self._waiting, [], []
        if left:
            self._cache.put_many(left)

    async def _write(self) -> None:
        while self._waiting:
            self._writing, self._waiting = self._waiting, []
            await asyncio.to_thread(self._cache.put_many, self._writing)
            self._writing = []
            if self._waiting:
                await asyncio.sleep(PAUSE_SECONDS)
