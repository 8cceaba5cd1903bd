"""Runs named on a command line, as `NAME=FOLDER`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from p2r_rewards.errors import ConfigError, DataError

MAX_NAME = 80


class NamedRun(NamedTuple):
    """A run with its name in tables."""

    name: str
    path: str


def read_named(texts: Iterable[str]) -> list[NamedRun]:
    """The names and paths; without a name, a path is called by its last part.

    Raises:
        ConfigError: One is empty, or two have the same name.
        DataError: Nothing lies there.

    Example:
        >>> read_named(["full=docs"])
        [NamedRun(name='full', path='docs')]
    """
    found: list[NamedRun] = []
    for text in texts:
        name, equals, path = text.partition("=")
        if not equals or Path(text).exists():
            name, path = Path(text).resolve().name, text
        if not name.strip() or not path:
            message = f"{text!r:.200}: write NAME=PATH"
            raise ConfigError(message)
        if not Path(path).exists():
            message = f"{path}: is not there"
            raise DataError(message)
        name = " ".join(name.split())[:MAX_NAME]
        if any(name == one.name for one in found):
            message = f"{name!r:.100} is given twice; name each run once, as NAME=PATH"
            raise ConfigError(message)
        found.append(NamedRun(name, path))
    return found
