"""A data set's files made into one index file, which any number of processes can read."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.batch import Row
from p2r_rewards.rollouts.dataset_keys import name_key, path_key, row_keys
from p2r_rewards.rollouts.dataset_records import read_records
from p2r_rewards.rollouts.dataset_rows import DatasetRow, RowReader, encode_row
from p2r_rewards.rollouts.reading import find_sources
from p2r_rewards.rollouts.source import Source

APPLICATION = 0x70327264
"""Written into the file's header, so that no other database is taken for an index."""
VERSION = 1

_BATCH = 1024
_QUERY = 500

_TABLES = """
CREATE TABLE file (n INTEGER PRIMARY KEY, name BLOB NOT NULL);
CREATE TABLE row (n INTEGER PRIMARY KEY, file INTEGER NOT NULL, line INTEGER NOT NULL, record BLOB NOT NULL);
CREATE TABLE key (hash INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (hash, n)) WITHOUT ROWID;
CREATE TABLE opening (hash INTEGER NOT NULL, words INTEGER NOT NULL, PRIMARY KEY (hash, words)) WITHOUT ROWID;
CREATE TABLE shared_name (hash INTEGER PRIMARY KEY);
CREATE TEMP TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE unsorted_key (hash INTEGER, n INTEGER);
CREATE TEMP TABLE medium (name INTEGER, path INTEGER, PRIMARY KEY (name, path)) WITHOUT ROWID;
"""
_SETTINGS = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -64000;
"""
# Sorted by the engine, which spills to disk: keys in order fill their pages and need no memory.
_FINISH = (
    "INSERT INTO key SELECT hash, n FROM unsorted_key ORDER BY hash, n",
    "INSERT INTO shared_name SELECT name FROM medium GROUP BY name HAVING count(*) > 1 ORDER BY name",
    "COMMIT",
)


@dataclass(slots=True)
class DatasetSummary:
    """What became of a data set's rows.

    Attributes:
        files: The files read, in order.
        rows: How many rows they hold, unreadable ones included.
        problems: How many different rows are kept.
        duplicates: How many rows are the same as one before.
        unusable: Why rows can't be used, and how many each.
        examples: For each reason, where the first such row stands.
    """

    files: list[str] = field(default_factory=list)
    rows: int = 0
    problems: int = 0
    duplicates: int = 0
    unusable: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def refuse(self, reason: str, file: str, line: int) -> None:
        """Counts a row that can't be used."""
        reason = reason.partition(":")[0]  # details such as a character's position would make each reason its own
        self.unusable[reason] += 1
        self.examples.setdefault(reason, f"{file}, row {line}")


def build_index(files: Sequence[str], mapping: Mapping[str, str], path: Path) -> DatasetSummary:
    """What became of the rows of a data set, whose index is written to `path`; an older file there is replaced.

    Args:
        files: Files and folders, in every format that rollouts are read from.
        mapping: Fields whose column the user has named, used for the rows that have that column.
        path: Where the index is written.

    Raises:
        DataError: A file can't be read, no row can be used, or the index can't be written.
    """
    sources = find_sources(files).files
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    summary = DatasetSummary([source.name for source in sources])
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as database:
            database.executescript(_SETTINGS)
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {VERSION}")
            database.executescript("BEGIN;" + _TABLES)
            _fill(database, sources, RowReader(mapping), summary)
            for statement in _FINISH:
                database.execute(statement)
        if not summary.problems:
            why = "; ".join(f"{reason} ({summary.examples[reason]})" for reason in islice(summary.unusable, 3))
            message = f"the dataset {', '.join(files)} holds no row that can be joined{': ' if why else ''}{why}"
            raise DataError(message)
        part.replace(path)
    except (sqlite3.Error, OSError) as error:
        message = f"{path}: the dataset's index can't be written: {error}"
        raise DataError(message) from error
    finally:
        part.unlink(missing_ok=True)
    return summary


def _fill(database: sqlite3.Connection, sources: Sequence[Source], reader: RowReader, summary: DatasetSummary) -> None:
    for number, source in enumerate(sources):
        database.execute("INSERT INTO file VALUES (?, ?)", (number, source.name.encode("utf-8", "surrogateescape")))
        records = read_records(source, reader.select)
        while some := list(islice(records, _BATCH)):
            read = _read(source.name, some, reader, summary)
            _add(database, number, _new(database, read, summary), summary)


def _read(
    file: str, records: Sequence[tuple[int, Row | DataError]], reader: RowReader, summary: DatasetSummary
) -> list[tuple[DatasetRow, bytes]]:
    """The records that can be used, with what is kept of them."""
    read = []
    for line, record in records:
        summary.rows += 1
        try:
            if isinstance(record, DataError):
                raise record
            row = reader.read(record, file, line)
            read.append((row, encode_row(row)))
        except DataError as error:
            summary.refuse(str(error), file, line)
    return read


def _new(
    database: sqlite3.Connection, read: Sequence[tuple[DatasetRow, bytes]], summary: DatasetSummary
) -> list[tuple[DatasetRow, bytes]]:
    """Those that are not the same as one before."""
    by_digest: dict[bytes, tuple[DatasetRow, bytes]] = {}
    for row, encoded in read:
        by_digest.setdefault(blake2b(encoded, digest_size=16).digest(), (row, encoded))
    digests = list(by_digest)
    for first in range(0, len(digests), _QUERY):
        some = digests[first : first + _QUERY]
        marks = ",".join("?" * len(some))
        for (digest,) in database.execute(f"SELECT digest FROM seen WHERE digest IN ({marks})", some).fetchall():
            del by_digest[digest]
    database.executemany("INSERT INTO seen VALUES (?)", [(digest,) for digest in by_digest])
    summary.duplicates += len(read) - len(by_digest)
    return list(by_digest.values())


def _add(
    database: sqlite3.Connection, file: int, rows: Sequence[tuple[DatasetRow, bytes]], summary: DatasetSummary
) -> None:
    first = summary.problems + 1
    summary.problems += len(rows)
    keys: list[tuple[int, int]] = []
    openings: set[tuple[int, int]] = set()
    media: set[tuple[int, int]] = set()
    for number, (row, _) in enumerate(rows, start=first):
        found, begun = row_keys(row)
        keys += [(key, number) for key in found]
        openings |= begun
        media.update((name_key(medium), path_key(medium)) for medium in row.media)
    values = [(number, file, row.line, encoded) for number, (row, encoded) in enumerate(rows, start=first)]
    database.executemany("INSERT INTO row VALUES (?, ?, ?, ?)", values)
    database.executemany("INSERT INTO unsorted_key VALUES (?, ?)", keys)
    database.executemany("INSERT OR IGNORE INTO opening VALUES (?, ?)", openings)
    database.executemany("INSERT OR IGNORE INTO medium VALUES (?, ?)", media)
