"""What judging took: requests, retries, tokens, cost and latency."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_STEP = math.log(1.05)


class Price(NamedTuple):
    """What a server charges for a million tokens, read and written, in one currency."""

    prompt: float
    completion: float


class Latencies:
    """Durations in buckets 5% apart: quantiles of any number of them in little memory."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Counts a duration."""
        self._buckets[math.ceil(math.log(max(seconds, 1e-6)) / _STEP)] += 1

    def quantile(self, share: float) -> float | None:
        """The duration, to 5%, that a share in [0, 1] of all did not exceed; None where there are none.

        Example:
            >>> latencies = Latencies()
            >>> for seconds in (0.1, 0.1, 0.1, 2.0):
            ...     latencies.add(seconds)
            >>> round(latencies.quantile(0.5), 1), round(latencies.quantile(1.0))
            (0.1, 2)
        """
        wanted, seen = share * self._buckets.total(), 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                return math.exp(bucket * _STEP)
        return None


@dataclass(slots=True)
class Ledger:
    """Counts since the judge was made.

    Attributes:
        items: Items given.
        screened: Items decided without the model.
        cached: Items whose verdict was known.
        merged: Items that shared the request of an identical one.
        unscored: Items left without a verdict.
        requests: Requests sent.
        retries: Those among them that asked again.
        prompt_tokens: Tokens read, where the server told.
        completion_tokens: Tokens written.
        failures: Failed requests by cause.
        malformed: Replies that could not be read, by cause.
        latencies: Durations of the requests that were answered.
        price: For the cost.
    """

    items: int = 0
    screened: int = 0
    cached: int = 0
    merged: int = 0
    unscored: int = 0
    requests: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    malformed: Counter[str] = field(default_factory=Counter)
    latencies: Latencies = field(default_factory=Latencies)
    price: Price | None = None

    @property
    def cost(self) -> float | None:
        """What the tokens cost; None without a price."""
        if self.price is None:
            return None
        return (self.prompt_tokens * self.price.prompt + self.completion_tokens * self.price.completion) / 1e6

    def to_mapping(self) -> dict[str, Any]:
        """The counts as plain data, with the cost and the latency's quantiles."""
        quantiles = {f"p{round(share * 100)}": self.latencies.quantile(share) for share in (0.5, 0.9, 0.99)}
        names = ("items", "screened", "cached", "merged", "unscored", "requests", "retries")
        tokens = ("prompt_tokens", "completion_tokens")
        return {
            **{name: getattr(self, name) for name in (*names, *tokens)},
            "failures": dict(self.failures),
            "malformed": dict(self.malformed),
            "latency_seconds": quantiles,
            "cost": self.cost,
        }
