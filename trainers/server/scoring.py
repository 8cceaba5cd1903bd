"""`Scorer`: bodies of requests to bodies of replies, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from p2r_rewards.judges.limits import Limits
from p2r_rewards.judges.opening import open_judge
from p2r_rewards.trainers.samples import RewardSettings, Sample, SampleReward, SampleRewards
from p2r_rewards.trainers.server.limits import ServerLimits
from p2r_rewards.trainers.server.request_bodies import ReadBody

WriteReply = Callable[[Sequence[SampleReward]], bytes]

_AT_ONCE = 32
"""Samples of a request that are read and graded without a pause; others get their turn in between."""


class Answer(NamedTuple):
    """A reply's body, and how many samples it scores and leaves unscored."""

    body: bytes
    scored: int
    unscored: int


def judge_limits(limits: ServerLimits, concurrency: int) -> Limits:
    """How long the judge is waited for, its own queue included, so that requests end before their deadline.

    Those that had to wait to be scored at all have less: they may be late, which is a 504.

    Example:
        >>> [judge_limits(ServerLimits(deadline=seconds), 64).request_timeout for seconds in (10, 170)]
        [3.0, 51.0]
    """
    patience = limits.judge_share * limits.deadline
    return Limits(
        concurrency=concurrency,
        request_timeout=min(60.0, patience / 3),
        item_deadline=patience,
        batch_deadline=patience,
        breaker_patience=min(30.0, patience / 3),
    )


class Scorer:
    """Reads, judges, grades and writes in one event loop beside the server's, which goes on meanwhile.

    Each request is a task of its own: while one waits for the judge others are graded, and nobody waits for another's
    verdicts. The judge is one for all: it merges identical observations, whichever requests hold them, and gathers the
    others for clients that work in batches. A task that is called off takes back what it asked.

    Args:
        settings: What is paid for, and who judges.
        limits: Of these, the deadline bounds the judge.
        judge_concurrency: Requests to the judge in flight at once.

    Raises:
        ConfigError: The settings are at fault.
        MissingExtraError: A library that the judge needs is not installed.
    """

    def __init__(self, settings: RewardSettings, limits: ServerLimits, judge_concurrency: int = 64) -> None:
        self.settings = settings
        self._limits = limits
        judging = judge_limits(limits, judge_concurrency)
        judge = None if settings.judge is None else open_judge(settings.judge, limits=judging)
        self._rewards = SampleRewards(settings, judge)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="p2r-grading", daemon=True)

    def start(self) -> None:
        """Begins to work."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; what it still did is called off."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def answer(self, body: bytes, read: ReadBody, write: WriteReply) -> Answer:
        """The reply to a body; to be awaited in any other loop.

        Raises:
            Refusal: The body can't be read.
        """
        work = asyncio.run_coroutine_threadsafe(self._answer(body, read, write), self._loop)
        return await asyncio.wrap_future(work)

    async def _answer(self, body: bytes, read: ReadBody, write: WriteReply) -> Answer:
        samples = read(body, self._limits)
        rewards = await self._score(samples)
        unscored = sum(one.reward is None for one in rewards)
        return Answer(write(rewards), len(rewards) - unscored, unscored)

    async def _score(self, samples: Sequence[Sample]) -> list[SampleReward]:
        # A group's own lengths set its bands: then its samples are scored together, as they were sent.
        step = len(samples) if self.settings.reward.length == "dynamic" else _AT_ONCE
        starts = range(0, len(samples), step)
        parts = await asyncio.gather(*(self._rewards.score_async(samples[at : at + step]) for at in starts))
        return [reward for part in parts for reward in part]
