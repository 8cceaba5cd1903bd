"""`Health`: what rewards did to a run, from columns of rows in order, in memory that does not grow with rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError
from p2r_rewards.scoring.collapse_over_steps import GroupSteps, describe_collapse, describe_pass_rates, over_steps
from p2r_rewards.scoring.contingency import PositionTable
from p2r_rewards.scoring.fixed_blocks import Block, FixedBlocks
from p2r_rewards.scoring.health_findings import find_signs
from p2r_rewards.scoring.health_measures import PARTS, describe_sums, measure
from p2r_rewards.scoring.length_correlation import PAIRS, LengthCorrelation, known_pairs
from p2r_rewards.scoring.pass_rates import RIGHT_AT, PassRates
from p2r_rewards.scoring.quantiles import CountHistogram, describe_lengths
from p2r_rewards.scoring.step_sums import StepSums

COLUMNS: dict[str, type[np.generic]] = {
    **dict.fromkeys((*PARTS, "perception_advantage", "reasoning_advantage"), np.float64),
    "group": np.int32,
    "perception_count": np.int32,
    "reasoning_count": np.int32,
    "chars": np.uint32,
    "repetition": np.float32,
    "leak": np.int8,
    "chosen": np.int16,
    "correct": np.int16,
    "defects": np.uint32,
    "step": np.float64,
    "truncated": np.bool_,
}
"""The columns that `Health.add` reads, with their types: NaN is unscored or without a step, -1 unknown or no group."""

MAX_DEFECTS = 32


class Health:
    """Adds up rows in order; `result` is the same to the last bit however they are cut into chunks.

    Memory: some 15 MB, and some 180 bytes a group; none a row.

    Args:
        defect_names: The names of the bits in `defects`, the lowest first.
        config: The configuration that the rewards were given by: its bands and its tie.
        right_at: The least accuracy of a right answer.

    Raises:
        ConfigError: There are more than 32 names.
    """

    def __init__(
        self, defect_names: Sequence[str], *, config: RewardConfig | None = None, right_at: float = RIGHT_AT
    ) -> None:
        if len(defect_names) > MAX_DEFECTS:
            message = f"defect_names has {len(defect_names)} names, and a mask of 32 bits holds {MAX_DEFECTS}"
            raise ConfigError(message)
        self._config = config or RewardConfig()
        self._defect_names = tuple(defect_names)
        self._right_at = right_at
        self._pass_rates = PassRates(right_at=right_at, tie=self._config.advantage_tie)
        self._blocks = FixedBlocks(COLUMNS)
        self._names: list[str] = list(measure(_no_rows(), self._defect_names, right_at=right_at))
        self._sums = np.zeros(len(self._names))
        self._steps = StepSums()
        self._group_steps = GroupSteps()
        self._correlations = {pair: LengthCorrelation() for pair in PAIRS}
        self._lengths = {process: (CountHistogram(), CountHistogram()) for process in ("perception", "reasoning")}
        self._positions = PositionTable()
        self._result: dict[str, Any] | None = None

    def add(self, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        """Takes the next rows: the columns of `COLUMNS`, each of shape (n,).

        Raises:
            ConfigError: A column is missing or of another shape, or the result has been taken.
        """
        if self._result is not None:
            message = "the result has been taken; rows come before it"
            raise ConfigError(message)
        for block in self._blocks.add(columns):
            self._add(block)

    def result(self) -> dict[str, Any]:
        """What all rows say, as plain data for JSON; numbers that don't exist are None. docs/health.md explains it."""
        if self._result is None:
            for block in self._blocks.rest():
                self._add(block)
            self._result = self._describe()
            self._result["findings"] = find_signs(self._result)
        return self._result

    @property
    def pass_rates(self) -> PassRates:
        """The counts per group; takes the result, so that no row is left out."""
        self.result()
        return self._pass_rates

    def _add(self, block: Block) -> None:
        measures = np.empty((len(self._names), len(block["chars"])))
        for number, values in enumerate(measure(block, self._defect_names, right_at=self._right_at).values()):
            measures[number] = values
        self._sums += measures.sum(axis=1)
        self._steps.add(block["step"], measures)
        self._group_steps.add(block["group"], block["step"])
        self._pass_rates.add(block)
        for pair, correlation in self._correlations.items():
            correlation.add(*known_pairs(block, pair), block["group"])
        for process, (every, right) in self._lengths.items():
            counts = block[f"{process}_count"]
            known = counts >= 0
            every.add(counts[known])
            right.add(counts[known & self._earns(block, process)])
        self._positions.add(block["correct"], block["chosen"])

    def _earns(self, block: Block, process: str) -> npt.NDArray[np.bool_]:
        """Where accuracy and format are earned, as the length reward asks; NaN earns nothing."""
        least = self._right_at if process == "reasoning" else 0.0
        accuracy = block[f"{process}_accuracy"]
        result: npt.NDArray[np.bool_] = (accuracy >= least) & (accuracy > 0) & (block[f"{process}_format"] > 0)
        return result

    def _describe(self) -> dict[str, Any]:
        exists, config = self._pass_rates.exists, self._config
        overall = self._describe_sums(self._sums)
        for pair, one in overall["reward_by_length"].items():
            one["spearman"] = self._correlations[pair].spearman()
            one["within_groups"] = self._correlations[pair].within_groups()
        bands = {"perception": config.perception_band, "reasoning": config.reasoning_band}
        return {
            **overall,
            "right_at": self._right_at,
            "collapse": describe_collapse(self._pass_rates, exists),
            "pass_rate": describe_pass_rates(self._pass_rates, exists),
            "length_unit": config.length_unit,
            "length_quantiles": {
                process: describe_lengths(every, right, bands[process], configured=config.length != "off")
                for process, (every, right) in self._lengths.items()
            },
            "positions": self._positions.describe(),
            "steps": [
                {
                    "first": one.first,
                    "last": one.last,
                    **self._describe_sums(one.sums),
                    "collapse": collapse,
                    "pass_rate": rates,
                }
                for one, (collapse, rates) in zip(
                    self._steps.bins, over_steps(self._pass_rates, self._group_steps, self._steps), strict=True
                )
            ],
        }

    def _describe_sums(self, sums: npt.NDArray[np.float64]) -> dict[str, Any]:
        return describe_sums(dict(zip(self._names, sums.tolist(), strict=True)), self._defect_names)


def _no_rows() -> Block:
    return {name: np.zeros(0, kind) for name, kind in COLUMNS.items()}
