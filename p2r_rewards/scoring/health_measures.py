"""What is summed up of each row, overall and by step, and what those sums say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from p2r_rewards.scoring.contingency import POSITIONS, phi_coefficient, total_variation
from p2r_rewards.scoring.length_correlation import PAIRS, known_pairs, pearson

PARTS = tuple(
    f"{process}_{part}"
    for process in ("perception", "reasoning")
    for part in ("accuracy", "format", "length", "reward")
)
COUNTS = {"perception": "perception_count", "reasoning": "reasoning_count", "chars": "chars"}
SUFFICIENT_AT = 0.5
"""Perception accuracy from here on means that the judge found the observation sufficient."""

REPETITIVE_AT = 0.5
"""Repetition from here on makes a completion repetitive."""

CELLS = ("sufficient_right", "sufficient_wrong", "insufficient_right", "insufficient_wrong")
_PAIR_SUMS = ("n", "x", "y", "xx", "xy", "yy")

Sums = Mapping[str, float]
Measures = dict[str, npt.NDArray[Any]]


def measure(block: dict[str, npt.NDArray[Any]], defect_names: Sequence[str], *, right_at: float) -> Measures:
    """The measures of n rows by name, each of shape (n,); their sums are what the descriptions read."""
    measures: Measures = {"rows": np.ones(len(block["chars"]))}
    for name in PARTS:
        _add_known(measures, name, block[name], ~np.isnan(block[name]))
    for name, column in COUNTS.items():
        _add_known(measures, f"count {name}", block[column], block[column] >= 0)
    perception, reasoning = block["perception_accuracy"], block["reasoning_accuracy"]
    both = ~np.isnan(perception) & ~np.isnan(reasoning)
    sufficient, right = perception >= SUFFICIENT_AT, reasoning >= right_at
    for name, cell in zip(
        CELLS,
        (sufficient & right, sufficient & ~right, ~sufficient & right, ~sufficient & ~right),
        strict=True,
    ):
        measures[name] = both & cell
    known = ~np.isnan(block["repetition"])
    _add_known(measures, "repetition", block["repetition"], known)
    repetitive = block["repetition"] >= REPETITIVE_AT
    _add_effect(measures, "repetitive", repetitive, block, "reasoning")
    _add_known(measures, "reward repetitive", block["reasoning_reward"], repetitive & _scored(block, "reasoning"))
    _add_known(measures, "reward others", block["reasoning_reward"], known & ~repetitive & _scored(block, "reasoning"))
    measures["leak known"] = block["leak"] >= 0
    _add_effect(measures, "leaking", block["leak"] == 1, block, "perception")
    _add_effect(measures, "truncated", block["truncated"], block, "reasoning")
    measures["malformed"] = block["defects"] != 0
    for number, name in enumerate(defect_names):
        measures[f"defect {name}"] = (block["defects"] >> np.uint32(number)) & np.uint32(1)
    _add_positions(measures, block)
    for pair in PAIRS:
        x, y, paired = known_pairs(block, pair)
        for name, values in zip(_PAIR_SUMS, (paired, x, y, x * x, x * y, y * y), strict=True):
            measures[f"{pair} {name}"] = values
    return measures


def describe_sums(sums: Sums, defect_names: Sequence[str]) -> dict[str, Any]:
    """What the sums of some rows say, as plain data; numbers that don't exist are None."""
    return {
        "rows": int(sums["rows"]),
        "means": {name: _mean(sums, name) for name in PARTS},
        "lengths": {name: _mean(sums, f"count {name}") for name in COUNTS},
        "contingency": _contingency(sums),
        "malformed": int(sums["malformed"]),
        "defects": {name: int(sums[f"defect {name}"]) for name in defect_names if sums[f"defect {name}"]},
        "leaks": {"known": int(sums["leak known"]), **_effect(sums, "leaking", sums["leak known"])},
        "repetition": {
            "known": int(sums["repetition known"]),
            "mean": _mean(sums, "repetition"),
            "threshold": REPETITIVE_AT,
            **_effect(sums, "repetitive", sums["repetition known"]),
            "reasoning_reward": {name: _mean(sums, f"reward {name}") for name in ("repetitive", "others")},
        },
        "truncated": _effect(sums, "truncated", sums["rows"]),
        "positions": _positions(sums),
        "reward_by_length": {
            pair: {
                "rows": int(sums[f"{pair} n"]),
                "pearson": pearson(*(sums[f"{pair} {name}"] for name in _PAIR_SUMS)),
            }
            for pair in PAIRS
        },
    }


def _scored(block: dict[str, npt.NDArray[Any]], process: str) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = ~np.isnan(block[f"{process}_reward"])
    return result


def _add_known(measures: Measures, name: str, values: npt.NDArray[Any], known: npt.NDArray[np.bool_]) -> None:
    measures[name] = np.where(known, values, 0)
    measures[f"{name} known"] = known


def _add_effect(
    measures: Measures, name: str, flags: npt.NDArray[np.bool_], block: dict[str, npt.NDArray[Any]], process: str
) -> None:
    """How many rows have a flag, and the advantages of those whose reward is known."""
    measures[name] = flags
    advantages = block[f"{process}_advantage"]
    _add_known(measures, f"{name} advantage", advantages, flags & ~np.isnan(advantages) & _scored(block, process))


def _add_positions(measures: Measures, block: dict[str, npt.NDArray[Any]]) -> None:
    paired = (block["chosen"] >= 0) & (block["correct"] >= 0)
    for name in ("chosen", "correct"):
        places = np.where(paired, np.minimum(block[name], POSITIONS - 1), -1)
        for position in range(POSITIONS):
            measures[f"{name} {position}"] = places == position


def _mean(sums: Sums, name: str) -> float | None:
    count = sums[f"{name} known"]
    return sums[name] / count if count else None


def _effect(sums: Sums, name: str, known: float) -> dict[str, Any]:
    """`rows` with a flag, their `share` = rows / known, and their mean `advantage`: above 0, the flag earns more."""
    return {
        "rows": int(sums[name]),
        "share": sums[name] / known if known else None,
        "advantage": _mean(sums, f"{name} advantage"),
    }


def _contingency(sums: Sums) -> dict[str, Any]:
    """The four cells, phi, and the share of right answers whose observation was insufficient."""
    a, b, c, d = (int(sums[name]) for name in CELLS)
    return {
        **dict(zip(CELLS, (a, b, c, d), strict=True)),
        "phi": phi_coefficient(((a, b), (c, d))),
        "right_without_evidence": c / (a + c) if a + c else None,
    }


def _positions(sums: Sums) -> dict[str, Any]:
    chosen, correct = (
        np.array([sums[f"{name} {position}"] for position in range(POSITIONS)]) for name in ("chosen", "correct")
    )
    return {"rows": int(chosen.sum()), "distance": total_variation(chosen, correct)}
