"""When the next request may start: an even pace, and pauses that a server asks for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

MAX_PAUSE_SECONDS = 900.0
"""A server that asks for more is asked again all the same."""


class Pace:
    """Hands out starting times: evenly spaced where a rate is set, and none before a pause is over."""

    def __init__(self, requests_per_minute: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._spacing = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._clock = clock
        self._next = 0.0
        self._paused_until = 0.0

    def pause(self, seconds: float) -> None:
        """Lets nothing start for so long."""
        self._paused_until = max(self._paused_until, self._clock() + min(seconds, MAX_PAUSE_SECONDS))

    async def wait(self, deadline: float) -> bool:
        """Returns at the next starting time: True; False, at once, where that lies past the deadline."""
        while True:
            now = self._clock()
            start = max(now, self._next, self._paused_until)
            if start > deadline:
                return False
            if start <= self._paused_until and start > now:
                await asyncio.sleep(start - now)  # a pause may grow meanwhile: look again
                continue
            self._next = start + self._spacing
            if start > now:
                await asyncio.sleep(start - now)
            return True
