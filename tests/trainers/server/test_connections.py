"""The time limit on taking a reply, on a connection that serves several."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn

from p2r_rewards.trainers.server.connections import uvicorn_options
from p2r_rewards.trainers.server.limits import ServerLimits

BODY = b"x" * 16_000_000
"""More than the system holds for a client that does not read."""

ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        return
    size = str(len(BODY)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", size)]})
    await send({"type": "http.response.body", "body": BODY})


async def take_two_replies(pauses: tuple[float, float]) -> list[int]:
    """How many bytes of each reply a client gets that begins to read so late, over one connection."""
    server = uvicorn.Server(uvicorn.Config(app, **uvicorn_options(ServerLimits(body_timeout=2.0))))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server._serve([listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname()[:2], limit=1024)
        got = []
        for pause in pauses:
            writer.write(ASK)
            await asyncio.sleep(pause)
            try:
                await reader.readuntil(b"\r\n\r\n")
                got.append(len(await reader.readexactly(len(BODY))))
            except (asyncio.IncompleteReadError, ConnectionError):
                got.append(0)
        writer.close()
        server.should_exit = server.force_exit = True
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    return got


def test_each_reply_has_the_whole_time_to_itself() -> None:
    assert asyncio.run(take_two_replies((1.2, 1.2))) == [len(BODY)] * 2


def test_a_reply_that_is_not_taken_ends_the_connection() -> None:
    assert asyncio.run(take_two_replies((0.0, 3.0))) == [len(BODY), 0]
