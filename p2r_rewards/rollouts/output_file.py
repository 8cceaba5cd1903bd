"""Files that appear whole or not at all: written under a temporary name beside, then renamed."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from p2r_rewards.errors import DataError


def remove_abandoned(path: Path) -> None:
    """Removes what runs that were killed have left of a file; the caller knows that no other run is writing it."""
    prefix = _temporary_prefix(path.resolve())
    with suppress(OSError):
        for one in path.resolve().parent.iterdir():
            if one.name.startswith(prefix) and one.suffix == ".tmp":
                one.unlink(missing_ok=True)


def _temporary_prefix(path: Path) -> str:
    # Long names must stay within 255 bytes, and those that begin alike apart.
    mark = blake2b(os.fsencode(path.name), digest_size=8).hexdigest()
    return f".{path.name[:40]}.{mark}."


class OutputFile:
    """A file to be written.

    Args:
        path: Its final name; of a symbolic link, the file that it points to is replaced.
        stack: Discards the file when it unwinds, even if that is while the file is being opened.

    Raises:
        DataError: The name stands for something else than a file, or nothing can be written there.
    """

    def __init__(self, path: Path, stack: ExitStack | None = None) -> None:
        self.path = path.resolve()
        self.temporary = self.path.with_name(f"{_temporary_prefix(self.path)}{os.getpid()}.tmp")
        if stack is not None:
            stack.callback(self.discard)
        try:
            with suppress(FileNotFoundError):
                self.path.lstat()  # fails where the name is too long
            if self.path.exists() and not self.path.is_file():
                message = f"{path}: is not a regular file; choose another output"
                raise DataError(message)
            self.stream: BinaryIO = self.temporary.open("wb", buffering=1 << 20)
        except OSError as error:
            message = f"{path}: can't be written: {error.strerror or error}"
            raise DataError(message) from error

    def commit(self) -> None:
        """Gives the file its name."""
        try:
            self.stream.close()
            self.temporary.replace(self.path)
        except OSError as error:
            message = f"{self.path}: can't be written: {error.strerror or error}"
            raise DataError(message) from error

    def discard(self) -> None:
        """Leaves nothing behind; after `commit` it does nothing."""
        with suppress(OSError, AttributeError):  # it may not have been opened yet
            self.stream.close()
        with suppress(OSError):
            self.temporary.unlink(missing_ok=True)
