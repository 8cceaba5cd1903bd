"""What needs the rows of all parts together: groups, length bands that follow them, and advantages."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from p2r_rewards.advantages import Collapsed, pa_grpo_advantages
from p2r_rewards.config import Band, RewardConfig
from p2r_rewards.lengths import dynamic_band
from p2r_rewards.scoring.row_health import UNKNOWN

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

BLOCK_ROWS = 1 << 17
"""Whole groups of at least so many rows are worked on at once, so that temporary arrays stay small."""

PROCESSES = ("perception", "reasoning")

_NAN = float("nan")


class FinishedTable(NamedTuple):
    """What the groups gave, of all N rows.

    Attributes:
        groups: The code of each row's group, by first appearance, shape (N,); -1 where it has none.
        advantages: A_P and A_R, shape (2, N); NaN where a row has no group.
        lengths: Whether the length part was paid by the group's own band, shape (2, N), -1 unknown; None where bands
            are fixed.
        sizes: The number of rows of each group, shape (G,).
        collapsed: The counts of collapsed groups; None where no row has a group.
        mixed_groups: How many groups hold more than one problem.
    """

    groups: Integers
    advantages: Floats
    lengths: npt.NDArray[np.int8] | None
    sizes: npt.NDArray[np.int64]
    collapsed: Collapsed | None
    mixed_groups: int


class RewardTable:
    """Collects what advantages need: 40 bytes a row, and 34 more where length bands follow the groups.

    Args:
        config: The constants of the rewards.
        group_size: Rows of one file that stand together as one group; None groups by their own keys.
    """

    def __init__(self, config: RewardConfig, group_size: int | None = None) -> None:
        self._config = config
        self._group_size = group_size
        self._keys: list[npt.NDArray[np.uint64]] = []
        self._problems: list[npt.NDArray[np.uint64]] = []
        self._rewards: list[Floats] = []
        self._parts: list[npt.NDArray[Any]] = []  # for bands that follow the groups
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def add(self, records: npt.NDArray[Any], *, source: int, ranks: int) -> None:
        """Takes the records of a part of a file, with so many rows of that file before it."""
        self._rows += len(records)
        keys = records["group"]
        if self._group_size is not None:
            numbers = (records["rank"].astype(np.uint64) + ranks) // self._group_size
            keys = np.stack([np.full(len(records), source + 1, np.uint64), numbers], axis=1)
        self._keys.append(np.ascontiguousarray(keys))
        self._problems.append(records["problem"].copy())
        if self._config.length == "dynamic":
            names = [f"{process}_{part}" for process in PROCESSES for part in ("accuracy", "format", "length", "count")]
            self._parts.append(records[[*names, "consistency"]].copy())
        else:
            columns = reward_columns(records, self._config)
            self._rewards.append(np.stack([columns[f"{process}_reward"] for process in PROCESSES]))

    def finish(self) -> FinishedTable:
        """Groups, and advantages by PA-GRPO as configured (arXiv 2511.11113, Eq. 5, 6); takes the rows with it."""
        keys = _join(self._keys)
        groups, first = group_codes(keys)
        del keys
        sizes = np.bincount(groups[groups >= 0], minlength=len(first))
        problems = _join(self._problems)
        grouped = np.flatnonzero(groups >= 0)
        differs = problems[grouped] != problems[first[groups[grouped]]]
        mixed = len(np.unique(groups[grouped[differs]]))
        del problems
        order = np.argsort(groups, kind="stable")[len(groups) - len(grouped) :]
        lengths = None
        if self._config.length == "dynamic":
            records = _join(self._parts)
            lengths = _follow_groups(records, groups, order, self._config)
            columns = reward_columns(records, self._config, lengths=lengths)
            rewards = np.stack([columns[f"{process}_reward"] for process in PROCESSES])
        else:
            rewards = _join(self._rewards, axis=1)
        advantages, collapsed = _advantages(rewards, groups, order, sizes, self._config)
        return FinishedTable(groups, advantages, lengths, sizes, collapsed, mixed)


def reward_columns(
    records: npt.NDArray[Any], config: RewardConfig, *, lengths: npt.NDArray[np.int8] | None = None
) -> dict[str, Floats]:
    """The accuracies, formats, lengths and rewards of some rows, each of shape (n,), NaN where unscored.

    Args:
        records: The rows' records.
        config: The constants of the rewards.
        lengths: Whether each length part was paid, shape (2, n), where it isn't as in the records.
    """
    columns: dict[str, Floats] = {}
    for process, name in enumerate(PROCESSES):
        accuracy = records[f"{name}_accuracy"].astype(np.float64)
        form = _read_flags(records[f"{name}_format"])
        paid = records[f"{name}_length"] if lengths is None else lengths[process]
        length = _read_flags(paid) * config.length_bonus
        total = accuracy + form + np.where(np.isnan(length), 0.0, length)
        if process and config.consistency_weight:
            total = total + records["consistency"]
        columns |= {f"{name}_accuracy": accuracy, f"{name}_format": form, f"{name}_length": length}
        columns[f"{name}_reward"] = total
    return columns


def group_codes(keys: npt.NDArray[np.uint64]) -> tuple[Integers, npt.NDArray[np.intp]]:
    """The code of each key by first appearance, shape (N,), and where each code first appears, shape (G,).

    Args:
        keys: Shape (N, 2); a key of zeros stands for no group, whose code is -1.

    Example:
        >>> codes, first = group_codes(np.array([[7, 1], [0, 0], [3, 2], [7, 1]], np.uint64))
        >>> codes.tolist(), first.tolist()
        ([0, -1, 1, 0], [0, 2])
    """
    codes = np.full(len(keys), -1, np.int32)
    order = np.lexsort((keys[:, 1], keys[:, 0]))  # stable: rows of one key stay in order
    sorted_keys = keys[order]
    known = sorted_keys.any(axis=1)
    order, sorted_keys = order[known], sorted_keys[known]
    if not len(order):
        return codes, np.empty(0, np.intp)
    starts = np.concatenate([[True], (sorted_keys[1:] != sorted_keys[:-1]).any(axis=1)])
    first = order[starts]
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    codes[order] = rank[np.cumsum(starts) - 1]
    return codes, np.sort(first)


def _advantages(
    rewards: Floats, groups: Integers, order: npt.NDArray[np.intp], sizes: npt.NDArray[np.int64], config: RewardConfig
) -> tuple[Floats, Collapsed | None]:
    """The advantages of rows ordered by group, a block of whole groups at a time, and the counts of all blocks."""
    advantages = np.full(rewards.shape, _NAN)
    total: Collapsed | None = None
    start = 0
    for stop in _block_ends(sizes):
        rows = order[start:stop]
        found = pa_grpo_advantages(
            rewards[0, rows],
            rewards[1, rows],
            groups[rows],
            processes=config.processes,
            eps=config.advantage_eps,
            tie=config.advantage_tie,
        )
        advantages[0, rows], advantages[1, rows] = found.perception, found.reasoning
        total = found.collapsed if total is None else _add(total, found.collapsed)
        start = stop
    return advantages, total


def _block_ends(sizes: npt.NDArray[np.int64]) -> list[int]:
    ends = np.cumsum(sizes)
    if not len(ends):
        return []
    blocks = ends // BLOCK_ROWS
    last = np.flatnonzero(np.append(blocks[1:] != blocks[:-1], True))
    return [int(end) for end in ends[last]]


def _add(one: Collapsed, other: Collapsed) -> Collapsed:
    names = [field.name for field in dataclasses.fields(Collapsed)]
    return Collapsed(**{name: getattr(one, name) + getattr(other, name) for name in names})


def _follow_groups(
    records: npt.NDArray[Any], groups: Integers, order: npt.NDArray[np.intp], config: RewardConfig
) -> npt.NDArray[np.int8]:
    """Whether each length part is paid by the group's own band, as `p2r_rewards.rewards.follow_group` pays it."""
    paid = np.stack([records["perception_length"], records["reasoning_length"]])
    own = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1) if len(order) else []
    for process, (name, fixed) in enumerate(
        zip(PROCESSES, (config.perception_band, config.reasoning_band), strict=True)
    ):
        earns = (records[f"{name}_accuracy"] > 0) & (records[f"{name}_format"] > 0)
        counts = records[f"{name}_count"]
        for rows in own:
            low, high = _band(counts[rows], earns[rows], fixed)
            in_band = earns[rows] & (counts[rows] >= low) & (counts[rows] <= high)
            paid[process, rows] = np.where(paid[process, rows] == UNKNOWN, UNKNOWN, in_band)
    return paid


def _band(counts: npt.NDArray[np.int32], earns: npt.NDArray[np.bool_], fixed: Band) -> Band:
    return dynamic_band([None if count < 0 else count for count in counts.tolist()], earns.tolist(), fixed)


def _read_flags(flags: npt.NDArray[np.int8]) -> Floats:
    return np.where(flags == UNKNOWN, _NAN, flags.astype(np.float64))


def _join(arrays: list[npt.NDArray[Any]], axis: int = 0) -> npt.NDArray[Any]:
    joined = np.concatenate(arrays, axis=axis)
    arrays.clear()
    return joined
