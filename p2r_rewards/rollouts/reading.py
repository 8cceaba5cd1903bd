"""Inputs: which files there are, what each holds, and their batches."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.rollouts.batch import Batch
from p2r_rewards.rollouts.chunks import read_chunk, split_source
from p2r_rewards.rollouts.formats import NoDataError, identify_format
from p2r_rewards.rollouts.json_lines import MAX_LINE
from p2r_rewards.rollouts.source import Source
from p2r_rewards.rollouts.unpacking import find_compression, open_unpacked

STANDARD_INPUT = "-"
SIDECARS = (".rejects.jsonl", ".provenance.json")
"""Files that this library writes beside its outputs: not read from a folder."""

_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Sources:
    """The files to read, in order, and the files of folders that hold no rollouts."""

    files: tuple[Source, ...]
    passed_over: tuple[str, ...] = ()


def find_sources(inputs: Sequence[str], *, standard_input: Path | None = None) -> Sources:
    """The files that the inputs name; of a folder, all but those that are no data, by name.

    Args:
        inputs: Files, folders, or "-".
        standard_input: Where the bytes of "-" were put.

    Raises:
        DataError: An input is missing, empty, or in no known format.
        ConfigError: A file is given twice.
    """
    files: list[Source] = []
    passed_over: list[str] = []
    for name in inputs:
        if name == STANDARD_INPUT and standard_input is not None:
            files.append(identify(standard_input, "standard input"))
        elif Path(name).is_dir():
            found, others = _search_folder(Path(name))
            files += found
            passed_over += others
        else:
            files.append(identify(Path(name), name))
    _check_once(files)
    return Sources(tuple(files), tuple(passed_over))


def identify(path: Path, name: str) -> Source:
    """The file with its format.

    Raises:
        DataError: It can't be opened, is empty, or in no known format; a `NoDataError` if it is no data at all.
    """
    if path.exists() and not path.is_file():
        message = f"{name}: is a pipe or a device, which can be read but once; give - and put it on standard input"
        raise DataError(message)
    try:
        with path.open("rb") as file:
            magic = file.read(6)
        compression = find_compression(magic)
        with open_unpacked(path, name, compression) as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        message = f"{name}: can't be read: {error.strerror or error}"
        raise DataError(message) from error
    found = identify_format(head, name, packed=compression is not None, whole=len(head) < _HEAD)
    return Source(path.absolute(), name, found, compression)  # workers may stand in another folder


def read_batches(
    source: Source, select: Callable[[Sequence[str]], Sequence[str]] = list, *, max_line: int = MAX_LINE
) -> Iterator[Batch]:
    """The batches of one file, with the places of its rows.

    Args:
        source: The file.
        select: Of a Parquet file's columns, those that the rows shall hold.
        max_line: The longest line, or element of a list, that is read.

    Raises:
        DataError: The file is cut off, or not what it seemed to be.
    """
    line = rank = 0
    for chunk in split_source(source, max_line=max_line):
        first_line, first_rank = line, rank
        for batch in read_chunk(source, chunk, select, max_line=max_line):
            line, rank = first_line + batch.lines, first_rank + batch.ranks
            yield batch.moved(first_line, first_rank)


def copy_standard_input(stream: BinaryIO, path: Path) -> None:
    """Puts a stream's bytes into a file, so that it can be looked at twice.

    Raises:
        DataError: They can't be read or written.
    """
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
    except OSError as error:
        reason = error.strerror or error
        message = f"standard input can't be put into {path.parent}: {reason}; TMPDIR=FOLDER names another place"
        raise DataError(message) from error


def _check_once(files: Sequence[Source]) -> None:
    names: dict[Path, str] = {}
    for file in files:
        path = file.path.resolve()
        if path in names:
            also = f" (also as {names[path]})" if names[path] != file.name else ""
            message = f"{file.name}: is given twice{also}; its rows would count twice"
            raise ConfigError(message)
        names[path] = file.name


def _search_folder(folder: Path) -> tuple[list[Source], list[str]]:
    """The sources in a folder, and why the other files are none; a file of data that can't be read is an error."""
    found: list[Source] = []
    others: list[str] = []
    for path in sorted(_walk(folder)):
        try:
            found.append(identify(path, str(path)))
        except NoDataError as error:
            others.append(str(error))
    if not found:
        message = f"{folder}: holds no file of rollouts" + (f" ({others[0]})" if others else "")
        raise DataError(message)
    return found, others


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        message = f"{error.filename}: can't be read: {error.strerror or error}"
        raise DataError(message) from error

    for root, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(root, name)
            special = path.exists() and not path.is_file()
            if not (name.startswith(".") or name.endswith(SIDECARS) or special):
                yield path
