"""Verdicts on the observations of rollouts, in a file: written once by who asked the judge, read by every worker."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from p2r_rewards.completion import Completion
from p2r_rewards.errors import DataError
from p2r_rewards.problem import Problem
from p2r_rewards.rollouts.group_key import digest

_TABLE = "CREATE TABLE IF NOT EXISTS verdict (key BLOB PRIMARY KEY, sufficient INTEGER, how TEXT) WITHOUT ROWID"

NOT_JUDGED = "the judge was not asked"


def observation_key(problem: Problem, completion: Completion) -> bytes | None:
    """16 bytes that stand for what a judge is asked; None where there is no observation."""
    observation = completion.observation
    if observation is None or not observation.text.strip():
        return None
    return digest(problem.question, problem.gold, problem.type, list(problem.options), observation.text)


class VerdictStore:
    """A file of verdicts.

    Args:
        path: Where it lies; made where it is missing.

    Raises:
        DataError: It can't be opened, or is no such file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._database = sqlite3.connect(path, isolation_level=None)
            self._database.execute(_TABLE)
        except sqlite3.Error as error:
            message = f"{path}: can't be used as a file of verdicts: {error}"
            raise DataError(message) from error

    def add(self, verdicts: Iterable[tuple[bytes, bool | None, str]]) -> None:
        """Takes verdicts: the key, whether it is sufficient (None: unscored), and how that was decided."""
        rows = [(key, value, how.encode("utf-8", "replace").decode()) for key, value, how in verdicts]
        with closing(self._database.cursor()) as cursor:
            cursor.execute("BEGIN")
            cursor.executemany("INSERT OR REPLACE INTO verdict VALUES (?, ?, ?)", rows)
            cursor.execute("COMMIT")

    def find(self, key: bytes) -> tuple[bool | None, str]:
        """The verdict and how it was decided; of a key that was not judged, no verdict."""
        row = self._database.execute("SELECT sufficient, how FROM verdict WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None, NOT_JUDGED
        return None if row[0] is None else bool(row[0]), row[1]

    def forget_unscored(self) -> None:
        """Drops keys without a verdict, so that they are asked again."""
        self._database.execute("DELETE FROM verdict WHERE sufficient IS NULL")

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM verdict").fetchone()[0])

    def close(self) -> None:
        """Closes the file."""
        self._database.close()
