"""A circuit breaker: a server that is down is not asked by every item in turn."""

from __future__ import annotations

import time
from collections.abc import Callable

from p2r_rewards.judges.limits import Limits


class Breaker:
    """Closed while requests get through; open, after a row of failures, it lets one try through a pause.

    It opens when at least `breaker_failures` came in a row and the first of them is `breaker_patience` seconds old,
    so that a restart is waited for; lasting failures (a wrong key) need no age.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._failures = 0
        self._failing_since = 0.0
        self._open_until: float | None = None
        self._probing = False
        self.cause = ""

    @property
    def is_open(self) -> bool:
        """Whether requests are held back now, but for a probe."""
        return self._open_until is not None

    def admits(self) -> bool:
        """Whether a request may go out now; who is admitted tells afterwards how it went."""
        if self._open_until is None:
            return True
        if self._probing or self._clock() < self._open_until:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """The server answered."""
        self._failures, self._open_until, self._probing = 0, None, False

    def failed(self, cause: str, *, lasting: bool = False) -> None:
        """The server did not answer, or refuses everybody."""
        now = self._clock()
        if not self._failures:
            self._failing_since = now
        self._failures += 1
        patience = 0.0 if lasting else self._limits.breaker_patience
        row = self._failures >= self._limits.breaker_failures and now - self._failing_since >= patience
        if row or self._open_until is not None:
            self._open_until, self.cause = now + self._limits.breaker_pause, cause
        self._probing = False

    def withdrew(self) -> None:
        """The request was called off: nothing is known."""
        self._probing = False
