"""Groups that teach nothing, and prompts that are always or never answered right: overall and by training step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from p2r_rewards.scoring.pass_rates import REWARDS, PassRates
from p2r_rewards.scoring.step_sums import StepSums, has_step

HISTOGRAM_BINS = 10
"""Pass rates strictly between 0 and 1 fall into this many bins of one width."""

Bools = npt.NDArray[np.bool_]


class GroupSteps:
    """The step of each group, which is that of its first row that has one: 8 bytes a group."""

    def __init__(self) -> None:
        self._steps = np.zeros(0)

    def add(self, groups: npt.NDArray[np.integer[Any]], steps: npt.NDArray[np.float64]) -> None:
        """Takes rows: their groups, -1 for none, and steps, NaN for none; both (n,)."""
        use = (groups >= 0) & has_step(steps)
        if not use.any():
            return
        codes, first = np.unique(groups[use], return_index=True)
        missing = int(codes[-1]) + 1 - len(self._steps)
        if missing > 0:
            self._steps = np.concatenate([self._steps, np.full(max(missing, len(self._steps) // 8), np.nan)])
        fresh = np.isnan(self._steps[codes])
        self._steps[codes[fresh]] = steps[use][first[fresh]]

    def of(self, groups: int) -> npt.NDArray[np.float64]:
        """The steps of the first so many groups, NaN for none, shape (groups,)."""
        known = self._steps[:groups]
        return np.concatenate([known, np.full(groups - len(known), np.nan)])


def describe_collapse(rates: PassRates, which: Bools) -> dict[str, int]:
    """How many of some groups teach nothing, under the names of `p2r_rewards.advantages.Collapsed`.

    A group is collapsed in a reward where its known values differ by at most the tie, or fewer than two are known;
    the latter are counted under `…_unscored` too. `both`: in perception and in reasoning; `sum`: in R_P + R_R.
    """
    flags = {name: which & rates.collapsed(name) for name in REWARDS}
    counts = {name: int(flags[name].sum()) for name in ("perception", "reasoning")}
    counts["both"] = int((flags["perception"] & flags["reasoning"]).sum())
    counts["sum"] = int(flags["sum"].sum())
    counts["groups"] = int(which.sum())
    for name in REWARDS:
        counts[f"{name}_unscored"] = int((which & rates.unscored(name)).sum())
    return counts


def describe_pass_rates(rates: PassRates, which: Bools) -> dict[str, Any]:
    """How often some groups' prompts are answered right: rate = right answers / answers with an accuracy.

    `histogram` holds the groups strictly between all wrong and all right, in bins of one width, each with its lower
    bound.
    """
    shares = rates.pass_rates()[which]
    shares = shares[~np.isnan(shares)]
    between = shares[(shares > 0) & (shares < 1)]
    places = np.minimum((between * HISTOGRAM_BINS).astype(np.intp), HISTOGRAM_BINS - 1)
    return {
        "groups": len(shares),
        "all_wrong": int((shares == 0).sum()),
        "between": len(between),
        "all_right": int((shares == 1).sum()),
        "mean": float(shares.mean()) if len(shares) else None,
        "histogram": np.bincount(places, minlength=HISTOGRAM_BINS).tolist(),
    }


def over_steps(rates: PassRates, steps: GroupSteps, sums: StepSums) -> list[tuple[dict[str, int], dict[str, Any]]]:
    """Both descriptions for each bin of steps, in order."""
    places = sums.locate(steps.of(len(rates)))
    exists = rates.exists
    by_bin = [exists & (places == number) for number in range(len(sums.bins))]
    return [(describe_collapse(rates, which), describe_pass_rates(rates, which)) for which in by_bin]
