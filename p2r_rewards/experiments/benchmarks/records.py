"""The rows of a benchmark's files, and their fields, with errors that say where they stand."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.dataset_records import read_records
from p2r_rewards.rollouts.json_text import parse_json
from p2r_rewards.rollouts.option_lists import Options, read_options
from p2r_rewards.rollouts.reading import identify

MAX_JSON = 1 << 28
"""The largest file that is read as one JSON object, in bytes."""

_POINTER = b"version https://git-lfs.github.com/spec/"
_PAIR = re.compile(r"""\s*+(['"])([A-Z]{1,2})\1\s*+:\s*+(?:'((?:[^'\\]|\\.)*+)'|"((?:[^"\\]|\\.)*+)")\s*+(?:,|\Z)""")
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Record(NamedTuple):
    """A row, and where it stands.

    Attributes:
        values: Its fields.
        place: File and row, for messages.
    """

    values: Mapping[str, Any]
    place: str

    def text(self, name: str) -> str:
        """A field's text, without white space around it.

        Raises:
            DataError: It is missing or empty.
        """
        value = self.optional(name)
        if value is None:
            message = f"{self.place}: field {name!r} is missing; it has {', '.join(map(str, self.values))[:200]}"
            raise DataError(message)
        return value

    def optional(self, name: str) -> str | None:
        """A field's text; None where it is missing or empty."""
        value = self.values.get(name)
        if value is None or isinstance(value, list | dict) or (isinstance(value, float) and math.isnan(value)):
            return None
        return str(value).strip() or None

    def options(self, name: str) -> Options:
        """A field's options: a list, or a mapping from letter to text.

        Raises:
            DataError: It holds none of these.
        """
        value = self.values.get(name)
        if isinstance(value, str) and value.lstrip().startswith("{'") and (pairs := _read_pairs(value)) is not None:
            return pairs
        try:
            return read_options(value)
        except DataError as error:
            message = f"{self.place}: field {name!r}: {error}"
            raise DataError(message) from error

    def number(self, name: str) -> float | None:
        """A field's number; None where it is missing.

        Raises:
            DataError: It is none, or not finite.
        """
        value = self.optional(name)
        if value is None:
            return None
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            message = f"{self.place}: field {name!r} is {value!r:.60}, which is no number"
            raise DataError(message)
        return number

    def flag(self, name: str) -> bool:
        """A field's truth.

        Raises:
            DataError: It is neither true nor false.
        """
        value = self.text(name)
        if value.lower() not in _BOOLEANS:
            message = f"{self.place}: field {name!r} is {value!r:.60}, neither true nor false"
            raise DataError(message)
        return _BOOLEANS[value.lower()]


def read_rows(path: Path) -> Iterator[Record]:
    """The rows of a Parquet file, of JSON Lines, of a JSON list, or of a table with tabs (`.tsv`).

    Raises:
        DataError: It is missing, cut off, a git-lfs pointer, or a row of it can't be read.
    """
    refuse_pointer(path)
    if path.suffix.lower() == ".tsv":
        yield from _read_tsv(path)
        return
    for number, row in read_records(identify(path, str(path)), lambda names: [n for n in names if n != "image"]):
        if isinstance(row, DataError):
            message = f"{path}: row {number}: {row}"
            raise DataError(message)
        yield Record(row, f"{path}: row {number}")


def read_json(path: Path) -> Any:
    """What one JSON file holds.

    Raises:
        DataError: It is missing, cut off, too large, or a git-lfs pointer.
    """
    refuse_pointer(path)
    try:
        size = path.stat().st_size
        text = path.read_bytes() if size <= MAX_JSON else b""
    except OSError as error:
        message = f"{path}: can't be read: {error.strerror or error}"
        raise DataError(message) from error
    if size > MAX_JSON:
        message = f"{path}: is larger than {MAX_JSON:,} bytes; is it a benchmark's list of questions?"
        raise DataError(message)
    try:
        return parse_json(text.removeprefix(b"\xef\xbb\xbf")).value
    except DataError as error:
        message = f"{path}: {error}; if its download broke off, get it again"
        raise DataError(message) from error


def json_members(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """The names and values of a JSON object.

    Raises:
        DataError: It is none.
    """
    if not isinstance(value, dict):
        message = f"{place}: is {type(value).__name__}, not an object"
        raise DataError(message)
    for name, member in value.items():
        yield str(name), member


def json_rows(value: Any, place: str) -> Iterator[Record]:
    """The objects of a JSON list, or of an object whose values they are.

    Raises:
        DataError: It is neither, or one of them is no object.
    """
    items = value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list) else None
    if items is None:
        message = f"{place}: is {type(value).__name__}, not a list of questions"
        raise DataError(message)
    for number, row in items:
        where = f"{place}: row {number}"
        if not isinstance(row, dict):
            message = f"{where}: is {type(row).__name__}, not an object"
            raise DataError(message)
        yield Record(row, where)


def is_pointer(path: Path) -> bool:
    """Whether a git-lfs pointer stands there instead of the file itself."""
    try:
        if not path.is_file():  # a pipe would wait for a writer
            return False
        with path.open("rb") as file:
            return file.read(len(_POINTER)) == _POINTER
    except OSError:
        return False


def refuse_pointer(path: Path) -> None:
    """Refuses a git-lfs pointer.

    Raises:
        DataError: It is one; the message says how to get the file.
    """
    if is_pointer(path):
        message = f"{path}: is a git-lfs pointer, not the file itself; run: git lfs pull"
        raise DataError(message)


def _read_tsv(path: Path) -> Iterator[Record]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.DictReader(file, delimiter="\t", strict=True), 2):
                if None in row or None in row.values():
                    message = f"{path}: line {number}: has not as many fields as the head"
                    raise DataError(message)
                yield Record(row, f"{path}: line {number}")
    except (csv.Error, UnicodeDecodeError, OSError) as error:
        message = f"{path}: can't be read as a table: {error}"
        raise DataError(message) from error


def _read_pairs(text: str) -> dict[str, str] | None:
    """A mapping from letters to texts as Python prints it, read without evaluating anything."""
    inner = text.strip().removeprefix("{").removesuffix("}")
    found: dict[str, str] = {}
    position = 0
    while position < len(inner.rstrip()):
        match = _PAIR.match(inner, position)
        if match is None:
            return None
        value = match[3] if match[3] is not None else match[4]
        found[match[2]] = value.replace("\\n", "\n").replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\")
        position = match.end()
    return found
