"""Who does the work: this process, several, or a Ray cluster; results come back in the order of the tasks."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from multiprocessing import connection
from types import TracebackType
from typing import Any, Protocol, TypeVar

from p2r_rewards.errors import DataError, MissingExtraError, P2RError
from p2r_rewards.scoring.job import Engine

Task = TypeVar("Task")
Result = TypeVar("Result")

LARGE_INPUT = 16_000_000
"""Bytes from which on several processes are worth their start."""

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
            message = "a worker process was killed, perhaps for want of memory; go on with --resume and fewer --workers"
            raise DataError(message) from error


class RayWorkers:
    """Runs tasks on a Ray cluster with Ray Data: an existing one where there is one, else one on this machine.

    Args:
        count: Tasks at once; None leaves that to Ray.

    Raises:
        MissingExtraError: Ray is not installed.
    """

    splits = False

    def __init__(self, count: int | None) -> None:
        try:
            import ray
            import ray.data
        except ImportError as error:
            package, extra = "ray[data]", "ray"
            raise MissingExtraError(package, extra) from error
        self._ray = ray
        self._count = count
        self._own = not ray.is_initialized()

    def __enter__(self) -> RayWorkers:
        if self._own:
            self._ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False, configure_logging=False)
        return self

    def __exit__(self, *error: object) -> None:
        if self._own:
            self._ray.shutdown()

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results in order."""
        context = self._ray.data.DataContext.get_current().copy()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        # As bytes, so that Ray Data takes nothing apart.
        items = [{"task": pickle.dumps(task)} for task in tasks]
        if not items:
            return
        with self._ray.data.DataContext.current(context):
            results = self._ray.data.from_items(items, override_num_blocks=len(items)).map(
                _Call(function), concurrency=self._count
            )
            for row in results.iter_rows():
                outcome = pickle.loads(row["outcome"])  # written by our own worker
                if isinstance(outcome, Exception):
                    raise outcome
                yield outcome


class _Call:
    """Calls a function on a row's task; what it raises on purpose is an outcome too, so that it comes back as it is."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            outcome = self._function(pickle.loads(row["task"]))  # written by our own driver
        except P2RError as error:
            outcome = error
        return {"outcome": pickle.dumps(outcome)}


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
