"""What a judge needs of a language model: messages in, a reply out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

Message = Mapping[str, str]
"""A chat message: its `role` and its `content`."""


class Reply(NamedTuple):
    """A model's answer.

    Attributes:
        text: What it wrote, as it came; thoughts are still in it.
        finish_reason: Why it stopped, as the server names it ("stop", "length"); None where unknown.
        prompt_tokens: Tokens read, where known.
        completion_tokens: Tokens written, where known.
        raw: The whole reply, where `text` is only the choice that it ends in.
    """

    text: str
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    raw: str | None = None


class Client(Protocol):
    """One model at one address. Errors are the vendor library's own; who asks sorts them."""

    model: str
    address: str

    async def complete(self, messages: Sequence[Message], *, choices: Sequence[str] | None = None) -> Reply:
        """The model's reply; of `choices`, exactly one where the server can be held to that."""


def read_count(value: object) -> int | None:
    """A number of tokens that a server told, if it is one."""
    return value if type(value) is int and 0 <= value < 1 << 40 else None
