"""Judges for tests, in a module so that they pickle."""

from __future__ import annotations

from collections.abc import Sequence

from p2r_rewards.judges.verdict import JudgeItem, Verdict


class WordJudge:
    """Sufficient where the observation holds the word "evidence"; unscored where it holds "outage"."""

    def __init__(self) -> None:
        self.asked: list[JudgeItem] = []

    async def __call__(self, items: Sequence[JudgeItem]) -> list[Verdict]:
        self.asked.extend(items)
        return [
            Verdict(sufficient=None, how="HTTP 503")
            if "outage" in item.observation
            else Verdict(sufficient="evidence" in item.observation, how="by its words")
            for item in items
        ]
