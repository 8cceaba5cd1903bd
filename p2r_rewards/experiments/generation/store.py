"""Generations on disk: what was generated once is not asked for again, in any run over the same folder."""

from __future__ import annotations

import dataclasses
import logging
import os
import secrets
import socket
from collections import OrderedDict
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.generation.tasks import Generation
from p2r_rewards.rollouts.json_text import dump_json, parse_json

_LOG = logging.getLogger(__name__)
_OPEN_FILES = 32
_FIELDS = tuple(field.name for field in dataclasses.fields(Generation))


class _Place(NamedTuple):
    file: int
    offset: int
    failed: bool


class GenerationStore:
    """Generations by identity, in a folder of JSON Lines.

    Each writer appends to a file of its own, one line a write: no lock is needed, also on the network disks that the
    machines of a cluster share, where SQLite is not safe. A kill leaves at most a torn last line, which is passed
    over; nobody appends to that file again. In memory is only where each generation stands.

    Args:
        folder: Where the files lie.
        make: Whether it is made where there is none.

    Raises:
        DataError: The folder can't be made or read.
    """

    def __init__(self, folder: str | Path, *, make: bool = True) -> None:
        self.folder = Path(folder)
        self._paths: list[Path] = []
        self._readers: OrderedDict[int, BinaryIO] = OrderedDict()
        self._places: dict[bytes, _Place] = {}
        self._own: BinaryIO | None = None
        self._own_number = -1
        try:
            if make:
                self.folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(self.folder.glob("generations-*.jsonl")):
                self._index(path)
        except OSError as error:
            message = f"{self.folder}: generations can't be kept there: {error.strerror or error}"
            raise DataError(message) from error

    def __len__(self) -> int:
        return sum(not place.failed for place in self._places.values())

    def get(self, identity: bytes, key: str) -> Generation | None:
        """The generation of what was asked, under the task's key; None where it was never tried."""
        place = self._places.get(identity)
        if place is None:
            return None
        file = self._reader(place.file)
        file.seek(place.offset)
        value = parse_json(file.readline()).value
        return Generation(**{**{name: value[name] for name in _FIELDS}, "key": key})

    def put(self, identity: bytes, generation: Generation) -> None:
        """Keeps a generation, or the reason why there is none; it is on its way to disk when this returns."""
        if self._own is None:
            name = f"generations-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}.jsonl"
            self._own_number = len(self._paths)
            self._paths.append(self.folder / name)
            # Unbuffered: one line is one write, which a kill of this process can't take back.
            self._own = open(self._paths[-1], "xb", buffering=0)  # noqa: SIM115
        line = dump_json({"identity": identity.hex(), **dataclasses.asdict(generation)})[0] + b"\n"
        offset = self._own.seek(0, os.SEEK_END)
        written = 0
        while written < len(line):
            written += self._own.write(line[written:])
        self._places[identity] = _Place(self._own_number, offset, generation.error is not None)

    def close(self) -> None:
        """Closes the files."""
        if self._own is not None:
            os.fsync(self._own.fileno())
            self._own.close()
        for file in self._readers.values():
            file.close()
        self._readers.clear()
        self._paths, self._places, self._own = [], {}, None

    def __enter__(self) -> GenerationStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _reader(self, number: int) -> BinaryIO:
        """The file of that number, open to be read; few are at once, however many runs there were."""
        file = self._readers.pop(number, None) or self._paths[number].open("rb")
        self._readers[number] = file
        if len(self._readers) > _OPEN_FILES:
            self._readers.popitem(last=False)[1].close()
        return file

    def _index(self, path: Path) -> None:
        number, offset, broken = len(self._paths), 0, 0
        self._paths.append(path)
        with path.open("rb") as file:
            for line in file:
                found = _read_line(line) if line.endswith(b"\n") else None
                if found is None:
                    broken += line.endswith(b"\n")  # else it is torn, or being written by another process
                else:
                    identity, failed = found
                    known = self._places.get(identity)
                    if known is None or known.failed:
                        self._places[identity] = _Place(number, offset, failed)
                offset += len(line)
        if broken:
            _LOG.warning("%s: %d lines can't be read; what stood there is asked for again", path, broken)


def _read_line(line: bytes) -> tuple[bytes, bool] | None:
    try:
        value = parse_json(line).value
        if isinstance(value, dict) and all(name in value for name in _FIELDS):
            return bytes.fromhex(value["identity"]), value["error"] is not None
    except (DataError, KeyError, TypeError, ValueError):
        pass
    return None
