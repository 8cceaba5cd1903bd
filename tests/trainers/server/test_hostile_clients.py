"""Bodies and clients that mean no good: clear errors, and everybody else is served meanwhile."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import Iterator

import pytest

from tests.trainers.server.running_server import CUPS, Server, head, read_reply, write

GOOD = {"samples": [{"completion": write("2"), **CUPS}]}
SECRET = "sk-very-secret-text"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    options = ("--head-timeout", "1", "--body-timeout", "1.5", "--body-mib", "1")
    with Server(tmp_path_factory.mktemp("server"), "judge: lexical", *options) as running:
        yield running


@pytest.mark.parametrize(
    ("body", "headers", "status", "cure"),
    [
        (b"{", {}, 400, "not JSON"),
        (f'{{"{SECRET}": '.encode(), {}, 400, "not JSON"),
        (b"[" * 100_000, {}, 400, "nested deeper"),
        (b'{"samples": [{"completion": "x", "a\\ud800": NaN}]}', {}, 422, "NaN"),
        (b"\xff", {}, 400, "UTF-8"),
        (b"", {}, 400, "not JSON"),
        (b"{}", {}, 422, "is missing"),
        (json.dumps(GOOD).encode(), {"Content-Type": "text/plain"}, 415, "application/json"),
        (gzip.compress(b"0" * 50_000_000, mtime=0), {"Content-Encoding": "gzip"}, 415, "Content-Encoding"),
        (b" " * (2**20 + 1), {}, 413, "1,048,576"),
        (b" " * 5_000_000, {}, 413, "1,048,576"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_bad_body_is_told_what_is_wrong(
    server: Server, body: bytes, headers: dict[str, str], status: int, cure: str
) -> None:
    reply = server.post("/score", body, headers)
    assert reply.status == status == reply.error["status"]
    assert cure in reply.error["message"]
    assert SECRET not in reply.body.decode()
    assert server.post("/score", GOOD).json["rewards"] == [4.0]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/score", 405), ("POST", "/health", 405), ("POST", "/docs", 404), ("GET", "/openapi.json", 404)],
)
def test_other_paths_and_methods_are_told_what_there_is(server: Server, method: str, path: str, status: int) -> None:
    reply = asyncio.run(server.send(path, b"", method=method))
    assert reply.status == status
    assert "POST /score" in reply.error["message"]


def test_a_body_in_chunks_is_counted_as_it_comes(server: Server) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    start = head("/score", {"Transfer-Encoding": "chunked"})
    reply = asyncio.run(server.send_raw(start, chunk * 40 + b"0\r\n\r\n"))
    assert reply.status == 413
    good = json.dumps(GOOD).encode()
    reply = asyncio.run(server.send_raw(start, b"%x\r\n%s\r\n0\r\n\r\n" % (len(good), good)))
    assert reply.json["rewards"] == [4.0]


def test_who_asks_for_leave_to_send_too_much_is_refused_at_once(server: Server) -> None:
    began = time.perf_counter()
    start = head("/score", {"Content-Length": str(10**12), "Expect": "100-continue"})
    assert asyncio.run(server.send_raw(start)).status == 413
    assert time.perf_counter() - began < 4  # sooner than a body is taken off the line


@pytest.mark.parametrize("start", [b"nonsense\r\n\r\n", b"POST /score HTTP/1.1\r\nContent-Length: x\r\n\r\n"])
def test_what_is_no_http_is_refused(server: Server, start: bytes) -> None:
    async def send() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(start)
        reply = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return reply

    assert asyncio.run(send()).startswith(b"HTTP/1.1 400 ")


async def dribble(server: Server, start: bytes, rest: bytes, seconds: float) -> tuple[bytes, float]:
    """What comes back, and when, if the rest is sent byte by byte."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(start)
    reading = asyncio.create_task(reader.read())
    try:
        for byte in rest:
            if reading.done():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(seconds)
        return await asyncio.wait_for(reading, 20), time.perf_counter() - began
    except ConnectionError:
        return (await reading if not reading.cancelled() else b""), time.perf_counter() - began
    finally:
        writer.close()


def test_slow_heads_and_bodies_are_ended_while_others_are_served(server: Server) -> None:
    async def run() -> None:
        long = {"X-Padding": "x" * 1000}
        slow_heads = [dribble(server, b"", head("/score", long), 0.1) for _ in range(60)]
        silent = [dribble(server, b"", b"", 0) for _ in range(20)]
        start = head("/score", {"Content-Length": "1000"})
        slow_bodies = [dribble(server, start, b" " * 1000, 0.1) for _ in range(60)]
        slow = asyncio.gather(*slow_heads, *silent, *slow_bodies)
        await asyncio.sleep(0.3)
        began = time.perf_counter()
        good = await asyncio.gather(*(server.send("/score", GOOD) for _ in range(20)))
        assert time.perf_counter() - began < 5
        assert [reply.json["rewards"] for reply in good] == [[4.0]] * 20
        ended = await slow
        assert {reply.split(b"\r\n")[0] for reply, _ in ended} == {b"HTTP/1.1 408 Request Timeout"}
        assert all(b"did not arrive within" in reply for reply, _ in ended)
        assert all(seconds < 12 for _, seconds in ended)

    asyncio.run(run())
    assert server.get("/health").json["scoring"] == 0
    assert "p2r_held_bytes 0.0" in server.get("/metrics").body.decode()


def test_a_second_head_on_a_connection_has_its_time_limit_too(server: Server) -> None:
    async def run() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(head("/health", {"Connection": "keep-alive"}, "GET"))
        assert (await read_reply(reader)).status == 200
        await asyncio.sleep(1.5)  # an idle connection may stay
        writer.write(head("/health", {"Connection": "keep-alive"}, "GET"))
        assert (await read_reply(reader)).status == 200
        writer.write(b"GET /hea")
        reply = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return reply

    assert asyncio.run(run()).startswith(b"HTTP/1.1 408 ")


def test_who_leaves_in_mid_body_leaves_nothing_behind(server: Server) -> None:
    async def leave() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(head("/score", {"Content-Length": "500000"}) + b" " * 100_000)
        await writer.drain()
        writer.transport.abort()

    async def all_leave() -> None:
        await asyncio.gather(*(leave() for _ in range(50)))

    asyncio.run(all_leave())
    deadline = time.monotonic() + 10
    while "p2r_held_bytes 0.0" not in server.get("/metrics").body.decode():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_hostile_answers_do_not_hold_up_health(server: Server) -> None:
    texts = ["<answer>" * 100_000, write("9^{" * 200_000), write("two " * 200_000), "</think><answer>" * 50_000]
    bodies = [{"samples": [{"completion": text, **CUPS}]} for text in texts * 5]

    async def run() -> float:
        work = asyncio.gather(*(server.send("/score", body) for body in bodies))
        slowest = 0.0
        while not work.done():
            began = time.perf_counter()
            assert (await server.send("/health", b"", method="GET")).status == 200
            slowest = max(slowest, time.perf_counter() - began)
            await asyncio.sleep(0.02)
        assert {reply.status for reply in await work} == {200}
        return slowest

    assert asyncio.run(run()) < 2


def test_nothing_of_a_request_is_in_the_log(server: Server) -> None:
    for body in ({SECRET: 1}, {"samples": [{"completion": [SECRET]}]}, {"samples": [{"completion": SECRET, **CUPS}]}):
        server.post("/score", body)
    assert SECRET not in server.log
    assert "Traceback" not in server.log
