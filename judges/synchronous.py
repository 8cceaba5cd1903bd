"""Judging without an event loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from p2r_rewards.judges.loops import run_sync
from p2r_rewards.judges.verdict import Judge, JudgeItem, Verdict


def judge_sync(judge: Judge, items: Sequence[JudgeItem], **options: Any) -> list[Verdict]:
    """The judge's verdicts, one an item, in order; the calling thread waits for them.

    It works inside a running event loop (which stands still meanwhile), outside of one, and in any thread: judges run
    in a loop of their own.

    Args:
        judge: Any judge.
        items: What is judged.
        **options: What this judge takes beside the items, such as `bypass=True`.

    Raises:
        RuntimeError: It is called from within a judge.
    """

    async def wait() -> list[Verdict]:
        return await judge(items, **options)

    return run_sync(wait())
