"""Whether files were written to while they were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.source import Source
from p2r_rewards.scoring.job import ScoringJob


def file_states(job: ScoringJob, sources: Sequence[Source]) -> dict[str, tuple[int, int]]:
    """Of the files that are read, by their names, what tells that they were written to."""
    named = [(source.name, source.path) for source in sources]
    found = {}
    for name, path in [*named, *((str(one), one) for one in job.dataset_files)]:
        try:
            status = path.stat()
        except OSError as error:
            message = f"{name}: can't be read: {error.strerror or error}"
            raise DataError(message) from error
        found[name] = (status.st_size, status.st_mtime_ns)
    return found


def check_unchanged(before: Mapping[str, tuple[int, int]], after: Mapping[str, tuple[int, int]]) -> None:
    """Refuses what was read in part from one state of a file and in part from another."""
    changed = [name for name in before if after.get(name) != before[name]]
    if changed:
        message = f"{changed[0]}: was written to while it was read; score it when that is done, or a copy of it"
        raise DataError(message)
