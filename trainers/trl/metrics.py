"""The metrics of one batch, from numbers gathered over all processes."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from p2r_rewards.advantages import Advantages
from p2r_rewards.judges.verdict import Verdict
from p2r_rewards.trainers.trl.scoring import NUMBERS

JUDGE_NUMBERS = ("asked", "unscored", "cached", "seconds", "slowest", "read", "written", "failed")
"""What `judge_numbers` counts."""


def component_metrics(table: torch.Tensor) -> dict[str, float]:
    """Mean and sample standard deviation of each of `NUMBERS`, over the rows that have it; shape (N, K).

    A part that no row has (a judge or a bonus switched off) is left out.
    """
    found: dict[str, float] = {}
    for name, column in zip(NUMBERS, table.double().unbind(1), strict=True):
        process, part = name.split("_")
        known = column[~column.isnan()]
        if known.numel():
            found[f"{process}/{part}/mean"] = known.mean().item()
            found[f"{process}/{part}/std"] = known.std().item() if known.numel() > 1 else 0.0
    return found


def group_metrics(advantages: Advantages) -> dict[str, float]:
    """Shares, in [0, 1]: of groups that teach nothing (Fig. 6c), and of rows whose reward is unknown."""
    collapsed = advantages.collapsed
    return {
        **{
            f"collapsed/{name}": getattr(collapsed, name) / max(collapsed.groups, 1)
            for name in ("perception", "reasoning", "both", "sum")
        },
        "unscored/perception": 1.0 - advantages.perception_known.double().mean().item(),
        "unscored/reasoning": 1.0 - advantages.reasoning_known.double().mean().item(),
    }


def judge_numbers(verdicts: Sequence[Verdict | None], failed: int = 0) -> list[float]:
    """One process's share of `JUDGE_NUMBERS`: counts and sums over the verdicts that were asked for.

    `failed` of them stand for a judge that raised.
    """
    given = [verdict for verdict in verdicts if verdict is not None]
    fresh = [verdict for verdict in given if not verdict.cached]
    return [
        float(len(given)),
        float(sum(verdict.sufficient is None for verdict in given)),
        float(len(given) - len(fresh)),
        sum(verdict.seconds for verdict in fresh),
        max((verdict.seconds for verdict in fresh), default=0.0),
        float(sum(verdict.prompt_tokens or 0 for verdict in fresh)),
        float(sum(verdict.completion_tokens or 0 for verdict in fresh)),
        float(failed),
    ]


def judge_metrics(shares: torch.Tensor, waited: torch.Tensor, prices: Sequence[float] | None) -> dict[str, float]:
    """What judging took and cost, from `judge_numbers` of each process (P, K) and the seconds each waited (P,).

    Tokens and money are of the whole batch; cached verdicts cost nothing.
    """
    totals = dict(zip(JUDGE_NUMBERS, shares.double().sum(0).tolist(), strict=True))
    if not totals["asked"]:
        return {}
    fresh = totals["asked"] - totals["cached"] - totals["failed"]
    found = {
        "judge/asked": totals["asked"],
        "judge/unscored": totals["unscored"] / totals["asked"],
        "judge/failed": totals["failed"] / totals["asked"],
        "judge/cached": totals["cached"] / totals["asked"],
        "judge/seconds": totals["seconds"] / max(fresh, 1.0),
        "judge/slowest": shares[:, JUDGE_NUMBERS.index("slowest")].max().item(),
        "judge/waited": waited.max().item(),
        "judge/tokens_read": totals["read"],
        "judge/tokens_written": totals["written"],
    }
    if prices is not None:
        found["judge/cost"] = (totals["read"] * prices[0] + totals["written"] * prices[1]) / 1e6
    return found
