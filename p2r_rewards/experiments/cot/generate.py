"""Step 1: a trace for each row, by a vision-language model with the process-aware prompt (arXiv 2511.11113, Fig. 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from p2r_rewards.experiments.cot.published import Reject
from p2r_rewards.experiments.cot.rows import GENERATION, CotRow, make_task
from p2r_rewards.experiments.generation.in_order import in_order
from p2r_rewards.experiments.generation.run import GenerationDesk
from p2r_rewards.experiments.generation.tasks import Generation
from p2r_rewards.trainers.data.training_rows import RowFault


async def generate_traces(rows: Iterable[CotRow], desk: GenerationDesk) -> AsyncIterator[CotRow | Reject]:
    """Each row with its trace in `output`, or why there is none, in order.

    Raises:
        DataError: The server failed too many times in a row.
    """

    async def answer(row: CotRow) -> Generation | Reject:
        if isinstance(row.row, RowFault):
            return Reject(row, "read", row.row.kind, row.row.reason)
        return await desk.answer(make_task(row.row))

    async for row, found in in_order(rows, answer, desk.window):
        if isinstance(found, Reject):
            yield found
        elif found.error is not None:
            fault = found.fault or found.error
            yield Reject(row, "generate", fault, found.error, unfinished=not fault.startswith("media: "))
        else:
            yield row._replace(record={**row.record, "output": found.text, GENERATION: _told(row, found)})


def _told(row: CotRow, found: Generation) -> dict[str, object]:
    # Nothing that differs from run to run, such as times: the same rows make the same bytes.
    return {
        "place": row.place,
        "model": found.model,
        "finish_reason": found.finish_reason,
        "prompt_tokens": found.prompt_tokens,
        "completion_tokens": found.completion_tokens,
    }
