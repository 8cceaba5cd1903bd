"""What the ablations of Table 2 would have taught from the same rollouts: their advantages beside PA-GRPO's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from p2r_rewards.advantages import Advantages, Collapsed, pa_grpo_advantages
from p2r_rewards.config import Processes
from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.columns import NUMBER_COLUMNS
from p2r_rewards.rollouts.fields import SPELLINGS, FieldFinder
from p2r_rewards.rollouts.rollout import RolloutReader
from p2r_rewards.scoring.scored_file import ScoredFile, open_scored
from p2r_rewards.scoring.table import group_codes

Floats = npt.NDArray[np.float64]

CHUNK_ROWS = 2_000
PROCESSES = ("perception", "reasoning")
FULL = "PA-GRPO"

_GROUP_FIELDS = ("question", "gold", "type", "options", "media", "data_type", "id", "step", "group")
_AGREE = 1e-6


class Variant(NamedTuple):
    """An ablation: how the two rewards become advantages, and whether lengths are rewarded."""

    name: str
    processes: Processes
    length: bool = True


VARIANTS = (
    Variant(FULL, "separate"),
    Variant("without R_P (GRPO)", "reasoning only"),
    Variant("without R_R", "perception only"),
    Variant("without R_len", "separate", length=False),
    Variant("without separation", "summed"),
)
"""PA-GRPO, and the ablations of arXiv 2511.11113, Table 2."""


class ScoredRollouts(NamedTuple):
    """N scored rollouts.

    Attributes:
        rewards: R_P and R_R, shape (2, N); NaN where unscored.
        lengths: The length part of each, shape (2, N); NaN where unscored, and out of the reward.
        groups: The code of each row's group, shape (N,); -1 where it has none.
        eps: What was added to standard deviations.
        tie: How close rewards are equal.
    """

    rewards: Floats
    lengths: Floats
    groups: npt.NDArray[np.int32]
    eps: float = 1e-4
    tie: float = 1e-6


def read_scored_rollouts(path: Path) -> ScoredRollouts:
    """The rewards and groups of a file by `p2r-score -o`.

    Raises:
        DataError: It can't be read or was not scored, no perception reward is known, or its rows don't show the groups
            that its advantages come from.
    """
    file = open_scored(path)
    missing = [name for name in NUMBER_COLUMNS if name not in file.names]
    if missing:
        message = f"{path}: has no column {missing[0]!r}; give a file that p2r-score has written with -o"
        raise DataError(message)
    finder = FieldFinder(_named_columns(file.stamp))
    columns = finder.find(file.names)
    served = [name for field in _GROUP_FIELDS for name in getattr(columns, field)]
    reader = RolloutReader(finder)
    numbers: dict[str, list[Any]] = {name: [] for name in NUMBER_COLUMNS}
    keys: list[bytes] = []
    for chunk in file.chunks(list(dict.fromkeys([*served, *NUMBER_COLUMNS])), CHUNK_ROWS):
        for name, values in numbers.items():
            values += chunk[name]
        for told in zip(*(chunk[name] for name in served), strict=True):
            # The completion plays no part in what a group is.
            row = {"completion": "", **dict(zip(served, told, strict=True))}
            keys.append(reader.read(row).known.group or bytes(16))
        keys += [bytes(16)] * (len(numbers[NUMBER_COLUMNS[0]]) - len(keys))
    found = {name: _floats(file, name, values) for name, values in numbers.items()}
    rollouts = _gather(file, found, keys)
    _check_groups(path, rollouts, found, _config(file.stamp))
    return rollouts


def compare_variants(rollouts: ScoredRollouts) -> dict[str, Any]:
    """What each ablation makes of the rollouts, as plain data.

    Of each: the groups that teach nothing, and of the advantages that perception's and reasoning's tokens get, the
    shares in [0, 1] that point the other way than PA-GRPO's (`flipped`), are 0 where that one's is not (`lost`), or
    not 0 where that one's is (`gained`). Compared are rollouts whose two rewards are known.

    Raises:
        DataError: No rollout has a group and both rewards.
    """
    grouped = rollouts.groups >= 0
    known = grouped & ~np.isnan(rollouts.rewards).any(axis=0)
    if not known.any():
        message = "no rollout has a group and both rewards: score them with verdicts (p2r-score --judge) first"
        raise DataError(message)
    kept = ScoredRollouts(
        rollouts.rewards[:, grouped], rollouts.lengths[:, grouped], rollouts.groups[grouped], rollouts.eps, rollouts.tie
    )
    compared = known[grouped]
    full = _advantages(kept, VARIANTS[0])
    found = []
    for variant in VARIANTS:
        own = _advantages(kept, variant)
        teaching = _teaching(own.collapsed, variant.processes)
        against = {process: _against(getattr(full, process), getattr(own, process), compared) for process in PROCESSES}
        found.append({"variant": variant.name, **teaching, **against})
    return {
        "rollouts": len(rollouts.groups),
        "without_group": int((~grouped).sum()),
        "compared": int(known.sum()),
        "without_length": int(np.isnan(rollouts.lengths).all(axis=0).sum()),
        "variants": found,
    }


def _advantages(rollouts: ScoredRollouts, variant: Variant) -> Advantages:
    rewards = rollouts.rewards if variant.length else rollouts.rewards - np.nan_to_num(rollouts.lengths)
    return pa_grpo_advantages(
        rewards[0], rewards[1], rollouts.groups, processes=variant.processes, eps=rollouts.eps, tie=rollouts.tie
    )


_COUNTED: Mapping[Processes, str] = {
    "separate": "both",
    "reasoning only": "reasoning",
    "perception only": "perception",
    "summed": "sum",
}


def _teaching(collapsed: Collapsed, processes: Processes) -> dict[str, Any]:
    count = getattr(collapsed, _COUNTED[processes])
    return {"groups": collapsed.groups, "collapsed": count, "collapsed_share": count / collapsed.groups}


def _against(full: Floats, other: Floats, known: npt.NDArray[np.bool_]) -> dict[str, float]:
    before, after = np.sign(full[known]), np.sign(other[known])
    return {
        "flipped": float(np.mean(before * after < 0)),
        "lost": float(np.mean((before != 0) & (after == 0))),
        "gained": float(np.mean((before == 0) & (after != 0))),
    }


def _named_columns(stamp: Mapping[str, Any] | None) -> dict[str, str]:
    """The columns that the user had named, which the stamp holds."""
    served = (stamp or {}).get("fields")
    named = served.items() if isinstance(served, Mapping) else ()
    return {
        field: columns[0]
        for field, columns in named
        if field in SPELLINGS
        and isinstance(columns, list)
        and len(columns) == 1
        and isinstance(columns[0], str)
        and columns[0] not in SPELLINGS[field]
    }


def _config(stamp: Mapping[str, Any] | None) -> dict[str, Any]:
    config = (stamp or {}).get("config")
    known = dict(config) if isinstance(config, Mapping) else {}
    chosen = {
        "processes": known.get("processes", "separate"),
        "eps": known.get("advantage_eps", 1e-4),
        "tie": known.get("advantage_tie", 1e-6),
    }
    chosen["group_size"] = (stamp or {}).get("group_size")
    return chosen


def _gather(file: ScoredFile, found: Mapping[str, Floats], keys: list[bytes]) -> ScoredRollouts:
    config = _config(file.stamp)
    rewards = np.stack([found[f"{process}_reward"] for process in PROCESSES])
    lengths = np.stack([found[f"{process}_length"] for process in PROCESSES])
    size = config["group_size"]
    if isinstance(size, int) and size > 0:
        groups = (np.arange(rewards.shape[1]) // size).astype(np.int32)
    else:
        groups, _ = group_codes(np.frombuffer(b"".join(keys), np.uint64).reshape(-1, 2))
    if np.isnan(rewards[0]).all():
        message = f"{file.path}: no row has a perception reward; score it with verdicts: p2r-score --judge JUDGE"
        raise DataError(message)
    return ScoredRollouts(rewards, lengths, groups, config["eps"], config["tie"])


def _check_groups(path: Path, rollouts: ScoredRollouts, found: Mapping[str, Floats], config: dict[str, Any]) -> None:
    """Refuses groups by which the file's own advantages don't come out."""
    grouped = rollouts.groups >= 0
    again = pa_grpo_advantages(
        rollouts.rewards[0, grouped],
        rollouts.rewards[1, grouped],
        rollouts.groups[grouped],
        processes=config["processes"],
        eps=rollouts.eps,
        tie=rollouts.tie,
    )
    for process in PROCESSES:
        there = found[f"{process}_advantage"][grouped]
        off = np.flatnonzero(~(np.abs(getattr(again, process) - there) <= _AGREE))
        if len(off):
            row = int(np.flatnonzero(grouped)[off[0]]) + 1
            message = (
                f"{path}, row {row:,}: the {process} advantage is {there[off[0]]:.6g}, and "
                f"{getattr(again, process)[off[0]]:.6g} by the groups that its columns show; give the file as "
                "p2r-score wrote it, whole and with its provenance beside it"
            )
            raise DataError(message)


def _floats(file: ScoredFile, name: str, values: list[Any]) -> Floats:
    try:
        return np.array(values, np.float64)  # None becomes NaN
    except (TypeError, ValueError, OverflowError):
        message = f"{file.path}: {name} holds something that is no number"
        raise DataError(message) from None
