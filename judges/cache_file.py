"""The cache's SQLite file: private, of a known format, with a journal that suits the disk it lies on."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from typing import Literal

from p2r_rewards.judges.file_systems import is_local

SCHEMA_VERSION = 1

_CREATE = """
CREATE TABLE IF NOT EXISTS verdicts (
    key BLOB PRIMARY KEY, sufficient INTEGER NOT NULL, how TEXT NOT NULL, raw TEXT, model TEXT NOT NULL,
    template TEXT, prompt_tokens INTEGER, completion_tokens INTEGER, created REAL NOT NULL
) WITHOUT ROWID
"""


def open_file(path: Path, journal: Literal["delete", "wal"], busy_seconds: float) -> sqlite3.Connection:
    """A connection to the file, which is made (mode 0600) where there is none.

    Raises:
        OSError: The place can't be reached.
        sqlite3.Error: The file is no database, or one of another format; a read-only one opens.
    """
    _make_private(path)
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            message = f"it was made by another version of p2r-rewards (format {version})"
            raise sqlite3.DatabaseError(message)
        if version == 0:
            _create(connection)
        if os.access(path, os.W_OK):
            _set_journal(connection, path, journal)
    except BaseException:
        connection.close()
        raise
    return connection


def file_size(connection: sqlite3.Connection) -> int:
    """The bytes in use."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def drop_old(connection: sqlite3.Connection, *, before: float | None, max_bytes: int) -> int:
    """How many verdicts were dropped: those made before a time, and the oldest ones until the file is small enough."""
    dropped = 0
    if before is not None:
        dropped += connection.execute("DELETE FROM verdicts WHERE created < ?", (before,)).rowcount
    while (size := file_size(connection)) > max_bytes:
        count = connection.execute("SELECT count(*) FROM verdicts").fetchone()[0]
        if not count:
            break
        # A tenth more than needed, so that not every further verdict prunes again.
        excess = max(1, min(count, int(count * (1 - 0.9 * max_bytes / size)) + 1))
        oldest = "DELETE FROM verdicts WHERE key IN (SELECT key FROM verdicts ORDER BY created LIMIT ?)"
        dropped += connection.execute(oldest, (excess,)).rowcount
    connection.executescript("PRAGMA incremental_vacuum")  # `execute` gives back one page only
    return dropped


def _make_private(path: Path) -> None:
    """An empty file with mode 0600 where there is none; SQLite gives its journals the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        status = path.stat()
        if stat.S_IMODE(status.st_mode) & 0o077 and hasattr(os, "geteuid") and status.st_uid == os.geteuid():
            path.chmod(stat.S_IMODE(status.st_mode) & 0o700)


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_CREATE)
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _set_journal(connection: sqlite3.Connection, path: Path, journal: str) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if mode == journal or "wal" not in (mode, journal):
        return
    try:
        # A file that others opened with a write-ahead log keeps it, where it does no harm.
        connection.execute(f"PRAGMA journal_mode={'WAL' if is_local(path.parent) else 'DELETE'}")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):  # else others have it open, and it stays as it is
            raise
