"""Work done on a Ray cluster, by Ray Data."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from p2r_rewards.errors import MissingExtraError, P2RError
from p2r_rewards.scoring.engines import LostWorkersError

Task = TypeVar("Task")
Result = TypeVar("Result")


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
        logging.getLogger("ray.data").setLevel(logging.ERROR)  # the plan of every step goes to its log file
        self._ray = ray
        self._count = count
        self._own = not ray.is_initialized()

    def __enter__(self) -> RayWorkers:
        if self._own:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
            self._ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False, configure_logging=False)
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
            results = data.from_items(items, override_num_blocks=len(items)).map(_Call(function), compute=strategy)
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
        message = (
            f"Ray lost a worker: {str(error).strip().splitlines()[-1] if str(error).strip() else repr(error):.300}"
        )
        raise LostWorkersError(message) from error


class _Call:
    """Calls a function on a row's task; what it raises on purpose is an outcome too, so that it comes back as it is."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            outcome = self._function(pickle.loads(row["task"]))  # written by our own driver
        except (P2RError, OSError) as error:
            outcome = error
        return {"outcome": pickle.dumps(outcome)}
