"""Verdicts on disk: what was judged once is not paid for again, in any process."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.cache_file import drop_old, file_size, open_file
from p2r_rewards.judges.verdict import Verdict

_LOG = logging.getLogger(__name__)

BUSY_SECONDS = 10.0
_AT_ONCE = 500  # keys of one question; old versions of SQLite take 999
_PRUNE_EVERY = 2_000  # writes
_DAY = 86_400.0
_COLUMNS = "key, sufficient, how, raw, model, template, prompt_tokens, completion_tokens"


def default_path() -> Path:
    """Where verdicts are kept unless told otherwise: `P2R_JUDGE_CACHE`, else below the user's cache folder."""
    if named := os.environ.get("P2R_JUDGE_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "p2r-rewards" / "verdicts.sqlite"


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What a cache holds: verdicts in all and by model, bytes, and the times of the oldest and the newest."""

    path: Path
    verdicts: int
    bytes: int
    models: dict[str, int]
    oldest: float | None
    newest: float | None


class VerdictCache:
    """Verdicts by key in one SQLite file (mode 0600), for any number of threads and processes.

    It holds no keys of servers and no text of prompts, and replies only with `store_raw`. A file that is broken or
    can't be opened costs a warning and the caching, never a verdict; one that can't be written is still read.

    Args:
        path: The file; by default `default_path()`.
        max_bytes: The size at which the oldest verdicts go.
        max_age_days: The age at which verdicts no longer count; None is no limit.
        journal: SQLite's journal mode. "wal" lets readers and a writer work side by side, but breaks on network
            disks, where "delete" is taken all the same.
        store_raw: Whether judges' replies are kept as well.

    Raises:
        ConfigError: A limit is no positive number.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        max_bytes: int = 1 << 30,
        max_age_days: float | None = None,
        journal: Literal["delete", "wal"] = "delete",
        store_raw: bool = False,
    ) -> None:
        if not max_bytes > 0 or (max_age_days is not None and not max_age_days > 0):
            message = f"max_bytes and max_age_days must be positive, not {max_bytes!r:.40} and {max_age_days!r:.40}"
            raise ConfigError(message)
        self.path = Path(path) if path is not None else default_path()
        self.max_bytes, self.max_age_days, self.store_raw = max_bytes, max_age_days, store_raw
        self.journal = journal
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._pid = 0
        self._broken = self._unwritable = self._told_busy = False
        self._writes = 0

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Verdict]:
        """The verdicts that are known, by key; those past their age are not."""
        found: dict[bytes, Verdict] = {}
        with self._lock:
            try:
                connection = self._connect()
                for start in range(0, len(keys) if connection is not None else 0, _AT_ONCE):
                    assert connection is not None
                    some = keys[start : start + _AT_ONCE]
                    question = f"SELECT {_COLUMNS} FROM verdicts WHERE created >= ? AND key IN ({'?,' * len(some)}NULL)"
                    for row in connection.execute(question, (self._oldest_allowed(), *some)):
                        if (verdict := _verdict(row)) is not None:
                            found[row[0]] = verdict
            except sqlite3.Error as error:
                self._degrade(error)
        return found

    def put_many(self, verdicts: Iterable[tuple[bytes, Verdict]]) -> None:
        """Keeps verdicts in one transaction, unscored ones excepted; a key that is known stays as it is."""
        now = time.time()
        rows = [
            _row(key, verdict, now, raw=self.store_raw) for key, verdict in verdicts if verdict.sufficient is not None
        ]
        if not rows:
            return
        with self._lock:
            try:
                connection = self._connect()
                if connection is None or self._unwritable:
                    return
                with connection:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.executemany(
                        f"INSERT OR IGNORE INTO verdicts ({_COLUMNS}, created) VALUES (?,?,?,?,?,?,?,?,?)", rows
                    )
                self._writes += len(rows)
                if self._writes >= _PRUNE_EVERY:
                    self._writes = 0
                    self._prune(connection)
            except sqlite3.Error as error:
                self._degrade(error)

    def prune(self, *, max_bytes: int | None = None, max_age_days: float | None = None) -> int:
        """How many verdicts were dropped to come below the limits, given here or when the cache was made."""
        with self._lock:
            try:
                connection = self._connect()
                return 0 if connection is None else self._prune(connection, max_bytes, max_age_days)
            except sqlite3.Error as error:
                self._degrade(error)
                return 0

    def show(self) -> CacheInfo:
        """What the cache holds."""
        with self._lock:
            try:
                connection = self._connect()
                if connection is not None:
                    models = dict(
                        connection.execute("SELECT model, count(*) FROM verdicts GROUP BY model ORDER BY model")
                    )
                    oldest, newest = connection.execute("SELECT min(created), max(created) FROM verdicts").fetchone()
                    return CacheInfo(self.path, sum(models.values()), file_size(connection), models, oldest, newest)
            except sqlite3.Error as error:
                self._degrade(error)
        return CacheInfo(self.path, 0, 0, {}, None, None)

    def export(self) -> Iterator[dict[str, Any]]:
        """Everything that is kept, one mapping a verdict, in the order of the keys."""
        last = b""
        names = [*_COLUMNS.split(", "), "created"]
        while True:
            with self._lock:
                try:
                    connection = self._connect()
                    if connection is None:
                        return
                    question = f"SELECT {_COLUMNS}, created FROM verdicts WHERE key > ? ORDER BY key LIMIT 1000"
                    rows = connection.execute(question, (last,)).fetchall()
                except sqlite3.Error as error:
                    self._degrade(error)
                    return
            if not rows:
                return
            last = rows[-1][0]
            for row in rows:
                yield {**dict(zip(names, row, strict=True)), "key": row[0].hex(), "sufficient": bool(row[1])}

    def export_to(self, path: str | Path) -> int:
        """How many verdicts were written to a new file of JSON Lines (mode 0600)."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        count = 0
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            for count, row in enumerate(self.export(), start=1):  # noqa: B007
                file.write(json.dumps(row) + "\n")
        return count

    def close(self) -> None:
        """Closes the file; the next use opens it again."""
        with self._lock:
            self._disconnect()

    def _connect(self) -> sqlite3.Connection | None:
        if self._broken:
            return None
        if self._pid != os.getpid():  # a connection must not cross a fork, not even to be closed
            self._connection, self._pid = None, os.getpid()
        if self._connection is None:
            try:
                self._connection = open_file(self.path, self.journal, BUSY_SECONDS)
            except (OSError, sqlite3.Error) as error:
                self._degrade(error)
        return self._connection

    def _degrade(self, error: Exception) -> None:
        """Goes on without what the error takes away: this one access, the writing, or all."""
        words = str(error)
        if isinstance(error, sqlite3.OperationalError) and ("locked" in words or "busy" in words):
            level = logging.DEBUG if self._told_busy else logging.WARNING
            self._told_busy = True
            _LOG.log(level, "verdict cache %s is busy; these verdicts go round it", self.path)
        elif isinstance(error, sqlite3.OperationalError) and ("readonly" in words or "full" in words):
            self._mark_unwritable(error)
        else:
            self._broken = True
            _LOG.warning("no verdict cache: %s can't be used (%s)", self.path, words[:200])
            self._disconnect()

    def _mark_unwritable(self, error: Exception) -> None:
        self._unwritable = True
        _LOG.warning("verdict cache %s is read, not written (%s)", self.path, str(error)[:200])

    def _disconnect(self) -> None:
        if self._connection is not None and self._pid == os.getpid():
            self._connection.close()
        self._connection = None

    def _oldest_allowed(self) -> float:
        return 0.0 if self.max_age_days is None else time.time() - self.max_age_days * _DAY

    def _prune(
        self, connection: sqlite3.Connection, max_bytes: int | None = None, max_age_days: float | None = None
    ) -> int:
        age = max_age_days if max_age_days is not None else self.max_age_days
        before = None if age is None else time.time() - age * _DAY
        return drop_old(connection, before=before, max_bytes=max_bytes if max_bytes is not None else self.max_bytes)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_lock"]
        return {**state, "_connection": None, "_pid": 0, "_broken": False, "_unwritable": False}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock())


def _row(key: bytes, verdict: Verdict, now: float, *, raw: bool) -> tuple[Any, ...]:
    reply = _storable(verdict.raw) if raw and verdict.raw is not None else None
    tokens = verdict.prompt_tokens, verdict.completion_tokens
    return (
        key,
        int(bool(verdict.sufficient)),
        _storable(verdict.how),
        reply,
        verdict.model,
        verdict.template,
        *tokens,
        now,
    )


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _verdict(row: tuple[Any, ...]) -> Verdict | None:
    _, sufficient, how, raw, model, template, prompt_tokens, completion_tokens = row
    if sufficient not in (0, 1):
        return None
    return Verdict(
        sufficient=sufficient == 1,
        how=how,
        raw=raw,
        model=model,
        template=template,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cached=True,
    )
