"""`build_dataset`: rows of training as a `datasets.Dataset` on disk, written as a stream, with bad rows left out."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from p2r_rewards.errors import DataError, MissingExtraError
from p2r_rewards.rollouts.reading import find_sources
from p2r_rewards.trainers.data.check import see_medium
from p2r_rewards.trainers.data.media_root import MediaError, MediaRoot
from p2r_rewards.trainers.data.training_rows import (
    TEMPLATE,
    RowFault,
    Stage,
    TrainingRow,
    TrainingRowReader,
    read_training_rows,
)

MediaCheck = Literal["decode", "exist"]
BadRows = Literal["skip", "fail"]

_BATCH = 512
_PART = pa.struct([(name, pa.string()) for name in ("type", "text", "video", "image")])
_PROMPT = ("prompt", pa.list_(pa.struct([("role", pa.string()), ("content", pa.list_(_PART))])))
_COLUMNS = ("problem", "solution", "problem_type", "data_type", "path", "problem_id")
_SCHEMAS = {
    "sft": pa.schema([_PROMPT, ("completion", pa.string())]),
    "rl": pa.schema([_PROMPT, ("options", pa.list_(pa.string())), *((name, pa.string()) for name in _COLUMNS)]),
}


class BuiltRows(NamedTuple):
    """Rows ready for a trainer.

    Attributes:
        dataset: A `datasets.Dataset`.
        read: Records read.
        skipped: Of those, how many were left out, by fault.
    """

    dataset: Any
    read: int
    skipped: dict[str, int]


def build_dataset(
    inputs: Sequence[str],
    media_root: str | Path,
    folder: str | Path,
    *,
    stage: Stage,
    template: str = TEMPLATE,
    media_check: MediaCheck = "decode",
    bad_rows: BadRows = "skip",
    limit: int | None = None,
) -> BuiltRows:
    """The rows of files, kept in an Arrow file under `folder`; made anew where inputs or options have changed.

    Args:
        inputs: Files and folders of records.
        media_root: What their paths are relative to.
        folder: Where the rows are kept.
        stage: "sft": `prompt` and `completion`; "rl": `prompt` and the problem's columns.
        template: The prompt.
        media_check: "decode" looks into every file, "exist" only whether it is there.
        bad_rows: "skip" counts and leaves out records and media that can't be used, "fail" ends at the first.
        limit: Most rows.

    Raises:
        DataError: No row is left, or with "fail" one can't be used.
        ConfigError: The root, the stage or the template is wrong.
    """
    try:
        from datasets import Dataset  # type: ignore[import-untyped]
    except ImportError as error:
        package = "datasets"
        raise MissingExtraError(package, "trl") from error
    root, reader = MediaRoot(media_root), TrainingRowReader(stage, template)
    states = [_state(source.path) for source in find_sources(inputs).files]
    told = [states, os.path.realpath(root.folder), reader.template.identity, stage, media_check, bad_rows, limit]
    name = blake2b(json.dumps(told).encode(), digest_size=8).hexdigest()
    rows, counts = Path(folder, f"rows-{name}.arrow"), Path(folder, f"rows-{name}.json")
    if not counts.exists():
        Path(folder).mkdir(parents=True, exist_ok=True)
        found = _Rows(inputs, root, reader, media_check, bad_rows, limit)
        written = rows.with_suffix(f".{os.getpid()}")
        _write(found, written)
        written.replace(rows)
        counts.write_text(json.dumps({"read": found.read, "skipped": found.skipped}), encoding="utf-8")
    kept = json.loads(counts.read_text(encoding="utf-8"))
    dataset = Dataset.from_file(str(rows))
    if not len(dataset):
        faults = ", ".join(f"{kind} {count:,}" for kind, count in kept["skipped"].items()) or "limit 0"
        message = f"none of {kept['read']:,} rows can be trained on ({faults}); see p2r-train data --check"
        raise DataError(message)
    return BuiltRows(dataset, kept["read"], kept["skipped"])


class _Rows:
    """The rows that can be trained on, and what was left out on the way."""

    def __init__(
        self,
        inputs: Sequence[str],
        root: MediaRoot,
        reader: TrainingRowReader,
        media_check: MediaCheck,
        bad_rows: BadRows,
        limit: int | None,
    ) -> None:
        self.read = 0
        self.skipped: Counter[str] = Counter()
        self.stage = reader.stage
        self._given = (inputs, reader, limit)
        self._root, self._decodes, self._fails = root, media_check == "decode", bad_rows == "fail"
        self._known: dict[tuple[str, str], str | MediaError] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        inputs, reader, limit = self._given
        rows = 0
        for row in read_training_rows(inputs, reader):
            if limit is not None and rows >= limit:
                return
            self.read += 1
            if isinstance(row, RowFault):
                self._skip(row.kind, f"{row.place}: {row.reason}")
                continue
            try:
                media = [self._find(path, row.problem.data_type) for path in row.paths]
            except MediaError as error:
                self._skip(f"media: {error.kind}", f"{row.place}: {error}")
                continue
            rows += 1
            yield _columns(row, media)

    def _find(self, path: str, data_type: str) -> str:
        """The real path of a medium; each is looked at once."""
        key = (path, data_type)
        if key not in self._known:
            self._known[key] = self._look(path, data_type)
        known = self._known[key]
        if isinstance(known, MediaError):
            raise known
        return known

    def _look(self, path: str, data_type: str) -> str | MediaError:
        if self._decodes:
            seen = see_medium(self._root, path, data_type)
            if seen.fault is not None:
                return MediaError(seen.reason, seen.fault)
        try:
            return self._root.find(path, data_type)
        except MediaError as error:
            return error

    def _skip(self, kind: str, told: str) -> None:
        if self._fails:
            message = f"{told}; with bad_rows: skip such rows are counted and left out"
            raise DataError(message)
        self.skipped[kind] += 1


def _columns(row: TrainingRow, media: Sequence[str]) -> dict[str, Any]:
    columns = row.columns() if row.completion is None else {"completion": row.completion}
    return {"prompt": row.prompt(media), **columns}


def _write(rows: _Rows, path: Path) -> None:
    schema = _SCHEMAS[rows.stage]
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == _BATCH:
                writer.write_table(pa.Table.from_pylist(batch, schema))
                batch.clear()
        writer.write_table(pa.Table.from_pylist(batch, schema))


def _state(path: Path) -> tuple[str, int, int]:
    status = path.stat()
    return str(path), status.st_size, status.st_mtime_ns
