"""`Gate`: how many requests are scored, how many wait, and how much of their bodies is held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from p2r_rewards.trainers.server.limits import ServerLimits
from p2r_rewards.trainers.server.refusals import busy


class Hold:
    """The bytes that one request holds."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.size = 0

    def add(self, size: int) -> None:
        """Takes more bytes.

        Raises:
            Refusal: 503, where all requests together would hold too many.
        """
        if self._gate.held + size > self._gate.limits.held_bytes:
            message = "the server holds as many bytes of requests as it may"
            raise busy(message)
        self.size += size
        self._gate.held += size


class Gate:
    """Admits requests within the limits; all of it runs in one event loop."""

    def __init__(self, limits: ServerLimits) -> None:
        self.limits = limits
        self.waiting = self.scoring = self.held = 0
        self._slots = asyncio.Semaphore(limits.concurrency)

    @contextmanager
    def hold(self) -> Iterator[Hold]:
        """Counts the bytes of a request while it is there."""
        hold = Hold(self)
        try:
            yield hold
        finally:
            self.held -= hold.size

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Waits for its turn.

        Raises:
            Refusal: 503, where too many wait already.
        """
        if self._slots.locked() and self.waiting >= self.limits.queue:
            message = "as many requests wait as may"
            raise busy(message)
        self.waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self.waiting -= 1
        self.scoring += 1
        try:
            yield
        finally:
            self.scoring -= 1
            self._slots.release()
