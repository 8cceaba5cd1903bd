"""Replies recorded to a file, and played back: tests and reruns without the model."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from p2r_rewards.errors import DataError
from p2r_rewards.judges.client import Client, Message, Reply
from p2r_rewards.judges.failures import ReplayMissError


def request_digest(model: str, messages: Sequence[Message], choices: Sequence[str] | None) -> str:
    """A hash of a request: what a recorded reply is found by, in place of the prompt's text."""
    request = [model, [[message["role"], message["content"]] for message in messages], list(choices or ())]
    return hashlib.sha256(json.dumps(request).encode("ascii")).hexdigest()


class RecordingClient:
    """A client that writes every reply to a file of JSON Lines (mode 0600) as it passes it on.

    The file holds the replies and hashes of the prompts, no prompt and no key. Several processes may write to it.

    Args:
        client: The client that is asked.
        path: The file; it is added to.
    """

    def __init__(self, client: Client, path: str | Path) -> None:
        self.client = client
        self.path = Path(path)
        self.model, self.address = client.model, client.address
        self.decoding = getattr(client, "decoding", None)

    async def complete(self, messages: Sequence[Message], *, choices: Sequence[str] | None = None) -> Reply:
        """The client's reply."""
        reply = await self.client.complete(messages, choices=choices)
        line = {
            "request": request_digest(self.model, messages, choices),
            "model": self.model,
            "address": self.address,
            "reply": reply._asdict(),
        }
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, json.dumps(line).encode("ascii") + b"\n")
        finally:
            os.close(descriptor)
        return reply

    async def aclose(self) -> None:
        """Closes the client."""
        close = getattr(self.client, "aclose", None)
        if close is not None:
            await close()

    def __repr__(self) -> str:
        return f"RecordingClient({self.client!r}, {str(self.path)!r})"


class ReplayClient:
    """A client that gives the recorded replies: of several to the same request in order, then the last one again.

    Args:
        path: A file that `RecordingClient` wrote; a last line that was cut off is left out.

    Raises:
        DataError: The file can't be read, is empty, or a line is not of that form; the message names it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._replies, self.model, self.address = _read_recording(self.path)
        self.decoding = None

    async def complete(self, messages: Sequence[Message], *, choices: Sequence[str] | None = None) -> Reply:
        """The recorded reply.

        Raises:
            ReplayMissError: There is none to this request.
        """
        digest = request_digest(self.model, messages, choices)
        with self._lock:
            replies = self._replies.get(digest)
            if not replies:
                message = f"{self.path} holds no reply to request {digest[:12]}"
                raise ReplayMissError(message)
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def __reduce__(self) -> tuple[Any, ...]:
        return ReplayClient, (self.path,)

    def __repr__(self) -> str:
        return f"ReplayClient({str(self.path)!r})"


def _read_recording(path: Path) -> tuple[dict[str, list[Reply]], str, str]:
    replies: dict[str, list[Reply]] = {}
    model = address = None
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        message = f"recording {path} can't be read ({type(error).__name__})"
        raise DataError(message) from error
    for number, line in enumerate(lines, start=1):
        try:
            found = json.loads(line)
            digest, own_model, own_address = found["request"], found["model"], found["address"]
            reply = Reply(**found["reply"])
            sound = all(isinstance(text, str) for text in (digest, own_model, own_address, reply.text))
        except (ValueError, TypeError, KeyError, RecursionError):
            sound = False
        if not sound:
            if number == len(lines) and not line.endswith("\n"):
                break  # the writer was killed
            message = f"recording {path}, line {number}: is no recorded reply; record it anew"
            raise DataError(message)
        if (model or own_model, address or own_address) != (own_model, own_address):
            message = f"recording {path}, line {number}: is of another model or server; keep a file for each"
            raise DataError(message)
        model, address = own_model, own_address
        replies.setdefault(digest, []).append(reply)
    if model is None or address is None:
        message = f"recording {path} holds no replies"
        raise DataError(message)
    return replies, model, address
