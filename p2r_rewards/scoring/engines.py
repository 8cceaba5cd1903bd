"""Who does the work: this process, several, or a Ray cluster; results come back in the order of the tasks."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from multiprocessing import connection
from types import ModuleType, TracebackType
from typing import Protocol, TypeVar

from p2r_rewards.scoring.job import Engine
from p2r_rewards.scoring.lost_workers import LostWorkersError

Task = TypeVar("Task")
Result = TypeVar("Result")

LARGE_INPUT = 16_000_000
"""Bytes from which on several processes are worth their start."""

MAX_SOCKET_FOLDER = 60
"""The longest name of the temporary folder, in bytes, in which a socket's name stays within its 107."""

_AHEAD = 2
"""Tasks a worker that are under way or done and not yet fetched: what bounds the memory."""


class Workers(AbstractContextManager["Workers"], Protocol):
    """Runs a function on tasks."""

    splits: bool
    """Whether the caller cuts every file into chunks; else a task is a whole file where that takes reading it."""

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results in the order of the tasks; the first exception is raised in its place."""


def open_workers(engine: Engine, workers: int | None, input_bytes: int, *, arrow: bool = False) -> Workers:
    """The workers for a job.

    Args:
        engine: "local" or "ray".
        workers: How many processes, or for Ray tasks at once; None is one a core, or this process for small inputs.
        input_bytes: The size of the input.
        arrow: Whether the work needs Arrow.

    Raises:
        MissingExtraError: Ray is not installed.
    """
    if engine == "ray":
        from p2r_rewards.scoring.ray_workers import RayWorkers

        return RayWorkers(workers)
    if workers is None:
        workers = count_cores() if input_bytes >= LARGE_INPUT else 1
    return ProcessWorkers(workers, arrow=arrow) if workers > 1 else ThisProcess()


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
        arrow: Whether the work needs Arrow.
    """

    splits = True

    def __init__(self, count: int, *, arrow: bool = False) -> None:
        self._count = count
        method = _start_method()
        context = multiprocessing.get_context(method)
        if method == "forkserver":
            arrow_modules = ["p2r_rewards.rollouts.write_parquet"] if arrow else []
            context.set_forkserver_preload(["p2r_rewards.scoring.worker_modules", *arrow_modules])
        self._pool = ProcessPoolExecutor(count, context, initializer=_begin_worker, initargs=(arrow,))

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


def _start_method() -> str:
    """A fork server, which loads the modules once for all; where there can be none, each worker loads them."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return "spawn"
    return "forkserver" if len(os.fsencode(tempfile.gettempdir())) <= MAX_SOCKET_FOLDER else "spawn"


def _begin_worker(arrow: bool) -> None:
    """Lets the worker end when its parent does, leaves interrupts to the parent, and keeps the memory small."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the processes are the parallelism
    gc.freeze()  # the collector shall not touch, and so copy, what the fork server shares
    if arrow:
        import pyarrow as pa

        pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps what it has freed
        sys.meta_path.insert(0, _WithoutPandas())
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


class _WithoutPandas:
    """An import finder to which pandas is not installed.

    Arrow loads it with its first array, to tell series from lists: 50 MB a worker that rollouts have no use for.
    """

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        del path, target
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    sys.stderr = None  # whoever read it has gone
    os._exit(1)
