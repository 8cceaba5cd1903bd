"""One event loop in a thread of its own, where all judging runs: clients keep their connections whoever calls.

So a judge may be called from any loop, from any thread, and without a loop.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None
_closers: dict[int, Callable[[], Awaitable[None]]] = {}


def own_loop() -> asyncio.AbstractEventLoop:
    """The judges' loop, which is started when it is first asked for."""
    global _loop, _thread
    with _lock:
        if _loop is None or _thread is None or not _thread.is_alive():
            _loop = asyncio.new_event_loop()
            _thread = threading.Thread(target=_loop.run_forever, name="p2r-judges", daemon=True)
            _thread.start()
        return _loop


async def run_here(work: Coroutine[Any, Any, T]) -> T:
    """What the work returns; it runs in the judges' loop, whichever loop waits for it."""
    loop = own_loop()
    if asyncio.get_running_loop() is loop:
        return await work
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))


def run_sync(work: Coroutine[Any, Any, T]) -> T:
    """What the work returns; the calling thread waits for it.

    Raises:
        RuntimeError: The caller is itself a task of the judges' loop, which would wait for itself.
    """
    loop = own_loop()
    if threading.current_thread() is _thread:
        work.close()
        message = "a synchronous call from within a judge would wait for itself; await the judge instead"
        raise RuntimeError(message)
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result()
    except BaseException:
        future.cancel()  # an interrupted caller leaves no work behind
        raise


def close_at_exit(owner: object, close: Callable[[], Awaitable[None]]) -> None:
    """Has `close` awaited in the judges' loop before the interpreter ends, unless it is forgotten before."""
    _closers[id(owner)] = close


def forget_closing(owner: object) -> None:
    """Takes back `close_at_exit`."""
    _closers.pop(id(owner), None)


class PerLoop(Generic[T]):
    """Something that belongs to the event loop where it was made, such as a client with its connections."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def get(self) -> T:
        """The running loop's own."""
        loop = asyncio.get_running_loop()
        if loop not in self._made:
            self._made[loop] = self._make()
        return self._made[loop]

    def pop(self) -> T | None:
        """The running loop's own, which is then forgotten; None where it has none."""
        return self._made.pop(asyncio.get_running_loop(), None)


def _forget_loop() -> None:
    # A forked child has the parent's memory, but not its threads.
    global _loop, _thread, _lock
    _lock, _loop, _thread = threading.Lock(), None, None
    _closers.clear()


def _shut_down() -> None:
    global _loop, _thread
    with _lock:
        loop, thread, _loop, _thread = _loop, _thread, None, None
    if loop is None or thread is None or not thread.is_alive():
        return
    ending = asyncio.run_coroutine_threadsafe(_wind_up(), loop)
    try:
        ending.result(10)
    except Exception:  # the interpreter ends: nobody is left to be told
        ending.cancel()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    if not thread.is_alive():
        loop.close()


async def _wind_up() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    closers = list(_closers.values())
    _closers.clear()
    await asyncio.gather(*(close() for close in closers), return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


atexit.register(_shut_down)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_loop)
