"""Models behind Anthropic's Messages protocol, by the library anthropic."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from p2r_rewards.errors import MissingExtraError
from p2r_rewards.judges.addresses import key_for, read_address, require_key
from p2r_rewards.judges.client import Message, Reply
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.failures import ReplyError
from p2r_rewards.judges.loops import PerLoop
from p2r_rewards.judges.quiet import hushed
from p2r_rewards.judges.structured import choice_schema, make_reply

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

VENDOR_ADDRESS, VENDOR_KEY = "https://api.anthropic.com", "ANTHROPIC_API_KEY"

_NO_KEY = "none"


class AnthropicClient:
    """One model of a server that speaks Anthropic's Messages protocol.

    The key is read from the environment when a connection is opened, and kept nowhere: `ANTHROPIC_API_KEY` for
    Anthropic's own address, `P2R_JUDGE_API_KEY` for any other. The library's own retries are off.

    The protocol's present version refuses temperature, top_p and seed, so none of them is sent; `decoding.extra` goes
    into the request's body, for servers that take more.

    Args:
        model: The model's name.
        address: Without `/v1`; by default `ANTHROPIC_BASE_URL`, or Anthropic's own.
        decoding: `max_tokens` and `extra` count.

    Raises:
        ConfigError: The address holds credentials, or Anthropic's own is asked without a key.
        MissingExtraError: The library is not installed.
    """

    def __init__(self, model: str, address: str | None = None, *, decoding: Decoding | None = None) -> None:
        try:
            import anthropic  # noqa: F401
        except ImportError as error:
            package, extra = "anthropic", "judge"
            raise MissingExtraError(package, extra) from error
        self.model = model
        self.address = read_address(address or os.environ.get("ANTHROPIC_BASE_URL") or VENDOR_ADDRESS)
        self.decoding = decoding or Decoding()
        require_key(self.address, VENDOR_ADDRESS, VENDOR_KEY)
        self._connected: PerLoop[AsyncAnthropic] = PerLoop(self._connect)

    async def complete(self, messages: Sequence[Message], *, choices: Sequence[str] | None = None) -> Reply:
        """The model's reply; with `choices`, exactly one of them from a model that follows JSON schemas.

        Raises:
            ReplyError: The answer is not of the protocol's form.
        """
        with hushed():
            answer = await self._connected.get().messages.create(
                model=self.model,
                messages=[dict(message) for message in messages if message["role"] != "system"],  # type: ignore[misc]
                **self._parameters(messages, choices),
            )
        return read_message(answer, choices)

    async def aclose(self) -> None:
        """Closes the connections of the running loop."""
        client = self._connected.pop()
        if client is not None:
            await client.close()

    def _parameters(self, messages: Sequence[Message], choices: Sequence[str] | None) -> dict[str, Any]:
        parameters: dict[str, Any] = {"max_tokens": self.decoding.max_tokens}
        system = "\n\n".join(message["content"] for message in messages if message["role"] == "system")
        if system:
            parameters["system"] = system
        body = dict(self.decoding.extra)
        if choices:
            # Older versions of the library don't know the parameter, which servers take all the same.
            body["output_config"] = {"format": {"type": "json_schema", "schema": choice_schema(choices)}}
        if body:
            parameters["extra_body"] = body
        return parameters

    def _connect(self) -> AsyncAnthropic:
        from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

        return AsyncAnthropic(
            api_key=key_for(self.address, VENDOR_ADDRESS, VENDOR_KEY) or _NO_KEY,
            base_url=self.address,
            max_retries=0,
            # Who asks sets the time-outs. A redirect could carry key and prompt to another host.
            timeout=None,
            http_client=DefaultAsyncHttpxClient(follow_redirects=False, timeout=None),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self.model, self.address, self.decoding)

    def __repr__(self) -> str:
        return f"AnthropicClient({self.model!r}, {self.address!r})"


def _reopen(model: str, address: str, decoding: Decoding) -> AnthropicClient:
    return AnthropicClient(model, address, decoding=decoding)


def read_message(answer: object, choices: Sequence[str] | None) -> Reply:
    """The reply in a message, which the library has not validated.

    Raises:
        ReplyError: It holds none.
    """
    blocks = getattr(answer, "content", None)
    if not isinstance(blocks, list):
        message = "the answer holds no content"
        raise ReplyError(message)
    text = "".join(part for block in blocks if isinstance(part := getattr(block, "text", None), str))
    if not text.strip():
        message = "the reply is empty"
        raise ReplyError(message)
    usage = getattr(answer, "usage", None)
    return make_reply(
        text,
        choices,
        reason=getattr(answer, "stop_reason", None),
        prompt_tokens=getattr(usage, "input_tokens", None),
        completion_tokens=getattr(usage, "output_tokens", None),
    )
