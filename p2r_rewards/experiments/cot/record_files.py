"""Files of records as their name says: JSON Lines or a JSON list, packed with gzip or not, whole or in parts."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from contextlib import ExitStack
from glob import escape
from pathlib import Path
from typing import Any, BinaryIO, cast

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.cot.rows import Shard
from p2r_rewards.rollouts.json_text import dump_json
from p2r_rewards.rollouts.output_file import OutputFile, remove_abandoned

SUFFIXES = (".jsonl", ".jsonl.gz", ".json", ".json.gz")


def split_name(path: Path) -> tuple[str, str]:
    """The name without its suffix, and the suffix, one of `SUFFIXES`.

    Raises:
        ConfigError: It has none of them.

    Example:
        >>> split_name(Path("out/cot.json.gz"))
        ('cot', '.json.gz')
    """
    for suffix in SUFFIXES:
        stem = path.name.removesuffix(suffix)
        if stem and stem != path.name:
            return stem, suffix
    message = f"{path}: the name of an output ends in {', '.join(SUFFIXES)}"
    raise ConfigError(message)


def shard_path(path: Path, shard: Shard) -> Path:
    """The output of one of several shards.

    Example:
        >>> shard_path(Path("cot.json.gz"), Shard(2, 8)).name
        'cot-00002-of-00008.json.gz'
    """
    if shard.count == 1:
        return path
    stem, suffix = split_name(path)
    return path.with_name(f"{stem}-{shard.index:05d}-of-{shard.count:05d}{suffix}")


class RecordFiles:
    """Writes records to one file, or to parts `NAME-part-00001`, … of so many records each.

    A file appears whole or not at all, and its bytes depend on nothing but the records.

    Args:
        path: The name, which says the format.
        stack: Discards what was not committed when it unwinds.
        part_records: Records of a part; None: one file.

    Raises:
        ConfigError: The name has no suffix of a known format.
        DataError: Nothing can be written there.
    """

    def __init__(self, path: Path, stack: ExitStack, part_records: int | None = None) -> None:
        self.paths: list[Path] = []
        self._path = path
        self._stem, self._suffix = split_name(path)
        self._stack = stack
        self._part_records = part_records
        self._is_list = ".jsonl" not in self._suffix
        self._count = 0
        self._files: list[OutputFile] = []
        self._stream: BinaryIO | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open()

    def write(self, record: Mapping[str, Any]) -> None:
        """Writes a record."""
        if self._part_records is not None and self._count == self._part_records:
            self._end()
            self._open()
        assert self._stream is not None
        between = (b",\n" if self._count else b"\n") if self._is_list else b""
        self._stream.write(between + dump_json(dict(record))[0] + (b"" if self._is_list else b"\n"))
        self._count += 1

    def commit(self) -> None:
        """Gives the files their names."""
        self._end()
        for file in self._files:
            file.commit()

    def left_over(self) -> list[Path]:
        """Parts behind the last one, which a run before has left: they are none of these records."""
        if self._part_records is None:
            return []
        found = self._path.parent.glob(f"{escape(self._stem)}-part-[0-9][0-9][0-9][0-9][0-9]{self._suffix}")
        return sorted(path for path in found if path.name > self.paths[-1].name)

    def _open(self) -> None:
        path = self._path
        if self._part_records is not None:
            path = path.with_name(f"{self._stem}-part-{len(self.paths) + 1:05d}{self._suffix}")
        remove_abandoned(path)
        file = OutputFile(path, self._stack)
        self.paths.append(path)
        self._files.append(file)
        self._stream = file.stream
        if self._suffix.endswith(".gz"):
            # Without name and time, so that the same records make the same bytes.
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=file.stream, mtime=0, compresslevel=6)
            self._stream = cast(BinaryIO, packed)
        if self._is_list:
            self._stream.write(b"[")
        self._count = 0

    def _end(self) -> None:
        if self._stream is None:
            return
        if self._is_list:
            self._stream.write(b"\n]\n")
        if self._stream is not self._files[-1].stream:
            self._stream.close()
        self._files[-1].stream.flush()
        self._stream = None
