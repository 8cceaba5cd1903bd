"""A real `p2r-serve` process, and a client that speaks HTTP over plain sockets."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

COMMAND = Path(sys.executable).with_name("p2r-serve")
SEEN = "<observation>On the table stand two red cups.</observation>"
CUPS = {"problem": "How many cups are there?", "solution": "2", "problem_type": "numerical"}


def write(answer: str, seen: str = SEEN) -> str:
    return f"{seen}<think>So it is.</think><answer>{answer}</answer>"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/json"
        return self.json["error"]


class Server:
    """`p2r-serve` in a process of its own; `log` holds what it wrote, once it has ended."""

    def __init__(self, folder: Path, settings: str = "judge: lexical", *options: str, **environment: str) -> None:
        path = folder / "rewards.yaml"
        path.write_text(settings)
        self._log = folder / "log"
        own = {"P2R_JUDGE_CACHE": str(folder / "verdicts.sqlite"), "OPENAI_API_KEY": "sk-very-secret", **environment}
        inherited = {name: value for name, value in os.environ.items() if name != "P2R_SERVER_TOKEN"}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(COMMAND), str(path), "--port", "0", *options],
                stdout=subprocess.PIPE,
                stderr=log,
                env=inherited | own,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://.*:(\d+)$", line.strip())
        assert found, line + self.log
        self.port = int(found[1])

    @property
    def log(self) -> str:
        return self._log.read_text()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def end(self, number: int = signal.SIGTERM, seconds: float = 20) -> int:
        """The exit status after a signal."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def get(self, path: str) -> Reply:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as reply:
            return Reply(reply.status, dict(reply.headers), reply.read())

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Reply:
        return asyncio.run(self.send(path, body, headers))

    def post_all(self, path: str, bodies: list[Any]) -> list[Reply]:
        """The replies to all bodies at once, each over a connection of its own."""

        async def send_all() -> list[Reply]:
            return await asyncio.gather(*(self.send(path, body) for body in bodies))

        return asyncio.run(send_all())

    async def send(
        self, path: str, body: Any, headers: dict[str, str] | None = None, method: str = "POST", seconds: float = 60
    ) -> Reply:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.send_raw(
            head(path, {"Content-Length": str(len(data)), **(headers or {})}, method), data, seconds
        )

    async def send_raw(self, start: bytes, data: bytes = b"", seconds: float = 60) -> Reply:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(start + data)
                await writer.drain()
                return await read_reply(reader)
            finally:
                writer.close()


def head(path: str, headers: dict[str, str], method: str = "POST") -> bytes:
    fields = {"Host": "x", "Content-Type": "application/json", "Connection": "close", **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


async def read_reply(reader: asyncio.StreamReader) -> Reply:
    status = int((await reader.readline()).split()[1])
    headers = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return Reply(status, headers, await reader.readexactly(int(headers["content-length"])))
