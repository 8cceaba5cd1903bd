"""How a running server ends: what is under way is answered, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.judges.fake_server import Act, FakeServer
from tests.trainers.server.running_server import CUPS, Reply, Server, head, write
from tests.trainers.server.test_judging import sample, settings


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_under_way_are_answered_before_the_end(tmp_path: Path, number: int) -> None:
    async def run(server: Server) -> list[Reply]:
        asked = [asyncio.create_task(server.send("/score", {"samples": [sample(one)]})) for one in range(1, 61)]
        while server.get("/health").json["scoring"] < 60:
            await asyncio.sleep(0.05)
        server.process.send_signal(number)
        return await asyncio.gather(*asked)

    with (
        FakeServer(lambda request, number: Act(delay=2)) as judge,
        Server(tmp_path, settings(judge)) as server,
    ):
        replies = asyncio.run(run(server))
        assert server.process.wait(20) == 0
    assert [reply.json["rewards"] for reply in replies] == [[4.0]] * 60
    assert server.log == ""


def test_idle_and_half_open_connections_do_not_hold_up_the_end(tmp_path: Path) -> None:
    async def run(server: Server) -> int:
        idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(20)]
        idle[0][1].write(b"POST /score HT")
        idle[1][1].write(head("/health", {"Connection": "keep-alive"}, "GET"))
        await asyncio.sleep(0.3)
        status = await asyncio.to_thread(server.end)
        for _, writer in idle:
            writer.close()
        return status

    with Server(tmp_path) as server:
        began = time.perf_counter()
        assert asyncio.run(run(server)) == 0
        assert time.perf_counter() - began < 10


def test_who_does_not_take_the_reply_does_not_hold_up_the_end(tmp_path: Path) -> None:
    body = json.dumps({"samples": [{"completion": write("2"), **CUPS}] * 12_000}).encode()

    async def run(server: Server) -> int:
        own = socket.socket()
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what the system can't hold stays with the server
        own.connect(("127.0.0.1", server.port))
        _, writer = await asyncio.open_connection(sock=own, limit=1024)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(head("/score", {"Content-Length": str(len(body)), "Connection": "keep-alive"}) + body)
        await writer.drain()
        while 'endpoint="/score"' not in (await asyncio.to_thread(server.get, "/metrics")).body.decode():
            await asyncio.sleep(0.2)
        await asyncio.sleep(1)
        status = await asyncio.to_thread(server.end)
        writer.close()
        return status

    with Server(tmp_path, "part: reasoning", "--samples", "12000", "--body-timeout", "5") as server:
        assert asyncio.run(run(server)) == 0


def test_verdicts_survive_a_kill(tmp_path: Path) -> None:
    with FakeServer() as judge:
        with Server(tmp_path, settings(judge)) as server:
            first = server.post("/score", {"samples": [sample(one) for one in range(1, 21)]}).json
            assert server.end(signal.SIGKILL) == -signal.SIGKILL
        asked = len(judge.seen)
        with Server(tmp_path, settings(judge)) as server:
            again = server.post("/score", {"samples": [sample(one) for one in range(1, 21)]}).json
        assert asked == 20 == len(judge.seen)
    assert first["rewards"] == again["rewards"] == [4.0] * 20
