"""`ModelJudge`: verdicts by a language model; nothing is asked twice, and no item is left without its verdict."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from p2r_rewards.judges.asking import Asker
from p2r_rewards.judges.batches import Batch, Desk
from p2r_rewards.judges.cache import VerdictCache
from p2r_rewards.judges.cache_key import KeyMaker
from p2r_rewards.judges.cache_writer import CacheWriter
from p2r_rewards.judges.client import Client, Message, Reply
from p2r_rewards.judges.ledger import Ledger, Price
from p2r_rewards.judges.limits import Limits
from p2r_rewards.judges.loops import close_at_exit, forget_closing, run_here, run_sync
from p2r_rewards.judges.sufficiency import CHOICES, RENDERER, prepare_item, read_verdict
from p2r_rewards.judges.verdict import JudgeItem, Verdict
from p2r_rewards.templates.loader import PromptTemplate, load_template

Prepare: TypeAlias = Callable[[JudgeItem, PromptTemplate], Verdict | list[Message]]
ReadVerdict: TypeAlias = Callable[[Reply], tuple[bool | None, str]]
Progress: TypeAlias = Callable[[int, int], None]
"""Called with the items done and all items of a batch, in the judges' own thread: be quick."""

_LOG = logging.getLogger(__name__)


class ModelJudge:
    """A judge that asks a model: `verdicts = await judge(items)`, in order, one an item.

    An item is looked up in the cache, then screened; identical items share one request, within a batch and across
    batches that run at the same time. Whatever the server does, an item without an answer is unscored, with the
    reason. The work is done in one event loop of its own, so the judge may be called from any loop and any thread;
    `judge_sync(judge, items)` calls it without one. It pickles, and a copy in another process opens its own
    connections.

    Args:
        client: The model.
        template: The prompt; by default the built-in "observation-sufficiency".
        cache: Where verdicts are kept; None keeps none.
        limits: The bounds on requests.
        structured: Whether the server is asked to hold the reply to a verdict, where it can.
        price: What a million tokens cost, for the ledger.
        progress: Told how far a batch is.
        log_text: Whether prompts and replies go to the debug log; else no text of anybody does.
        prepare: Makes an item's messages, or its verdict where nobody needs to be asked.
        read: Reads a reply.
    """

    def __init__(
        self,
        client: Client,
        template: PromptTemplate | None = None,
        *,
        cache: VerdictCache | None = None,
        limits: Limits | None = None,
        structured: bool = True,
        price: Price | None = None,
        progress: Progress | None = None,
        log_text: bool = False,
        prepare: Prepare = prepare_item,
        read: ReadVerdict = read_verdict,
    ) -> None:
        self.client = client
        self.template = template or load_template("observation-sufficiency")
        self.cache = cache
        self.limits = limits or Limits()
        self.structured = structured
        self.progress = progress
        self.log_text = log_text
        self.ledger = Ledger(price=price)
        self._prepare = prepare
        self._read = read
        self._desk: Desk | None = None
        self._pid = 0

    async def __call__(self, items: Sequence[JudgeItem], *, bypass: bool = False) -> list[Verdict]:
        """The verdicts, one an item, in order.

        Args:
            items: What is judged.
            bypass: Whether every item is asked anew: nothing cached, nothing kept, nothing merged (for test-retest).
        """
        return await run_here(self._judge(list(items), bypass)) if items else []

    def close(self) -> None:
        """Writes what is left to write, and closes connections and cache; the next call opens them again."""
        if self._desk is not None and self._pid == os.getpid():
            run_sync(self._close())

    async def aclose(self) -> None:
        """`close` for asynchronous callers."""
        if self._desk is not None and self._pid == os.getpid():
            await run_here(self._close())

    def __enter__(self) -> ModelJudge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> ModelJudge:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _judge(self, items: list[JudgeItem], bypass: bool) -> list[Verdict]:
        if self._desk is None or self._pid != os.getpid():  # a forked child has none of the parent's connections
            self._desk, self._pid = self._open_desk(), os.getpid()
            close_at_exit(self, self._close)
        return await Batch(self._desk, items, bypass=bypass, progress=self.progress).run()

    def _open_desk(self) -> Desk:
        structured = CHOICES if self.structured else None
        return Desk(
            asker=Asker(self.client, self.limits, self.ledger, log_text=self.log_text),
            prepare=lambda item: self._prepare(item, self.template),
            read=self._read,
            choices=structured,
            make_key=KeyMaker(self.client, self.template.identity, RENDERER, structured=self.structured),
            cache=self.cache,
            writer=CacheWriter(self.cache) if self.cache is not None else None,
            ledger=self.ledger,
            limits=self.limits,
            model=self.client.model,
            template=f"{self.template.name}@{self.template.version}",
        )

    async def _close(self) -> None:
        desk, self._desk = self._desk, None
        forget_closing(self)
        if desk is not None:
            desk.close()
        close = getattr(self.client, "aclose", None)
        if close is not None:
            await close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_desk": None, "_pid": 0, "ledger": Ledger(price=self.ledger.price)}

    def __repr__(self) -> str:
        return f"ModelJudge({self.client!r}, template={self.template.name}@{self.template.version})"
