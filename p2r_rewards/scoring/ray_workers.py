"""Work done on a Ray cluster, by Ray Data."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from p2r_rewards.errors import MissingExtraError, P2RError
from p2r_rewards.scoring.lost_workers import LostWorkersError

Task = TypeVar("Task")
Result = TypeVar("Result")

_RETRIES = 2
"""How often a task is tried again whose worker was killed; Ray Data would do so for ever."""


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
        logging.getLogger("ray.data").setLevel(
            logging.CRITICAL
        )  # what fails is raised; the rest stands in Ray's log files
        self._ray = ray
        self._count = count
        self._own = not ray.is_initialized()

    def __enter__(self) -> RayWorkers:
        if self._own:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
            logging.getLogger("ray").setLevel(logging.ERROR)
            ends = signal.getsignal(signal.SIGTERM)
            self._ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False, configure_logging=False)
            if ends is not None and threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, ends)  # Ray's own handler aborts
        return self

    def __exit__(self, *error: object) -> None:
        if self._own:
            self._ray.shutdown()

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results in order."""
        data = self._ray.data
        context = data.DataContext.get_current().copy()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        # As bytes, so that Ray Data takes nothing apart.
        items = [{"task": pickle.dumps(task)} for task in tasks]
        if not items:
            return
        with data.DataContext.current(context):
            strategy = data.TaskPoolStrategy(self._count)
            rows = data.from_items(items, override_num_blocks=len(items))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # newer versions mean to drop this way to bound the retries
                results = rows.map(_Call(function), compute=strategy, max_retries=_RETRIES)
            for row in _told_apart(results.iter_rows(), self._ray.exceptions.RayError):
                outcome = pickle.loads(row["outcome"])  # written by our own worker
                if isinstance(outcome, Exception):
                    raise outcome
                yield outcome


def _told_apart(rows: Iterable[Any], failures: type[Exception]) -> Iterator[Any]:
    """The rows; what befalls the cluster is raised as what befalls workers anywhere."""
    try:
        yield from rows
    except failures as error:
        told = str(error).strip().splitlines() or [""]
        message = f"Ray failed ({type(error).__name__}): {told[0]:.300}"
        raise LostWorkersError(message) from error


class _Call:
    """Calls a function on a row's task; what it raises is an outcome too, so that it comes back as it is."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            outcome = self._function(pickle.loads(row["task"]))  # written by our own driver
        except Exception as error:
            if not isinstance(error, P2RError | OSError):
                error.add_note(traceback.format_exc())  # a fault of ours: where it arose stays behind
            outcome = error
        return {"outcome": pickle.dumps(outcome)}
