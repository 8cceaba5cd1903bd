"""Connections that wait for no client for ever: uvicorn's, with a time limit on heads and on taking the reply."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from p2r_rewards.rollouts.json_text import dump_json
from p2r_rewards.trainers.server.limits import ServerLimits
from p2r_rewards.trainers.server.refusals import Refusal

_HEAD = (
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
)


def timed_protocol(limits: ServerLimits) -> type[asyncio.Protocol]:
    """The protocol of uvicorn, with these time limits."""

    class TimedProtocol(H11Protocol):
        """A head has `head_timeout` from its first byte, or from the connection's start; a reply `body_timeout`."""

        _head_timer: asyncio.TimerHandle | None = None
        _reply_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._start_head_timer()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_head_timer()
            self._stop_reply_timer()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.conn.their_state is h11.IDLE:
                self._start_head_timer()
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._stop_head_timer()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._stop_reply_timer()  # of the reply before
            if self.transport.get_write_buffer_size():
                self._reply_timer = self.loop.call_later(limits.body_timeout, self._drop_unread)

        def _start_head_timer(self) -> None:
            if self._head_timer is None:
                self._head_timer = self.loop.call_later(limits.head_timeout, self._refuse_late)

        def _stop_head_timer(self) -> None:
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None

        def _stop_reply_timer(self) -> None:
            if self._reply_timer is not None:
                self._reply_timer.cancel()
                self._reply_timer = None

        def _refuse_late(self) -> None:
            if not self.transport.is_closing():
                late = Refusal(408, f"the head of the request did not arrive within {limits.head_timeout:g} s")
                body = dump_json(late.payload)[0]
                self.transport.write(_HEAD % len(body) + body)
                self.transport.close()

        def _drop_unread(self) -> None:
            if self.transport.get_write_buffer_size():
                self.transport.abort()

    return TimedProtocol


def uvicorn_options(limits: ServerLimits) -> dict[str, Any]:
    """What uvicorn is told besides."""
    return {
        "http": timed_protocol(limits),
        "ws": "none",
        "lifespan": "on",
        "timeout_keep_alive": int(limits.keep_alive),
        "timeout_graceful_shutdown": int(limits.deadline + limits.body_timeout) + 1,
        "backlog": 4096,
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "proxy_headers": False,
    }
