"""Step 3: whether a judge finds the observation sufficient for the correct answer (arXiv 2511.11113, Sec. 3.1.1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

from p2r_rewards.experiments.cot.published import Reject
from p2r_rewards.experiments.cot.rows import CotRow
from p2r_rewards.experiments.generation.in_order import in_order
from p2r_rewards.judges.items import judge_item
from p2r_rewards.judges.verdict import Judge, Verdict
from p2r_rewards.parsing import parse_completion
from p2r_rewards.trainers.data.training_rows import RowFault


async def judge_rows(rows: Iterable[CotRow], judge: Judge, concurrency: int) -> AsyncIterator[CotRow | Reject]:
    """Each row whose observation suffices, or why it is not let through, in order.

    Each is judged by itself, and its place is free for another only when the verdict is in the judge's cache: a kill
    costs no more verdicts than `concurrency`.
    """
    places = asyncio.Semaphore(concurrency)

    async def look(row: CotRow) -> Verdict | Reject:
        if isinstance(row.row, RowFault):
            return Reject(row, "read", row.row.kind, row.row.reason)
        observation = parse_completion(row.output or "").observation
        if observation is None or not observation.text.strip():
            return Reject(row, "sufficiency", "no observation", "the trace has no observation")
        async with places:
            verdict: Verdict = (await judge([judge_item(row.row.problem, observation.text)]))[0]
        return verdict

    async for row, found in in_order(rows, look, 4 * concurrency):
        if isinstance(found, Reject):
            yield found
        elif found.sufficient is None:
            yield Reject(row, "sufficiency", "no verdict", found.how, unfinished=True)
        elif not found.sufficient:
            yield Reject(row, "sufficiency", "insufficient", found.how)
        else:
            yield row
