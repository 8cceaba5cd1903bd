"""Generators opened by one string, such as `openai:MODEL@http://localhost:8000/v1`: tasks in, generations out."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import Any, Protocol

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.generation.media_parts import MediaReader, MediaSettings
from p2r_rewards.experiments.generation.tasks import Generation, GenerationTask
from p2r_rewards.judges.asking import Asker
from p2r_rewards.judges.client import Client, Reply
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.ledger import Ledger
from p2r_rewards.judges.limits import Limits
from p2r_rewards.rollouts.json_text import make_plain
from p2r_rewards.trainers.data.media_root import MediaError

FORMS = ("openai:MODEL@http://HOST:PORT/v1", "openai:MODEL", "vllm:PATH")
"""What names a generator."""

LIMITS = Limits(concurrency=16, request_timeout=900.0, item_deadline=3600.0, attempts=10, breaker_patience=120.0)
"""Long replies to many frames take their time, and so does a server that loads a large model anew."""

_RENDERER = "1"  # to be raised with every change of what is sent for the same task
_SPEC = re.compile(r"(openai|vllm):(.+)", re.DOTALL)
_ADDRESS = re.compile(r"@(?=[a-z][a-z0-9+.-]{0,19}://)", re.IGNORECASE)


def make_limits(concurrency: int, timeout: float) -> Limits:
    """The bounds for so many requests in flight, each of which may take so many seconds, and a task four times that.

    Raises:
        ConfigError: One is outside its range.

    Example:
        >>> make_limits(8, 7200.0).item_deadline
        28800.0
    """
    return dataclasses.replace(LIMITS, concurrency=concurrency, request_timeout=timeout, item_deadline=4 * timeout)


class Generator(Protocol):
    """Anything that answers tasks, each for itself, many at once."""

    model: str
    concurrency: int
    ledger: Ledger

    def identify(self, task: GenerationTask) -> bytes:
        """Everything that the answer depends on, as 32 bytes."""

    async def generate(self, task: GenerationTask) -> Generation:
        """The answer, or the reason why there is none; it never raises for the task's or the server's sake."""

    async def aclose(self) -> None:
        """Ends connections."""


class ChatGenerator:
    """A generator by any client of chat messages; used from within one event loop.

    Args:
        client: The model.
        media: Shows media.
        limits: The bounds on requests.
    """

    def __init__(self, client: Client, media: MediaReader, limits: Limits = LIMITS) -> None:
        self.model = client.model
        self.concurrency = limits.concurrency
        self.ledger = Ledger()
        self._client = client
        self._media = media
        self._limits = limits
        self._asker: Asker | None = None
        decoding: Any = getattr(client, "decoding", None)
        # The address is left out: a server that comes back at another one has the same model.
        told = [_RENDERER, client.model, None if decoding is None else dataclasses.asdict(decoding)]
        self._base = hashlib.sha256(json.dumps(told, sort_keys=True, default=repr).encode("ascii"))

    def identify(self, task: GenerationTask) -> bytes:
        """The hash of model, sampling, prompts and media.

        Raises:
            MediaError: A medium is not there, or leads out of the root.
        """
        made = self._base.copy()
        shown = [self._media.identify(medium) for medium in task.media]
        made.update(ascii((task.system, task.prompt, shown)).encode("ascii"))
        return made.digest()

    async def generate(self, task: GenerationTask) -> Generation:
        """The answer, or the reason why there is none."""
        if self._asker is None:
            self._asker = Asker(self._client, self._limits, self.ledger)
        try:
            messages = await asyncio.to_thread(self.messages, task)
        except MediaError as error:
            return Generation(task.key, "", model=self.model, error=str(error), fault=f"media: {error.kind}")
        asked = await self._asker.ask(messages, _take)
        if asked.value is None:
            return Generation(task.key, "", model=self.model, error=asked.how, fault=asked.how)
        reply = asked.value
        return Generation(
            task.key,
            make_plain(reply.text)[0],  # what JSON can't hold is escaped now, so that it reads the same when stored
            reply.finish_reason,
            self.model,
            reply.prompt_tokens,
            reply.completion_tokens,
            asked.seconds,
        )

    def messages(self, task: GenerationTask) -> list[Any]:
        """What is sent for a task: the system's text, then the user's turn with the media first.

        Raises:
            MediaError: A medium can't be shown.
        """
        parts = [part for medium in task.media for part in self._media.parts(medium)]
        content: Any = [*parts, {"type": "text", "text": task.prompt}] if parts else task.prompt
        before = [{"role": "system", "content": task.system}] if task.system else []
        return [*before, {"role": "user", "content": content}]

    async def aclose(self) -> None:
        """Ends connections."""
        close = getattr(self._client, "aclose", None)
        if close is not None:
            await close()


def open_generator(
    spec: str,
    *,
    media_root: str | Path | None,
    decoding: Decoding | None = None,
    settings: MediaSettings | None = None,
    limits: Limits = LIMITS,
) -> ChatGenerator:
    """The generator that a string names.

    Args:
        spec: One of `FORMS`.
        media_root: The folder that all media lie under; None where tasks are text alone.
        decoding: The sampling settings; by default temperature 0.
        settings: How media are shown.
        limits: The bounds on requests.

    Raises:
        ConfigError: It names none, its address holds credentials, the environment lacks the key it needs, or the media
            root is no folder.
        MissingExtraError: The library it needs is not installed.

    Example:
        >>> open_generator("openai:qwen@http://localhost:8000/v1", media_root=None).model
        'qwen'
    """
    match = _SPEC.fullmatch(spec.strip()) if isinstance(spec, str) else None
    if match is None or not (rest := match[2].strip()):
        raise ConfigError(_no_such())
    decoding, media = decoding or Decoding(), MediaReader(media_root, settings)
    if match[1] == "vllm":
        from p2r_rewards.experiments.generation.vllm_generation import VLLMGenerationClient

        return ChatGenerator(VLLMGenerationClient(rest, decoding, media.settings), media, limits)
    from p2r_rewards.experiments.generation.openai_generation import OpenAIGenerationClient

    model, *address = _ADDRESS.split(rest, maxsplit=1)
    if not model or "://" in model:
        raise ConfigError(_no_such())
    return ChatGenerator(
        OpenAIGenerationClient(model, address[0] if address else None, decoding=decoding), media, limits
    )


def _take(reply: Reply) -> tuple[Reply, str]:
    return reply, ""


def _no_such() -> str:
    # The string itself is not repeated: it may hold a password.
    return f"this names no model; write one of {', '.join(FORMS)}"
