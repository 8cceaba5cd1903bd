"""Who does the work: this process, several, or a Ray cluster; results come back in the order of the tasks."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from multiprocessing import connection
from types import TracebackType
from typing import Protocol, TypeVar

from p2r_rewards.errors import DataError
from p2r_rewards.scoring.job import Engine

Task = TypeVar("Task")
Result = TypeVar("Result")

LARGE_INPUT = 16_000_000
"""Bytes from which on several processes are worth their start."""


class LostWorkersError(DataError):
    """Workers were killed, or their cluster failed; what they have done is there to be resumed."""


_AHEAD = 2
"""Tasks a worker that are under way or done and not yet fetched: what bounds the memory."""


class Workers(AbstractContextManager["Workers"], Protocol):
    """Runs a function on tasks."""

    splits: bool
    """Whether the caller cuts every file into chunks; else a task is a whole file where that takes reading it."""

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results in the order of the tasks; the first exception is raised in its place."""


def open_workers(engine: Engine, workers: int | None, input_bytes: int) -> Workers:
    """The workers for a job.

    Args:
        engine: "local" or "ray".
        workers: How many processes, or for Ray tasks at once; None is one a core, or this process for small inputs.
        input_bytes: The size of the input.

    Raises:
        MissingExtraError: Ray is not installed.
    """
    if engine == "ray":
        from p2r_rewards.scoring.ray_workers import RayWorkers

        return RayWorkers(workers)
    if workers is None:
        workers = count_cores() if input_bytes >= LARGE_INPUT else 1
    return ProcessWorkers(workers) if workers > 1 else ThisProcess()


def count_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class ThisProcess:
    """Runs tasks one after the other, here."""

    splits = True

    def __enter__(self) -> ThisProcess:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results in order."""
        return map(function, tasks)


class ProcessWorkers:
    """Runs tasks in processes of their own, which end with this one, however it ends.

    Args:
        count: How many.
    """

    splits = True

    def __init__(self, count: int) -> None:
        self._count = count
        # A fork server loads the modules once for all; elsewhere each worker does.
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        context = multiprocessing.get_context(method)
        if method == "forkserver":
            context.set_forkserver_preload(["p2r_rewards.scoring.parts"])
        self._pool = ProcessPoolExecutor(count, context, initializer=_begin_worker)

    def __enter__(self) -> ProcessWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=error is not None)

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results in order, with no more than a few tasks ahead of them."""
        waiting: deque[Future[Result]] = deque()
        try:
            for task in tasks:
                waiting.append(self._pool.submit(function, task))
                if len(waiting) > self._count * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            message = "a worker process was killed, perhaps for want of memory: use fewer --workers"
            raise LostWorkersError(message) from error


def _begin_worker() -> None:
    """Lets the worker end when its parent does, and leaves interrupts to the parent."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the processes are the parallelism
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    sys.stderr = None  # whoever read it has gone
    os._exit(1)
