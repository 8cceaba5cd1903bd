"""Requests of many tasks gathered into batches for a model in this process, which runs in a thread of its own."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, NamedTuple, TypeVar

from p2r_rewards.judges.client import Message, Reply
from p2r_rewards.judges.failures import LoadError

T = TypeVar("T")


class Request(NamedTuple):
    """Messages, and the choices that the reply must end in."""

    messages: Sequence[Message]
    choices: tuple[str, ...] | None


class Batcher:
    """Runs `generate` on up to `size` requests at once, in one worker thread, which starts with the first request.

    Args:
        generate: The replies to requests, in order; an exception in place of one is raised for that request alone.
        size: The most requests of one batch.
        wait: Seconds to wait for more requests once there is one.
    """

    def __init__(
        self, generate: Callable[[list[Request]], Sequence[Reply | Exception]], size: int, wait: float = 0.01
    ) -> None:
        self._generate = generate
        self._size = size
        self._wait = wait
        self._waiting: queue.SimpleQueue[tuple[Request, Future[Reply]] | None] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None

    async def submit(self, request: Request) -> Reply:
        """The reply to a request; what `generate` raises is raised here."""
        if self._worker is None or not self._worker.is_alive():
            self._worker = threading.Thread(target=self._work, name="p2r-judge-model", daemon=True)
            self._worker.start()
        future: Future[Reply] = Future()
        self._waiting.put((request, future))
        return await asyncio.wrap_future(future)

    async def aclose(self) -> None:
        """Ends the worker after the batch under way."""
        worker, self._worker = self._worker, None
        if worker is not None and worker.is_alive():
            self._waiting.put(None)
            while worker.is_alive():
                await asyncio.sleep(0.01)

    def _work(self) -> None:
        while True:
            batch, ends = self._gather()
            wanted = [(request, future) for request, future in batch if future.set_running_or_notify_cancel()]
            if wanted:
                self._answer(wanted)
            if ends:
                return

    def _gather(self) -> tuple[list[tuple[Request, Future[Reply]]], bool]:
        """The next requests, and whether the worker is to end."""
        batch: list[tuple[Request, Future[Reply]]] = []
        deadline = float("inf")
        while len(batch) < self._size:
            try:
                timeout = None if not batch else max(0.0, deadline - time.monotonic())
                entry = self._waiting.get(timeout=timeout)
            except queue.Empty:
                break
            if entry is None:
                return batch, True
            batch.append(entry)
            if len(batch) == 1:
                deadline = time.monotonic() + self._wait
        return batch, False

    def _answer(self, batch: list[tuple[Request, Future[Reply]]]) -> None:
        try:
            replies = self._generate([request for request, _ in batch])
            for (_, future), reply in zip(batch, replies, strict=True):
                if isinstance(reply, Exception):
                    future.set_exception(reply)
                else:
                    future.set_result(reply)
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)


class LoadOnce(Generic[T]):
    """Something that takes long to load: loaded when it is first asked for, by one thread, and tried only once.

    Args:
        load: Loads it.
        name: What it is, for the error.
    """

    def __init__(self, load: Callable[[], T], name: str) -> None:
        self._load = load
        self._name = name
        self._lock = threading.Lock()
        self._loaded: list[T] = []
        self._failure: str | None = None

    def get(self) -> T:
        """The loaded thing.

        Raises:
            LoadError: It can't be loaded, now or when it was tried.
        """
        with self._lock:
            if self._failure is not None:
                raise LoadError(self._failure)
            if not self._loaded:
                try:
                    self._loaded.append(self._load())
                except Exception as error:
                    self._failure = f"{self._name} can't be loaded ({type(error).__name__}: {str(error)[:300]})"
                    raise LoadError(self._failure) from error
            return self._loaded[0]
