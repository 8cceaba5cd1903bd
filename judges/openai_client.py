"""Models behind an OpenAI-compatible server (vLLM, SGLang, transformers serve, hosted), by the library openai."""

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
    from openai import AsyncOpenAI

VENDOR_ADDRESS, VENDOR_KEY = "https://api.openai.com/v1", "OPENAI_API_KEY"

_NO_KEY = "none"  # the library insists on one; servers without authentication ignore it


class OpenAIClient:
    """One model of an OpenAI-compatible server.

    The key is read from the environment when a connection is opened, and kept nowhere: `OPENAI_API_KEY` for OpenAI's
    own address, `P2R_JUDGE_API_KEY` for any other. The library's own retries are off.

    Args:
        model: The model's name as the server knows it.
        address: Up to and including `/v1`; by default `OPENAI_BASE_URL`, or OpenAI's own.
        decoding: The decoding parameters.

    Raises:
        ConfigError: The address holds credentials, or OpenAI's own is asked without a key.
        MissingExtraError: The library is not installed.
    """

    def __init__(self, model: str, address: str | None = None, *, decoding: Decoding | None = None) -> None:
        try:
            import openai  # noqa: F401
        except ImportError as error:
            package, extra = "openai", "judge"
            raise MissingExtraError(package, extra) from error
        self.model = model
        self.address = read_address(address or os.environ.get("OPENAI_BASE_URL") or VENDOR_ADDRESS)
        self.decoding = decoding or Decoding()
        require_key(self.address, VENDOR_ADDRESS, VENDOR_KEY)
        self._connected: PerLoop[AsyncOpenAI] = PerLoop(self._connect)

    async def complete(self, messages: Sequence[Message], *, choices: Sequence[str] | None = None) -> Reply:
        """The model's reply; with `choices`, exactly one of them from a server that follows JSON schemas.

        Raises:
            ReplyError: The answer is not of the protocol's form.
        """
        with hushed():
            answer = await self._connected.get().chat.completions.create(
                model=self.model,
                messages=[dict(message) for message in messages],  # type: ignore[misc]
                **self._parameters(choices),
            )
        return read_completion(answer, choices)

    async def aclose(self) -> None:
        """Closes the connections of the running loop."""
        client = self._connected.pop()
        if client is not None:
            await client.close()

    def _parameters(self, choices: Sequence[str] | None) -> dict[str, Any]:
        # OpenAI's newer models refuse max_tokens; other servers often know nothing else.
        limit = "max_completion_tokens" if self.address == VENDOR_ADDRESS else "max_tokens"
        parameters: dict[str, Any] = {limit: self.decoding.max_tokens, **self.decoding.sampling()}
        if self.decoding.extra:
            parameters["extra_body"] = dict(self.decoding.extra)
        if choices:
            schema = {"name": "verdict", "strict": True, "schema": choice_schema(choices)}
            parameters["response_format"] = {"type": "json_schema", "json_schema": schema}
        return parameters

    def _connect(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        return AsyncOpenAI(
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
        return f"OpenAIClient({self.model!r}, {self.address!r})"


def _reopen(model: str, address: str, decoding: Decoding) -> OpenAIClient:
    return OpenAIClient(model, address, decoding=decoding)


def read_completion(answer: object, choices: Sequence[str] | None) -> Reply:
    """The reply in a chat completion, which the library has not validated.

    Raises:
        ReplyError: It holds none.
    """
    listed = getattr(answer, "choices", None)
    first = listed[0] if isinstance(listed, list) and listed else None
    text = getattr(getattr(first, "message", None), "content", None)
    if first is None:
        message = "the answer holds no choices"
        raise ReplyError(message)
    if not isinstance(text, str) or not text.strip():
        message = "the reply is empty"
        raise ReplyError(message)
    usage = getattr(answer, "usage", None)
    return make_reply(
        text,
        choices,
        reason=getattr(first, "finish_reason", None),
        prompt_tokens=getattr(usage, "prompt_tokens", None),
        completion_tokens=getattr(usage, "completion_tokens", None),
    )
