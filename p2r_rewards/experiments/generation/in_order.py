"""`in_order`: an asynchronous function over a stream, many calls at once, results in the order of the stream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def in_order(items: Iterable[T], work: Callable[[T], Awaitable[R]], window: int) -> AsyncIterator[tuple[T, R]]:
    """Each item with what `work` makes of it, in order; at most `window` of them are taken but not yet handed on.

    What is under way is called off where the caller stops, or where a call raises.
    """
    waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
    rest = iter(items)
    try:
        while True:
            while len(waiting) < window:
                try:
                    item = next(rest)
                except StopIteration:
                    break
                waiting.append((item, asyncio.ensure_future(work(item))))
                await asyncio.sleep(0)  # a stream that takes long to read must not hold up what is under way
            if not waiting:
                return
            item, future = waiting[0]
            result = await future
            waiting.popleft()
            yield item, result
    finally:
        for _, future in waiting:
            future.cancel()
        await asyncio.gather(*(future for _, future in waiting), return_exceptions=True)
