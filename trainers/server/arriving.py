"""A request's head and body as they arrive: what is not wanted is refused before it is held."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from p2r_rewards.trainers.server.gate import Hold
from p2r_rewards.trainers.server.limits import ServerLimits
from p2r_rewards.trainers.server.refusals import Refusal

_DISCARDED = 8
"""A body that is refused is still taken off the line, up to so many times its limit: else its sender, still writing,
meets a reset connection instead of the reply."""
_DISCARD_SECONDS = 5.0


def check_head(request: Request, limits: ServerLimits) -> None:
    """Refuses what is no plain JSON, or says that it is too long.

    Asking for JSON also keeps out web pages: a browser sends them no JSON to another's server unasked.

    Raises:
        Refusal: 413 or 415.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        message = "the body must be JSON: send the header Content-Type: application/json"
        raise Refusal(415, message)
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        message = "bodies are taken as they are: send no Content-Encoding"
        raise Refusal(415, message)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 15 or int(length) > limits.body_bytes):
        raise _too_long(limits)


async def read_body(request: Request, limits: ServerLimits, hold: Hold) -> bytes:
    """The whole body.

    Raises:
        Refusal: 413 where it is longer than may be, 408 where it comes too slowly, 503 where there is no room now.
    """
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_timeout):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limits.body_bytes:
                    raise _too_long(limits)
                hold.add(len(chunk))
                chunks.append(chunk)
    except TimeoutError:
        message = f"the body did not arrive within {limits.body_timeout:g} s"
        raise Refusal(408, message) from None
    except ClientDisconnect:
        message = "the client left before its body was there"
        raise Refusal(400, message) from None
    return b"".join(chunks)


class Discarding:
    """An application around another: a body that was not read is taken off the line before the reply is sent."""

    def __init__(self, app: ASGIApp, limits: ServerLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ended = False
        expects = any(name == b"expect" for name, _ in scope["headers"])

        async def watch() -> Message:
            nonlocal ended
            message = await receive()
            ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
            return message

        async def discard() -> None:
            size = 0
            try:
                async with asyncio.timeout(_DISCARD_SECONDS):
                    while not ended and size <= _DISCARDED * self._limits.body_bytes:
                        size += len((await watch()).get("body", b""))
            except TimeoutError:
                pass

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and not ended:
                if not expects:  # who waits for leave to send, sends nothing once it has the reply
                    await discard()
                if not ended:
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._app(scope, watch, answer)


def _too_long(limits: ServerLimits) -> Refusal:
    message = f"the body holds more than {limits.body_bytes:,} bytes; send its samples in several requests"
    return Refusal(413, message)
