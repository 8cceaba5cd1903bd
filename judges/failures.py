"""What a failed request means: ask again, give the item up, or hold the server for down.

The causes are safe to log: they name statuses and types, never a key, a prompt or what a server wrote.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from p2r_rewards.errors import P2RError

_CONNECTION_ERRORS = {"APIConnectionError", "TransportError"}  # of the vendors' libraries, and of httpx below them
_MALFORMED_ERRORS = {"APIResponseValidationError", "ValidationError"}
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_WORD = re.compile(r"[a-z][a-z_.]{1,40}")


class ReplyError(P2RError):
    """A server's answer holds no reply; the message says what is wrong with its form."""


class ReplayMissError(P2RError):
    """A recording holds no reply to these messages."""


class LoadError(P2RError):
    """A model can't be loaded into this process; the message says why."""


class Failure(NamedTuple):
    """Why a request gave no reply.

    Attributes:
        cause: In a few words.
        retry: Whether asking again may help.
        malformed: Whether the server answered, in a form that can't be read.
        outage: Whether it tells of the server's state, more than of this request.
        lasting: Whether it will stay so until somebody mends it (a wrong key or address).
        retry_after: Seconds that the server asks to wait.
        status: The HTTP status, where there was one.
    """

    cause: str
    retry: bool = False
    malformed: bool = False
    outage: bool = False
    lasting: bool = False
    retry_after: float | None = None
    status: int | None = None


def sort_failure(error: Exception) -> Failure:
    """What an exception of a client means, whichever library it comes from.

    Example:
        >>> sort_failure(ConnectionResetError()).retry
        True
    """
    if isinstance(error, ReplyError):
        return Failure(str(error), malformed=True)
    if isinstance(error, LoadError):  # before any prompt is seen, so that it can be told in full
        return Failure(str(error), outage=True, lasting=True)
    if isinstance(error, ReplayMissError):
        return Failure("the recording holds no reply to this")
    names = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, TimeoutError) or "APITimeoutError" in names:
        return Failure("no answer in time", retry=True, outage=True)
    if isinstance(error, OSError) or names & _CONNECTION_ERRORS:
        return Failure("the connection failed or broke off", retry=True, outage=True)
    if isinstance(error, ValueError | RecursionError) or names & _MALFORMED_ERRORS:
        return Failure("the answer is not of the form expected", malformed=True)
    status = getattr(error, "status_code", None)
    if not isinstance(status, int):
        return Failure(f"{type(error).__name__} in the client")
    return _sort_status(status, error)


def _sort_status(status: int, error: Exception) -> Failure:
    headers = getattr(getattr(error, "response", None), "headers", None)
    wait = read_retry_after(headers, time.time()) if isinstance(headers, Mapping) else None
    # Some servers say 429 for an account that has run dry: waiting is no cure.
    if status == 429 and getattr(error, "code", None) == "insufficient_quota":
        return Failure("HTTP 429: the quota is used up", outage=True, lasting=True, status=status)
    if status in (408, 409, 429) or status >= 500:
        return Failure(f"HTTP {status}", retry=True, outage=status >= 500, retry_after=wait, status=status)
    lasting = status in (401, 403, 404) or 300 <= status < 400
    return Failure(f"HTTP {status}{_about(error)}", outage=lasting, lasting=lasting, status=status)


def _about(error: Exception) -> str:
    """The error's code and the parameter at fault, where they are plain lower-case names."""
    words = [getattr(error, name, None) for name in ("code", "param")]
    named = [word for word in words if isinstance(word, str) and _WORD.fullmatch(word)]
    return f" ({', '.join(named)})" if named else ""


def read_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds, at least 0, that `retry-after-ms` or `Retry-After` (seconds, or an HTTP date) asks to wait.

    Example:
        >>> read_retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, now=45.0)
        15.0
    """
    millis = headers.get("retry-after-ms") or ""
    if _SECONDS.fullmatch(millis):
        return float(millis) / 1000
    text = (headers.get("retry-after") or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    if not text or len(text) > 80:
        return None
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
