"""Chat completions with media, by the library openai, from any OpenAI-compatible server."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.judges import addresses
from p2r_rewards.judges.client import Message, Reply, read_count
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.failures import ReplyError
from p2r_rewards.judges.openai_client import VENDOR_ADDRESS, OpenAIClient
from p2r_rewards.judges.quiet import hushed
from p2r_rewards.messages import completion_text

if TYPE_CHECKING:
    from openai import AsyncOpenAI

KEY_VARIABLE = "P2R_MODEL_API_KEY"
"""Holds the key for a server that is not the vendor's own: another one than a judge's, which may be another host's."""

MAX_REPLY_CHARS = 1_000_000


class OpenAIGenerationClient(OpenAIClient):
    """One model that answers at length: its silence is an answer, and its thoughts belong to it.

    Args:
        model: The model's name as the server knows it.
        address: Up to and including `/v1`.
        decoding: The sampling settings.

    Raises:
        ConfigError: The address holds credentials, or OpenAI's own is asked without a key.
        MissingExtraError: The library is not installed.
    """

    def __init__(self, model: str, address: str | None = None, *, decoding: Decoding | None = None) -> None:
        try:
            super().__init__(model, address, decoding=decoding)
        except ConfigError as error:  # which names the judge's key
            raise ConfigError(str(error).replace(addresses.KEY_VARIABLE, KEY_VARIABLE)) from None

    async def complete(self, messages: Sequence[Message], *, choices: Sequence[str] | None = None) -> Reply:
        """The model's reply, with what a server has parsed away as thoughts put back.

        Raises:
            ReplyError: The answer is not of the protocol's form, or was withheld.
        """
        with hushed():
            answer = await self._connected.get().chat.completions.create(
                model=self.model,
                messages=[dict(message) for message in messages],  # type: ignore[misc]
                **self._parameters(choices),
            )
        return read_generation(answer)

    def _connect(self) -> AsyncOpenAI:
        client = super()._connect()
        if self.address != VENDOR_ADDRESS:
            client.api_key = os.environ.get(KEY_VARIABLE, "").strip() or "none"
        return client

    def __reduce__(self) -> tuple[object, ...]:
        return _reopen, (self.model, self.address, self.decoding)


def _reopen(model: str, address: str, decoding: Decoding) -> OpenAIGenerationClient:
    return OpenAIGenerationClient(model, address, decoding=decoding)


def read_generation(answer: object) -> Reply:
    """The reply in a chat completion, which the library has not validated; an empty one is the model's own.

    What is over `MAX_REPLY_CHARS` is cut off, with "length" as the reason why it ends.

    Raises:
        ReplyError: It holds none, or one that a filter withheld.
    """
    listed = getattr(answer, "choices", None)
    first = listed[0] if isinstance(listed, list) and listed else None
    said = getattr(first, "message", None)
    if said is None:
        message = "the answer holds no choices"
        raise ReplyError(message)
    names = ("content", "reasoning_content", "reasoning")
    try:
        text = completion_text({name: getattr(said, name, None) for name in names})
    except DataError as error:
        raise ReplyError(str(error)) from error
    reason = getattr(first, "finish_reason", None)
    if reason == "content_filter":
        message = "the server withheld the reply (content_filter)"
        raise ReplyError(message)
    if len(text) > MAX_REPLY_CHARS:  # the model's own fault, as a limit of tokens is
        text, reason = text[:MAX_REPLY_CHARS], "length"
    usage = getattr(answer, "usage", None)
    counts = [read_count(getattr(usage, name, None)) for name in ("prompt_tokens", "completion_tokens")]
    return Reply(text, reason if isinstance(reason, str) else None, counts[0], counts[1])
