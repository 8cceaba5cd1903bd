"""Asking a model until it has given a reply that can be read, within the limits."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from p2r_rewards.judges.breaker import Breaker
from p2r_rewards.judges.client import Client, Message, Reply
from p2r_rewards.judges.failures import Failure, sort_failure
from p2r_rewards.judges.ledger import Ledger
from p2r_rewards.judges.limits import Limits
from p2r_rewards.judges.pacing import Pace

T = TypeVar("T")

Read: TypeAlias = Callable[[Reply], tuple[T | None, str]]
"""What a reply says, None where it can't be read, and in a few words what decided."""

_LOG = logging.getLogger(__name__)
_RANDOM = random.Random()  # jitter only: nothing that is seeded depends on it


class Asked(NamedTuple, Generic[T]):
    """What came of asking: the value, None where there is none, and how, or why not."""

    value: T | None
    how: str
    reply: Reply | None = None
    seconds: float = 0.0


class Asker:
    """Puts messages to one client, within the limits; used from within one event loop.

    Requests that fail for the server's sake are repeated with growing, jittered waits, never sooner than the server
    asks for. A server that refuses structured decoding is asked without it from then on.

    Args:
        client: The model.
        limits: The bounds.
        ledger: Where requests are counted.
        log_text: Whether messages and replies go to the debug log.
    """

    def __init__(self, client: Client, limits: Limits, ledger: Ledger, *, log_text: bool = False) -> None:
        self._client = client
        self._limits = limits
        self._ledger = ledger
        self._log_text = log_text
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._pace = Pace(limits.requests_per_minute)
        self._breaker = Breaker(limits)
        self._structured: bool | None = None  # whether the server takes choices; None: not known yet
        self._loading: asyncio.Task[None] | None = None

    async def ask(
        self, messages: Sequence[Message], read: Read[T], *, choices: Sequence[str] | None = None
    ) -> Asked[T]:
        """What the model says to the messages; without a value where it stays silent or unreadable. It never raises.

        Args:
            messages: The prompt.
            read: Reads a reply.
            choices: What structured decoding holds the reply to, where the server has it.
        """
        await self._load()
        limits, deadline = self._limits, float("inf")
        rereads, last = 0, None
        for attempt in range(1, limits.attempts + 1):
            async with self._slots:
                offered = None if self._structured is False else choices
                deadline = min(deadline, time.monotonic() + limits.item_deadline)
                outcome = await self._request(messages, offered, deadline, again=attempt > 1)
                if offered and self._structured is None and _refuses(outcome):
                    # Perhaps it refuses structured decoding alone: known only once it answers without.
                    offered = None
                    outcome = await self._request(messages, None, deadline, again=True)
            if not isinstance(outcome, Failure):
                reply, seconds = outcome
                if choices and self._structured is None:
                    self._structured = offered is not None
                value, how = read(reply)
                if value is not None:
                    return Asked(value, how, reply, seconds)
                failure, last = Failure(how, malformed=True), reply
            else:
                failure = outcome
            if failure.malformed:
                self._ledger.malformed[failure.cause] += 1
                rereads += 1
                if rereads > limits.rereads:
                    return Asked(None, f"no readable reply: {failure.cause}", last)
                continue
            if not failure.retry:
                return Asked(None, f"no answer from the model: {failure.cause}")
            wait = self._wait_after(failure, attempt)
            if time.monotonic() + wait > deadline:
                return Asked(None, f"no answer within the item's deadline: {failure.cause}")
            if attempt < limits.attempts:
                await asyncio.sleep(wait)
        return Asked(None, f"no answer in {limits.attempts} requests: {failure.cause}")

    async def _load(self) -> None:
        """Has a model in this process loaded once, which takes its time; a failure shows when it is asked."""
        load = getattr(self._client, "load", None)
        if load is not None:
            if self._loading is None:
                self._loading = asyncio.create_task(load())
            await asyncio.wait([self._loading])

    async def _request(
        self, messages: Sequence[Message], choices: Sequence[str] | None, deadline: float, *, again: bool
    ) -> tuple[Reply, float] | Failure:
        """The reply to one request with its duration, or why there is none."""
        if time.monotonic() >= deadline:
            return Failure("the item's deadline passed in the queue")
        if not await self._pace.wait(deadline):
            return Failure("the server asks to wait longer than the item's deadline")
        if not self._breaker.admits():
            return Failure(f"the server is held for down ({self._breaker.cause})")
        self._ledger.requests += 1
        self._ledger.retries += again
        if self._log_text:
            _LOG.debug("asking %s: %s", self._client.model, [dict(message) for message in messages])
        started = time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, min(self._limits.request_timeout, deadline - started))):
                reply = await self._client.complete(messages, choices=choices)
        except Exception as error:
            return self._fail(sort_failure(error))
        except BaseException:
            self._breaker.withdrew()
            raise
        seconds = time.monotonic() - started
        self._breaker.succeeded()
        self._ledger.latencies.add(seconds)
        self._ledger.prompt_tokens += reply.prompt_tokens or 0
        self._ledger.completion_tokens += reply.completion_tokens or 0
        if self._log_text:
            _LOG.debug("%s replied: %s", self._client.model, reply.raw or reply.text)
        return reply, seconds

    def _fail(self, failure: Failure) -> Failure:
        if not failure.malformed:
            self._ledger.failures[failure.cause] += 1
        if failure.outage:
            was_open = self._breaker.is_open
            self._breaker.failed(failure.cause, lasting=failure.lasting)
            if self._breaker.is_open and not was_open:
                _LOG.warning("%s is held for down: %s", self._client.model, failure.cause)
        else:
            self._breaker.succeeded()  # it answered, if only to refuse this request
        if failure.retry_after:
            self._pace.pause(failure.retry_after)
        return failure

    def _wait_after(self, failure: Failure, attempt: int) -> float:
        """Full jitter under an exponential bound, on top of what the server asks for."""
        bound = min(self._limits.backoff_cap, self._limits.backoff * 2.0 ** min(attempt - 1, 30))
        if failure.retry_after is not None:
            return failure.retry_after + _RANDOM.uniform(0.0, self._limits.backoff)
        return _RANDOM.uniform(bound / 2, bound)


def _refuses(outcome: tuple[Reply, float] | Failure) -> bool:
    return isinstance(outcome, Failure) and outcome.status in (400, 422)
