"""Where a run keeps its parts: beside its output under a name that a later run finds, or in a temporary folder."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
from filelock import FileLock, Timeout

from p2r_rewards import __version__
from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.rollouts.chunks import CHUNK_BYTES
from p2r_rewards.rollouts.json_text import make_plain
from p2r_rewards.rollouts.source import Source
from p2r_rewards.scoring.job import STANDARD_OUTPUT, ScoringJob, files_below
from p2r_rewards.scoring.lost_workers import LostWorkersError

RESUME = "the same command with --resume goes on from here"

_JOB = "job.json"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class WorkFolder:
    """The folder of one run.

    It is removed at the end, and when the input or the options are at fault; it stays when the run is interrupted or
    killed, loses its workers or finds the disk full, so that it can be resumed.

    Args:
        job: What is scored.

    Raises:
        DataError: It can't be made, or another run is at work in it.
    """

    def __init__(self, job: ScoringJob) -> None:
        self._job = job
        self._temporary = job.output in (None, STANDARD_OUTPUT)
        self.resumed = False
        if self._temporary:
            self.path = Path(tempfile.mkdtemp(prefix="p2r-score-"))
            return
        output = Path(str(job.output)).resolve()
        if not output.parent.is_dir():
            message = f"{job.output}: can't be written: No such folder: {output.parent}"
            raise DataError(message)
        # Long names must stay within 255 bytes, and those that begin alike apart.
        mark = hashlib.blake2b(os.fsencode(output.name), digest_size=8).hexdigest()
        self.path = output.with_name(f".{output.name[:40]}.{mark}.p2r-score")
        self._lock = FileLock(self.path.with_suffix(".lock"), timeout=0)
        try:
            self._lock.acquire()
        except Timeout as error:
            message = f"{job.output}: another run is writing it"
            raise DataError(message) from error
        except OSError as error:
            message = f"{job.output}: can't be written: {error.strerror or error}"
            raise DataError(message) from error

    def prepare(self, sources: Sequence[Source]) -> list[str]:
        """Makes the folder ready; parts of an earlier run stay if it was the same job and is to be resumed.

        Args:
            sources: The files that are scored.

        Returns:
            What the user should know.

        Raises:
            DataError: The folder can't be written.
        """
        if self._temporary:
            return []
        fingerprint = _fingerprint(self._job, sources)
        notes = []
        known = self._read_fingerprint()
        if self._job.resume and known == fingerprint:
            self.resumed = True
        else:
            if self._job.resume:
                what = "no run to resume" if known is None else "the input, the options or the version have changed"
                notes.append(f"{what}: everything was scored anew")
            self._remove()
            self._make()
            (self.path / _JOB).write_bytes(fingerprint)
        return notes

    def __enter__(self) -> WorkFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._temporary:
            self._remove()
        else:
            if not _can_go_on(error):
                self._remove()
            Path(self._lock.lock_file).unlink(missing_ok=True)
            self._lock.release()
        if isinstance(error, LostWorkersError) and not self._temporary:
            message = f"{error}; {RESUME}"
            raise LostWorkersError(message) from error
        if isinstance(error, OSError) and error.errno in _FULL:
            raise self._full(error) from error

    def _full(self, error: OSError) -> DataError:
        reason = error.strerror or error
        if self._temporary:
            place = "standard output, or " if self._job.output == STANDARD_OUTPUT else ""
            message = f"{place}the temporary folder {self.path.parent}: {reason}; TMPDIR=FOLDER names another one"
        else:
            message = f"{self._job.output}: can't be written: {reason}; make room, then {RESUME}"
        return DataError(message)

    def _make(self) -> None:
        try:
            self.path.mkdir()
        except OSError as error:
            message = f"{self.path}: can't be made: {error.strerror or error}"
            raise DataError(message) from error

    def _remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def _read_fingerprint(self) -> bytes | None:
        try:
            return (self.path / _JOB).read_bytes()
        except OSError:
            return None


def _can_go_on(error: BaseException | None) -> bool:
    """Whether a run that ended so may be resumed: nothing was wrong with the input or the options."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return error is not None and (not isinstance(error, Exception) or isinstance(error, LostWorkersError))


def _fingerprint(job: ScoringJob, sources: Sequence[Source]) -> bytes:
    """All that the parts depend on; of the files, what tells that they were written to."""
    options: dict[str, Any] = {
        "version": __version__,
        "chunk_bytes": CHUNK_BYTES,
        "config": job.config.to_mapping(),
        "output": str(job.output),
        "mapping": dict(job.mapping),
        "compare": job.compare,
        "prompts": job.prompts is not None,
        "judge": dict(job.judge) if job.judge is not None else None,
        "verdicts": [_stamp(job.verdicts, str(job.verdicts))] if job.verdicts is not None else None,
        "group_size": job.group_size,
        "overwrite_columns": job.overwrite_columns,
        "max_line": job.max_line,
        "sources": [_stamp(source.path, source.name) for source in sources],
        "dataset": [_stamp(path, str(path)) for path in job.dataset_files],
        "tokenizer": [_stamp(path, str(path)) for path in files_below(job.tokenizer)] if job.tokenizer else None,
    }
    return orjson.dumps(make_plain(options)[0], option=orjson.OPT_SORT_KEYS)


def _stamp(path: Path, name: str) -> list[Any]:
    try:
        status = path.stat()
    except OSError as error:
        message = f"{name}: can't be read: {error.strerror or error}"
        raise ConfigError(message) from error
    return [name, status.st_size, status.st_mtime_ns]
