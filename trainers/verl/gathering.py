"""Single requests of one event loop, gathered into batches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Gatherer(Generic[Q, A]):
    """Answers the requests that arrive within a moment by one call.

    Args:
        answer: The answers to requests, in order.
        wait: Seconds to wait for more requests once there is one.
        size: The most requests of one call.
    """

    def __init__(self, answer: Callable[[Sequence[Q]], Awaitable[Sequence[A]]], *, wait: float, size: int) -> None:
        self._answer = answer
        self._wait = wait
        self._size = size
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._calls: set[asyncio.Task[None]] = set()

    async def submit(self, request: Q) -> A:
        """The answer to a request; what `answer` raises for it is raised here."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if len(self._waiting) == 1:
            self._start(self._call_later())
        elif len(self._waiting) == self._size:
            self._start(self._call(self._take()))
        return await future

    def _start(self, call: Awaitable[None]) -> None:
        task = asyncio.ensure_future(call)
        self._calls.add(task)  # the loop holds its tasks weakly
        task.add_done_callback(self._calls.discard)

    def _take(self) -> list[tuple[Q, asyncio.Future[A]]]:
        taken, self._waiting = self._waiting, []
        return taken

    async def _call_later(self) -> None:
        await asyncio.sleep(self._wait)
        await self._call(self._take())

    async def _call(self, batch: Sequence[tuple[Q, asyncio.Future[A]]]) -> None:
        batch = [(request, future) for request, future in batch if not future.done()]
        if not batch:
            return
        try:
            answers = await self._answer([request for request, _ in batch])
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        except Exception as error:
            if len(batch) > 1:  # the others are not to blame
                await asyncio.gather(*(self._call([one]) for one in batch))
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
