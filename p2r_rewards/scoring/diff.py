"""Two scored runs of the same rollouts, row by row: what changed, by how much, where, and under which configuration."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.normalize import quote
from p2r_rewards.rollouts.columns import NUMBER_COLUMNS, TEXT_COLUMNS
from p2r_rewards.rollouts.fields import SPELLINGS
from p2r_rewards.scoring.scored_file import ScoredFile, open_scored, plain_value

TOLERANCE = 1e-9
SHOWN = 5
CHUNK_ROWS = 2_000
MAX_TEXT = 200
MAX_SETTINGS = 200
"""Differences in the stamps that are listed."""

IDENTITY_FIELDS = ("completion", "id", "question")
"""Fields whose columns tell whether two rows are the same rollout."""

Floats = npt.NDArray[np.float64]


def diff_runs(before: Path, after: Path, *, tolerance: float = TOLERANCE, show: int = SHOWN) -> dict[str, Any]:
    """What changed between two scored files of the same rollouts in the same order, as plain data for JSON.

    Numbers decide whether the runs are the `same`: each differs by no more than the tolerance, or is unscored in both.
    Texts (`grade_how`, `unscored`, `defects`) are counted and shown. Memory is constant.

    Args:
        before: A .parquet or .jsonl file that p2r-score has written.
        after: Another; the formats may differ.
        tolerance: How far two equal numbers may lie apart.
        show: How many rows are listed for each column.

    Raises:
        ConfigError: The tolerance is no number of at least 0, or `show` is negative.
        DataError: A file can't be read or was not scored, or the rows are not the same rollouts; names the row.
    """
    if not (math.isfinite(tolerance) and tolerance >= 0):
        message = f"tolerance must be a finite number of at least 0, not {tolerance!r}"
        raise ConfigError(message)
    if show < 0:
        message = f"show must be at least 0, not {show}"
        raise ConfigError(message)
    files = open_scored(before), open_scored(after)
    for file in files:
        _check_scored(file)
    identity = _identity_columns(*files)
    numbers = {name: _NumberChanges(tolerance, show) for name in NUMBER_COLUMNS}
    texts = {name: _TextChanges(show) for name in TEXT_COLUMNS if all(name in file.names for file in files)}
    rows = 0
    for old, new in _pairs(*files, [*identity, *numbers, *texts]):
        _check_rows(files, identity, old, new, rows)
        for name, change in numbers.items():
            change.add(_floats(files[0], name, old[name], rows), _floats(files[1], name, new[name], rows), rows)
        for name, text_change in texts.items():
            text_change.add(old[name], new[name], rows)
        rows += len(old[NUMBER_COLUMNS[0]])
    settings = _setting_changes(files[0].stamp, files[1].stamp)
    return {
        "before": str(before),
        "after": str(after),
        "rows": rows,
        "tolerance": tolerance,
        "compared_by": identity,
        "same": not any(change.changed for change in numbers.values()),
        "numbers": {name: change.describe() for name, change in numbers.items()},
        "texts": {name: text_change.describe() for name, text_change in texts.items()},
        "settings": settings[:MAX_SETTINGS],
        "settings_changed": len(settings),
        "without_stamp": [str(file.path) for file in files if file.stamp is None],
    }


class _NumberChanges:
    """One column of numbers; sums over fixed chunks of rows, so that the order of addition is always the same."""

    def __init__(self, tolerance: float, show: int) -> None:
        self.changed = 0
        self._tolerance, self._show = tolerance, show
        self._sums = [0.0, 0.0]
        self._known = [0, 0]
        self._gained = self._lost = 0
        self._largest: list[tuple[float, int, float | None, float | None]] = []  # heap by change, then later row

    def add(self, old: Floats, new: Floats, first: int) -> None:
        for side, values in enumerate((old, new)):
            known = values[~np.isnan(values)]
            self._sums[side] += float(known.sum())
            self._known[side] += len(known)
        without_old, without_new = np.isnan(old), np.isnan(new)
        with np.errstate(invalid="ignore"):
            moved = np.abs(new - old)
        moved = np.where(without_old & without_new, 0.0, np.where(without_old | without_new, np.inf, moved))
        self._gained += int((without_old & ~without_new).sum())
        self._lost += int((~without_old & without_new).sum())
        rows = np.flatnonzero(moved > self._tolerance)
        self.changed += len(rows)
        largest = rows[np.argsort(-moved[rows], kind="stable")[: self._show]]
        for row in largest.tolist():
            pair = [None if value != value else float(value) for value in (old[row], new[row])]
            entry = (float(moved[row]), -(first + row), pair[0], pair[1])
            if len(self._largest) < self._show:
                heapq.heappush(self._largest, entry)
            else:
                heapq.heappushpop(self._largest, entry)

    def describe(self) -> dict[str, Any]:
        means = [total / known if known else None for total, known in zip(self._sums, self._known, strict=True)]
        return {
            "changed": self.changed,
            "scored_only_before": self._lost,
            "scored_only_after": self._gained,
            "mean_before": means[0],
            "mean_after": means[1],
            "largest": [
                {"row": 1 - row, "before": old, "after": new}
                for _, row, old, new in sorted(self._largest, key=lambda one: one[:2], reverse=True)
            ],
        }


class _TextChanges:
    """One column of texts."""

    def __init__(self, show: int) -> None:
        self._show = show
        self._changed = 0
        self._first: list[dict[str, Any]] = []

    def add(self, old: list[Any], new: list[Any], first: int) -> None:
        for row, (a, b) in enumerate(zip(old, new, strict=True)):
            if a != b:
                self._changed += 1
                if len(self._first) < self._show:
                    self._first.append({"row": first + row + 1, "before": _text(a), "after": _text(b)})

    def describe(self) -> dict[str, Any]:
        return {"changed": self._changed, "first": self._first}


def _check_scored(file: ScoredFile) -> None:
    missing = [name for name in NUMBER_COLUMNS if name not in file.names]
    if missing:
        message = f"{file.path}: has no column {missing[0]!r}; give a file that p2r-score has written with -o"
        raise DataError(message)


def _identity_columns(before: ScoredFile, after: ScoredFile) -> list[str]:
    """The columns in both files that hold completion, id or question, by the usual names or by a stamp."""
    names: dict[str, None] = {}
    for field in IDENTITY_FIELDS:
        for file in (before, after):
            served = (file.stamp or {}).get("fields")
            columns = served.get(field) if isinstance(served, Mapping) else None
            names |= dict.fromkeys(column for column in columns or () if isinstance(column, str))
        names |= dict.fromkeys(SPELLINGS[field])
    found = [name for name in names if name in before.names and name in after.names]
    if not found:
        message = (
            f"{before.path} and {after.path}: no column with completions, ids or questions stands in both, so that "
            "rows can't be told apart; score the same file twice"
        )
        raise DataError(message)
    return found


def _pairs(
    before: ScoredFile, after: ScoredFile, names: list[str]
) -> Iterator[tuple[dict[str, list[Any]], dict[str, list[Any]]]]:
    rows = 0
    for old, new in zip_longest(before.chunks(names, CHUNK_ROWS), after.chunks(names, CHUNK_ROWS)):
        sizes = [len(part[names[0]]) if part is not None else 0 for part in (old, new)]
        if sizes[0] != sizes[1]:
            shorter, longer = (before, after) if sizes[0] < sizes[1] else (after, before)
            message = (
                f"{shorter.path} ends after {rows + min(sizes):,} rows and {longer.path} does not: not the same runs"
            )
            raise DataError(message)
        rows += sizes[0]
        yield old, new


def _check_rows(
    files: tuple[ScoredFile, ScoredFile],
    identity: list[str],
    old: dict[str, list[Any]],
    new: dict[str, list[Any]],
    first: int,
) -> None:
    """Refuses rows that are not the same rollout, the first such row by name."""
    differing = []
    for name in identity:
        if old[name] != new[name]:
            rows = (row for row, (a, b) in enumerate(zip(old[name], new[name], strict=True)) if not _alike(a, b))
            differing += [(row, name) for row in [next(rows, None)] if row is not None]
    if differing:
        row, name = min(differing, key=lambda one: one[0])
        a, b = (quote(str(_text(part[name][row]))) for part in (old, new))
        message = (
            f"row {first + row + 1:,}: {name} is {a} in {files[0].path} and {b} in {files[1].path}: "
            "not the same rollouts in the same order"
        )
        raise DataError(message)


def _alike(a: object, b: object) -> bool:
    """Whether two values are one, though one went through JSON or through text on its way to a file."""
    if a == b:
        return True
    a, b = plain_value(a), plain_value(b)
    if a == b:
        return True
    if isinstance(a, str) == isinstance(b, str):
        return False
    text, value = (a, b) if isinstance(a, str) else (b, a)
    from p2r_rewards.rollouts.json_text import parse_json

    try:
        return bool(plain_value(parse_json(str(text).encode()).value) == value)
    except DataError:
        return False


def _floats(file: ScoredFile, name: str, values: list[Any], first: int) -> Floats:
    try:
        return np.array(values, dtype=np.float64)  # None becomes NaN
    except (TypeError, ValueError, OverflowError):
        for row, value in enumerate(values):
            if value is not None and not isinstance(value, int | float):
                message = f"{file.path}, row {first + row + 1:,}: {name} is {quote(str(_text(value)))}, not a number"
                raise DataError(message) from None
        message = f"{file.path}: {name} holds a number that is too large"
        raise DataError(message) from None


def _setting_changes(old: object, new: object, place: str = "") -> list[dict[str, Any]]:
    """Where two stamps differ, by the path of each setting."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        names = list(dict.fromkeys([*old, *new]))
        return [
            change
            for name in names
            for change in _setting_changes(old.get(name), new.get(name), f"{place}.{name}" if place else str(name))
        ]
    return [] if old == new or not place else [{"setting": place, "before": _text(old), "after": _text(new)}]


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else str(plain_value(value))
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
