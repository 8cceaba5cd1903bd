"""How often each prompt is answered right: per group, for a file, and for dynamic sampling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from p2r_rewards.errors import ConfigError
from p2r_rewards.rollouts.json_text import dump_json, make_plain
from p2r_rewards.rollouts.output_file import OutputFile

RIGHT_AT = 0.6
"""An answer of at least this accuracy is right: the paper's threshold for data (METHOD: Supp. 7.2)."""

REWARDS = ("perception", "reasoning", "sum")
QUESTION_CHARS = 200
WRITE_ROWS = 10_000

Bools = npt.NDArray[np.bool_]


class GroupIdentity(NamedTuple):
    """What a group's rollouts answer, and where the first of them stands."""

    problem_id: str | int | None
    question: str | None
    file: str
    line: int


class Ranges(NamedTuple):
    """Of one reward in each of n groups: how many are scored, their sum, the lowest and highest; all of shape (n,)."""

    scored: npt.NDArray[np.uint32]
    total: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


class PassRates:
    """Counts per group, in whatever order rows come: about 100 bytes a group. Any cut into chunks gives the same bits.

    Args:
        right_at: The least accuracy of a right answer.
        tie: Rewards in a group that differ by no more than this are equal.

    Example:
        >>> rates = PassRates()
        >>> rates.add({"group": np.array([0, 0, 1]), "perception_reward": np.array([1.0, 2.0, 1.0]),
        ...            "reasoning_accuracy": np.array([1.0, 0.0, np.nan]),
        ...            "reasoning_reward": np.array([2.0, 1.0, np.nan])})
        >>> rates.pass_rates().tolist()
        [0.5, nan]
    """

    def __init__(self, *, right_at: float = RIGHT_AT, tie: float = 1e-6) -> None:
        self._right_at = right_at
        self._tie = tie
        self._size = 0
        self._rollouts = np.zeros(0, np.uint32)
        self._scored = np.zeros(0, np.uint32)
        self._right = np.zeros(0, np.uint32)
        self._ranges = {name: _empty_ranges(0) for name in REWARDS}

    def __len__(self) -> int:
        return self._size

    def add(self, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        """Takes rows: columns `group`, `reasoning_accuracy`, `perception_reward`, `reasoning_reward`, each (n,)."""
        groups = np.asarray(columns["group"])
        grouped = groups >= 0
        groups = groups[grouped].astype(np.intp)
        if not len(groups):
            return
        self._make_room(int(groups.max()) + 1)
        accuracy, perception, reasoning = (
            np.asarray(columns[name], np.float64)[grouped]
            for name in ("reasoning_accuracy", "perception_reward", "reasoning_reward")
        )
        one = np.uint32(1)
        np.add.at(self._rollouts, groups, one)
        np.add.at(self._scored, groups[~np.isnan(accuracy)], one)
        np.add.at(self._right, groups[accuracy >= self._right_at], one)
        for ranges, values in zip(self._ranges.values(), (perception, reasoning, perception + reasoning), strict=True):
            known = ~np.isnan(values)
            own, values = groups[known], values[known]
            np.add.at(ranges.scored, own, one)
            np.add.at(ranges.total, own, values)
            np.minimum.at(ranges.low, own, values)
            np.maximum.at(ranges.high, own, values)

    @property
    def exists(self) -> Bools:
        """Which codes stand for a group with rows, shape (groups,)."""
        return self._rollouts[: self._size] > 0

    def pass_rates(self) -> npt.NDArray[np.float64]:
        """The share of right answers among those with an accuracy, in [0, 1], shape (groups,); NaN where none has."""
        scored = self._scored[: self._size]
        return np.where(scored > 0, self._right[: self._size] / np.maximum(scored, 1), np.nan)

    def collapsed(self, reward: str) -> Bools:
        """Which groups have no two known rewards that differ, shape (groups,); as `pa_grpo_advantages` counts them."""
        ranges = self._ranges[reward]
        size = self._size
        with np.errstate(invalid="ignore"):
            return (ranges.scored[:size] < 2) | (ranges.high[:size] - ranges.low[:size] <= self._tie)

    def unscored(self, reward: str) -> Bools:
        """Which groups have fewer than two known rewards, shape (groups,)."""
        return self._ranges[reward].scored[: self._size] < 2

    def rows(
        self,
        identities: Iterable[tuple[int, GroupIdentity]],
        *,
        keep_between: tuple[float, float] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """One mapping a group, in the order of the identities.

        Args:
            identities: Codes of groups, each with what the group is.
            keep_between: Only groups with low < pass rate < high are kept. (0, 1) leaves out the prompts that are
                always or never answered right, as DAPO's dynamic sampling does, and those without any accuracy.

        Raises:
            ConfigError: The bounds are not 0 <= low < high <= 1, or there is no such group.
        """
        if keep_between is not None and not 0 <= keep_between[0] < keep_between[1] <= 1:
            message = f"keep_between={keep_between!r}: give two numbers 0 <= low < high <= 1, such as (0, 1)"
            raise ConfigError(message)
        rates = self.pass_rates()
        flags = {name: self.collapsed(name) for name in REWARDS}
        for code, identity in identities:
            if not 0 <= code < self._size:
                message = f"there is no group {code}: {self._size:,} are known"
                raise ConfigError(message)
            rate = float(rates[code])
            if keep_between is not None and not keep_between[0] < rate < keep_between[1]:
                continue
            yield {
                "group": code,
                "problem_id": None if identity.problem_id is None else make_plain(str(identity.problem_id))[0],
                "question": None if identity.question is None else make_plain(identity.question[:QUESTION_CHARS])[0],
                "file": make_plain(identity.file)[0],
                "line": identity.line,
                "rollouts": int(self._rollouts[code]),
                "scored": int(self._scored[code]),
                "pass_rate": None if rate != rate else rate,
                "perception_mean": _mean(self._ranges["perception"], code),
                "reasoning_mean": _mean(self._ranges["reasoning"], code),
                "collapsed": [name for name in REWARDS if flags[name][code]],
            }

    def write(
        self,
        path: Path,
        identities: Iterable[tuple[int, GroupIdentity]],
        *,
        keep_between: tuple[float, float] | None = None,
    ) -> int:
        """Writes `rows` as .jsonl or .parquet, whole or not at all, and returns how many.

        Raises:
            ConfigError: As `rows`, or the name tells no format.
            DataError: The file can't be written.
        """
        if path.suffix not in (".jsonl", ".parquet"):
            message = f"pass rates {path}: the name must end in .jsonl or .parquet"
            raise ConfigError(message)
        with ExitStack() as stack:
            file = OutputFile(path, stack)
            count = self.write_to(file.stream, identities, parquet=path.suffix == ".parquet", keep_between=keep_between)
            file.commit()
        return count

    def write_to(
        self,
        stream: BinaryIO,
        identities: Iterable[tuple[int, GroupIdentity]],
        *,
        parquet: bool,
        keep_between: tuple[float, float] | None = None,
    ) -> int:
        """Writes `rows` to a stream, as Parquet or JSON Lines, and returns how many.

        Raises:
            ConfigError: As `rows`.
        """
        rows = self.rows(identities, keep_between=keep_between)
        return _write_parquet(stream, rows) if parquet else _write_json_lines(stream, rows)

    def _make_room(self, size: int) -> None:
        self._size = max(self._size, size)
        room = self._size - len(self._rollouts)
        if room > 0:
            room = max(room, len(self._rollouts) // 8)  # little to spare: there may be millions
            self._rollouts, self._scored, self._right = (
                np.concatenate([old, np.zeros(room, np.uint32)]) for old in (self._rollouts, self._scored, self._right)
            )
            fresh = _empty_ranges(room)
            self._ranges = {
                name: Ranges(
                    np.concatenate([old.scored, fresh.scored]),
                    np.concatenate([old.total, fresh.total]),
                    np.concatenate([old.low, fresh.low]),
                    np.concatenate([old.high, fresh.high]),
                )
                for name, old in self._ranges.items()
            }


def _empty_ranges(size: int) -> Ranges:
    return Ranges(np.zeros(size, np.uint32), np.zeros(size), np.full(size, np.inf), np.full(size, -np.inf))


def _mean(ranges: Ranges, code: int) -> float | None:
    return float(ranges.total[code] / ranges.scored[code]) if ranges.scored[code] else None


def _write_json_lines(stream: BinaryIO, rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    for row in rows:
        stream.write(dump_json(row)[0] + b"\n")
        count += 1
    return count


def _write_parquet(stream: BinaryIO, rows: Iterator[Mapping[str, Any]]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("group", pa.int64()),
            ("problem_id", pa.string()),
            ("question", pa.string()),
            ("file", pa.string()),
            ("line", pa.int64()),
            ("rollouts", pa.int64()),
            ("scored", pa.int64()),
            ("pass_rate", pa.float64()),
            ("perception_mean", pa.float64()),
            ("reasoning_mean", pa.float64()),
            ("collapsed", pa.list_(pa.string())),
        ]
    )
    count = 0
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        while some := list(islice(rows, WRITE_ROWS)):
            writer.write_table(pa.Table.from_pylist(some, schema=schema))
            count += len(some)
    return count
