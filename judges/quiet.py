"""Keeps what the vendors' libraries log of a request's content out of the log, for the judges' own requests only."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_VENDOR_LOGGERS = ("openai", "openai._base_client", "anthropic", "anthropic._base_client")

_hushed: ContextVar[bool] = ContextVar("p2r_judges_hushed", default=False)


class _Hush(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG or not _hushed.get()


_HUSH = _Hush()


@contextmanager
def hushed() -> Iterator[None]:
    """Drops, inside, the vendors' debug records: some of their versions write whole requests there."""
    for name in _VENDOR_LOGGERS:
        logging.getLogger(name).addFilter(_HUSH)  # adding it again does nothing
    token = _hushed.set(True)
    try:
        yield
    finally:
        _hushed.reset(token)
