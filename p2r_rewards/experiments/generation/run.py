"""`generate_all`: a stream of tasks to generations, in order, resumable, with bounded memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.generation.generators import Generator
from p2r_rewards.experiments.generation.in_order import in_order
from p2r_rewards.experiments.generation.store import GenerationStore
from p2r_rewards.experiments.generation.tasks import Generation, GenerationTask
from p2r_rewards.trainers.data.media_root import MediaError

Progress: TypeAlias = Callable[[str, int], None]
"""Called with what is counted, such as "answers", and the number so far."""

GIVE_UP_AFTER = 64
"""Tasks that fail in a row for the server's sake before a run ends: the rest would fail as well."""


@dataclass(slots=True)
class GenerationCounts:
    """What a run did.

    Attributes:
        tasks: Tasks so far.
        known: Of those, how many had been generated before.
        failed: Tasks without an answer, by fault.
    """

    tasks: int = 0
    known: int = 0
    failed: Counter[str] = field(default_factory=Counter)


async def generate_all(
    tasks: Iterable[GenerationTask],
    generator: Generator,
    store: GenerationStore,
    *,
    counts: GenerationCounts | None = None,
    retry_failed: bool = True,
    window: int | None = None,
    give_up_after: int = GIVE_UP_AFTER,
    progress: Progress | None = None,
) -> AsyncIterator[tuple[GenerationTask, Generation]]:
    """Each task with its generation, in order; what the store knows is not asked for again.

    Tasks that ask for the same are asked for once. A task without an answer comes with its `error`; faults of media
    are told anew in each run, as they cost nothing.

    Args:
        tasks: A stream: as much of it is read as is under way.
        generator: Answers.
        store: Keeps answers.
        counts: Where they are counted.
        retry_failed: Whether tasks that failed in a run before are tried again.
        window: Tasks read ahead at most; by default four times the generator's concurrency.
        give_up_after: Failures of the server in a row after which the run ends.
        progress: Told how far it is.

    Raises:
        DataError: The server failed so many times in a row; what is done is kept.
    """
    counts = counts or GenerationCounts()
    desk = GenerationDesk(generator, store, counts, retry_failed=retry_failed, give_up_after=give_up_after)
    try:
        async for task, generation in in_order(tasks, desk.answer, window or desk.window):
            if progress is not None:
                progress("answers", counts.tasks)
            yield task, generation
    finally:
        await desk.close()


class GenerationDesk:
    """What the tasks of one run share: the store, what is under way, and how the server has fared.

    Args:
        generator: Answers.
        store: Keeps answers.
        counts: Where tasks are counted.
        retry_failed: Whether tasks that failed in a run before are tried again.
        give_up_after: Failures of the server in a row after which `answer` raises.
    """

    def __init__(
        self,
        generator: Generator,
        store: GenerationStore,
        counts: GenerationCounts,
        *,
        retry_failed: bool = True,
        give_up_after: int = GIVE_UP_AFTER,
    ) -> None:
        self.window = 4 * generator.concurrency
        self._generator = generator
        self._store = store
        self._counts = counts
        self._retry_failed = retry_failed
        self._give_up_after = give_up_after
        self._slots = asyncio.Semaphore(generator.concurrency)
        self._under_way: dict[bytes, asyncio.Future[Generation]] = {}
        self._failed_in_row = 0

    async def close(self) -> None:
        """Calls off what is under way."""
        futures = list(self._under_way.values())
        for future in futures:
            future.cancel()
        await asyncio.gather(*futures, return_exceptions=True)

    async def answer(self, task: GenerationTask) -> Generation:
        """The task's generation: known, under way for a task that asks for the same, or new.

        Raises:
            DataError: The server failed too many times in a row.
        """
        generation = await self._answer(task)
        self._counts.tasks += 1
        if generation.error is not None:
            self._counts.failed[generation.fault or generation.error] += 1
        return generation

    async def _answer(self, task: GenerationTask) -> Generation:
        try:
            identity = await asyncio.to_thread(self._generator.identify, task)
        except MediaError as error:
            return Generation(task.key, "", model=self._generator.model, error=str(error), fault=f"media: {error.kind}")
        known = self._store.get(identity, task.key)
        if known is not None and (known.error is None or not self._retry_failed):
            self._counts.known += 1
            return known
        future = self._under_way.get(identity)
        if future is None:
            future = self._under_way[identity] = asyncio.ensure_future(self._ask(identity, task))
            future.add_done_callback(lambda _: self._under_way.pop(identity, None))
        return replace(await asyncio.shield(future), key=task.key)

    async def _ask(self, identity: bytes, task: GenerationTask) -> Generation:
        async with self._slots:  # media are decoded in here, so that few of them are in memory
            generation = await self._generator.generate(task)
        media_at_fault = (generation.fault or "").startswith("media: ")
        if not media_at_fault:
            self._store.put(identity, generation)
            self._failed_in_row = self._failed_in_row + 1 if generation.error is not None else 0
        if self._failed_in_row >= self._give_up_after:
            message = (
                f"{self._failed_in_row} requests in a row failed, the last with: {generation.error}; "
                f"{len(self._store):,} answers are kept in {self._store.folder}: run the command again to go on"
            )
            raise DataError(message)
        return generation
