"""A scripted server on loopback that speaks both vendors' protocols, and misbehaves on demand through real sockets."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

YES, NO = "Named. <judgement>Yes</judgement>", "Missing. <judgement>No</judgement>"


@dataclass
class Act:
    """What the server does with one request."""

    text: str = YES
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None  # in place of a reply of the protocol
    kind: str = "reply"  # or "reset", "reset in mid-answer", "cut", "hang"
    delay: float = 0.0
    finish: str = "stop"


@dataclass
class Seen:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        return "\n".join(message["content"] for message in self.body["messages"])


Script = Callable[[Seen, int], Act]


class FakeServer:
    """`script(request, number)` decides on each request; `seen` holds them all."""

    def __init__(self, script: Script | None = None, port: int = 0) -> None:
        self.script: Script = script or (lambda request, number: Act())
        self.seen: list[Seen] = []
        self.port = port
        self.most_at_once = 0
        self._at_once = 0
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None

    @property
    def openai(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def anthropic(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeServer:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """Every connection is reset, and the port is free again."""
        if self._thread is not None and self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def _run(self, ready: threading.Event) -> None:
        async def start() -> None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=512)
            self.port = self._server.sockets[0].getsockname()[1]
            ready.set()

        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(start())
        self._loop.run_forever()
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (seen := await _read_request(reader)) is not None:
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                try:
                    self.seen.append(seen)
                    if not await self._answer(self.script(seen, len(self.seen)), seen, writer):
                        break
                finally:
                    self._at_once -= 1
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, act: Act, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(act.delay)
        if act.kind == "hang":
            await asyncio.sleep(3600)
        if act.kind == "reset":
            writer.transport.abort()
            return False
        body = (act.body if act.body is not None else json.dumps(_reply(act, seen))).encode()
        headers = {"content-type": "application/json", "content-length": str(len(body)), **act.headers}
        head = f"HTTP/1.1 {act.status} x\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        whole = head.encode() + b"\r\n" + body
        if act.kind in ("reset in mid-answer", "cut"):
            writer.write(whole[: len(whole) - len(body) // 2])
            await writer.drain()
            await asyncio.sleep(0.02)
            if act.kind == "cut":
                writer.close()
            else:
                writer.transport.abort()
            return False
        writer.write(whole)
        await writer.drain()
        return True


async def _read_request(reader: asyncio.StreamReader) -> Seen | None:
    line = await reader.readline()
    if not line:
        return None
    path = line.decode().split()[1]
    headers: dict[str, str] = {}
    while (line := await reader.readline()).strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Seen(path, headers, json.loads(body or b"{}"))


def _reply(act: Act, seen: Seen) -> dict[str, Any]:
    if act.status != 200:
        # Servers like to quote what they were sent.
        return {"type": "error", "error": {"message": f"bad: {seen.body}", "type": "error", "code": "some_code"}}
    text = act.text
    if {"response_format", "output_config"} & set(seen.body) and act.text in (YES, NO):
        text = json.dumps({"explanation": act.text.split(".")[0], "verdict": act.text.rpartition(" ")[2]})
    if seen.path.endswith("/messages"):
        return {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": seen.body["model"],
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn" if act.finish == "stop" else act.finish,
            "usage": {"input_tokens": 100, "output_tokens": 7},
        }
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": seen.body["model"],
        "choices": [{"index": 0, "finish_reason": act.finish, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107},
    }
