"""One batch of items on its way to verdicts: looked up, screened, merged with what is in flight, asked."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from p2r_rewards.judges.asking import Asker
from p2r_rewards.judges.cache import VerdictCache
from p2r_rewards.judges.cache_key import KeyMaker
from p2r_rewards.judges.cache_writer import CacheWriter
from p2r_rewards.judges.client import Message, Reply
from p2r_rewards.judges.ledger import Ledger
from p2r_rewards.judges.limits import Limits
from p2r_rewards.judges.verdict import JudgeItem, Verdict

_LOG = logging.getLogger(__name__)

AT_ONCE = 256  # items looked up and prepared together
_RECENT = 20_000  # verdicts remembered while the cache catches up


class Flight:
    """An item being asked, and how many batches wait for it."""

    def __init__(self, task: asyncio.Task[Verdict]) -> None:
        self.task = task
        self.waiting = 0


@dataclass(slots=True)
class Desk:
    """What the batches of one judge share."""

    asker: Asker
    prepare: Callable[[JudgeItem], Verdict | list[Message]]
    read: Callable[[Reply], tuple[bool | None, str]]
    choices: Sequence[str] | None
    make_key: KeyMaker
    cache: VerdictCache | None
    writer: CacheWriter | None
    ledger: Ledger
    limits: Limits
    model: str
    template: str
    flights: dict[bytes, Flight] = field(default_factory=dict)
    recent: OrderedDict[bytes, Verdict] = field(default_factory=OrderedDict)

    def close(self) -> None:
        """Calls off what is in flight and writes what is left to write."""
        for flight in list(self.flights.values()):
            flight.task.cancel()
        if self.writer is not None:
            self.writer.write_now()
        if self.cache is not None:
            self.cache.close()

    async def look_up(self, keys: Sequence[bytes]) -> dict[bytes, Verdict]:
        """What is known of these keys."""
        if self.cache is None:
            return {}
        found = await asyncio.to_thread(self.cache.get_many, keys)
        # What came in during the look-up may have left the flights already, and not have reached the disk.
        for key in keys:
            if key not in found and key in self.recent:
                found[key] = replace(self.recent[key], cached=True, seconds=0.0)
        return found

    def board(self, key: bytes, messages: Sequence[Message], *, bypass: bool) -> Flight:
        """The flight that asks for this key, a new one unless it is under way."""
        flight = None if bypass else self.flights.get(key)
        if flight is None:
            flight = Flight(asyncio.create_task(self._fly(key, messages, bypass=bypass)))
            if not bypass:
                self.flights[key] = flight
        else:
            self.ledger.merged += 1
        flight.waiting += 1
        return flight

    def leave(self, key: bytes, flight: Flight) -> None:
        """Waits no longer; the last one calls the flight off."""
        flight.waiting -= 1
        if not flight.waiting and not flight.task.done():
            flight.task.cancel()
            if self.flights.get(key) is flight:
                del self.flights[key]

    async def _fly(self, key: bytes, messages: Sequence[Message], *, bypass: bool) -> Verdict:
        own = asyncio.current_task()
        try:
            asked = await self.asker.ask(messages, self.read, choices=self.choices)
            reply = asked.reply
            verdict = Verdict(
                sufficient=asked.value,
                how=asked.how,
                raw=None if reply is None else reply.raw or reply.text,
                model=self.model,
                template=self.template,
                prompt_tokens=None if reply is None else reply.prompt_tokens,
                completion_tokens=None if reply is None else reply.completion_tokens,
                seconds=asked.seconds,
            )
        finally:
            flight = self.flights.get(key)
            if flight is not None and flight.task is own:
                del self.flights[key]
        if self.writer is not None and not bypass and verdict.sufficient is not None:
            self.recent[key] = verdict
            if len(self.recent) > _RECENT:
                self.recent.popitem(last=False)
            self.writer.add(key, verdict)
        return verdict


class Batch:
    """The way of one batch; `run` gives its verdicts in order."""

    def __init__(
        self,
        desk: Desk,
        items: Sequence[JudgeItem],
        *,
        bypass: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._desk = desk
        self._items = items
        self._bypass = bypass
        self._progress = progress
        self._verdicts: list[Verdict | None] = [None] * len(items)
        self._done = 0
        self._aboard: dict[asyncio.Task[Verdict], tuple[bytes, Flight, list[int]]] = {}
        self._landed: asyncio.Queue[asyncio.Task[Verdict]] = asyncio.Queue()

    async def run(self) -> list[Verdict]:
        """The verdicts; what has none when the batch's deadline passes is unscored."""
        desk = self._desk
        desk.ledger.items += len(self._items)
        limit = asyncio.timeout(desk.limits.batch_deadline)
        try:
            async with limit:
                for chunk in self._chunks():
                    await self._send(chunk)
                    # Prompts of what waits are kept in memory: no more of them than keep every slot busy.
                    while len(self._aboard) >= max(4 * desk.limits.concurrency, AT_ONCE):
                        await self._land()
                while self._aboard:
                    await self._land()
        except TimeoutError:
            if not limit.expired():
                raise
        finally:
            for key, flight, _ in self._aboard.values():
                desk.leave(key, flight)
        if desk.writer is not None:
            await desk.writer.flush()
        late = Verdict(
            sufficient=None, how="no answer within the batch's deadline", model=desk.model, template=desk.template
        )
        verdicts = [verdict or late for verdict in self._verdicts]
        desk.ledger.unscored += sum(verdict.sufficient is None for verdict in verdicts)
        return verdicts

    def _chunks(self) -> Iterator[list[tuple[JudgeItem, list[int]]]]:
        """The different items with the places where each stands; every item for itself where all are asked anew."""
        if self._bypass:
            different = [(item, [place]) for place, item in enumerate(self._items)]
        else:
            places: dict[JudgeItem, list[int]] = {}
            for place, item in enumerate(self._items):
                places.setdefault(item, []).append(place)
            different = list(places.items())
        for start in range(0, len(different), AT_ONCE):
            yield different[start : start + AT_ONCE]

    async def _send(self, chunk: Sequence[tuple[JudgeItem, list[int]]]) -> None:
        desk = self._desk
        keys = [desk.make_key(item) for item, _ in chunk]
        # Known items need no screening: only what passed it under this very key was ever asked.
        known = {} if self._bypass else await desk.look_up(keys)
        for (item, places), key in zip(chunk, keys, strict=True):
            if (verdict := known.get(key)) is not None:
                desk.ledger.cached += len(places)
                self._settle(verdict, places)
                continue
            prepared = desk.prepare(item)
            if isinstance(prepared, Verdict):
                desk.ledger.screened += len(places)
                self._settle(prepared, places)
            else:
                desk.ledger.merged += len(places) - 1
                flight = desk.board(key, prepared, bypass=self._bypass)
                self._aboard[flight.task] = (key, flight, places)
                flight.task.add_done_callback(self._landed.put_nowait)
        await asyncio.sleep(0)  # lets the flights start

    async def _land(self) -> None:
        task = await self._landed.get()
        _, _, places = self._aboard.pop(task)
        self._settle(self._result(task), places)

    def _result(self, task: asyncio.Task[Verdict]) -> Verdict:
        desk = self._desk
        if task.cancelled():
            how = "the judge was closed"
        elif (error := task.exception()) is not None:
            how = f"{type(error).__name__} in the judge"
            _LOG.error("%s while judging; the item is unscored", type(error).__name__)
        else:
            return task.result()
        return Verdict(sufficient=None, how=how, model=desk.model, template=desk.template)

    def _settle(self, verdict: Verdict, places: Sequence[int]) -> None:
        for place in places:
            self._verdicts[place] = verdict
        self._done += len(places)
        if self._progress is not None:
            try:
                self._progress(self._done, len(self._items))
            except Exception as error:  # a display must not cost verdicts
                _LOG.warning("%s in the progress callback, which is called no more", type(error).__name__)
                self._progress = None
