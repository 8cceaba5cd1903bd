"""`Limits`: how hard a judge's server is pressed, and how long it is waited for."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from p2r_rewards.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds on a judge's requests. Times are in seconds.

    Args:
        concurrency: Requests in flight at once.
        requests_per_minute: Requests started a minute, evenly spaced; None is no limit.
        request_timeout: How long one request may take.
        item_deadline: How long one item may take from its first request on, waiting between requests included.
        batch_deadline: How long a batch may take; what is unanswered then is unscored. None is no limit.
        attempts: Requests for one item at most.
        rereads: How often an item is asked again because the reply could not be read.
        backoff: The longest wait before the second request; it doubles with each further one.
        backoff_cap: The longest wait at all, unless the server asks for more.
        breaker_failures: Failures in a row after which a server may be held for down.
        breaker_patience: How long it must have failed without a success.
        breaker_pause: How long it is then left alone, before one request tries it again.

    Raises:
        ConfigError: A value is outside its range; the message names it.

    Example:
        >>> Limits(concurrency=8).attempts
        8
    """

    concurrency: int = 64
    requests_per_minute: float | None = None
    request_timeout: float = 60.0
    item_deadline: float = 240.0
    batch_deadline: float | None = None
    attempts: int = 8
    rereads: int = 1
    backoff: float = 1.0
    backoff_cap: float = 30.0
    breaker_failures: int = 16
    breaker_patience: float = 30.0
    breaker_pause: float = 15.0

    def __post_init__(self) -> None:
        for name, low in (("concurrency", 1), ("attempts", 1), ("rereads", 0), ("breaker_failures", 1)):
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= 100_000:
                message = f"{name} must be a whole number from {low} to 100,000, not {value!r:.80}"
                raise ConfigError(message)
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if value is None and item.name in ("requests_per_minute", "batch_deadline"):
                continue
            floor = 0.0 if item.name.startswith(("backoff", "breaker", "rereads")) else math.ulp(0.0)
            if isinstance(value, bool) or not isinstance(value, int | float) or not floor <= value < math.inf:
                message = f"{item.name} must be a positive number, not {value!r:.80}"
                raise ConfigError(message)
