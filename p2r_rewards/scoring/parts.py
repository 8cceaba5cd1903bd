"""Parts: one chunk of the input scored, on disk, complete or absent; so work can be shared out and taken up again."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from p2r_rewards.graders.registry import Mode
from p2r_rewards.rollouts.batch import Batch
from p2r_rewards.rollouts.chunks import Chunk, read_chunk, split_source
from p2r_rewards.rollouts.columns import NUMBER_COLUMNS, CollisionError
from p2r_rewards.rollouts.dataset_index import DatasetIndex
from p2r_rewards.rollouts.fields import FieldFinder
from p2r_rewards.rollouts.json_lines import RAW_CHARS
from p2r_rewards.rollouts.json_text import dump_json
from p2r_rewards.rollouts.rollout import RolloutReader
from p2r_rewards.rollouts.source import Source
from p2r_rewards.rollouts.token_counts import TokenCounter
from p2r_rewards.rollouts.verdict_store import VerdictStore
from p2r_rewards.rollouts.writing import OutputFormat
from p2r_rewards.scoring.compare import Comparison
from p2r_rewards.scoring.group_names import GroupNames
from p2r_rewards.scoring.job import ScoringJob
from p2r_rewards.scoring.record import pack_row
from p2r_rewards.scoring.rows import ScoredRows, score_rows
from p2r_rewards.scoring.tally import Tally

MAX_TYPES = 500
OTHER_TYPES = "(other types)"

_OBJECTS = 50_000


class PartKey(NamedTuple):
    """Which chunk of which file."""

    source: int
    chunk: int

    @property
    def name(self) -> str:
        """How the part's files begin."""
        return f"{self.source:05d}-{self.chunk:07d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What every worker knows.

    Attributes:
        job: What is scored and how.
        folder: Where parts are put.
        format: How rows are put aside and written; None where they are not.
        dataset: The index of the data set that is joined; None where none is.
        health_every: Of so many rows one is looked at closely for health.
    """

    job: ScoringJob
    folder: Path
    format: OutputFormat | None
    dataset: Path | None = None
    health_every: int = 1


class ChunkTask(NamedTuple):
    """A chunk to be scored; without one, all chunks of the source, which the worker then cuts itself."""

    plan: Plan
    source: Source
    key: PartKey
    chunk: Chunk | None


class PartInfo(NamedTuple):
    """What is known of a part beside its rows.

    Attributes:
        rows: How many rows were scored.
        lines: How many lines the chunk holds.
        ranks: How many rows, unreadable ones too.
        rejects: How many of them could not be read.
        types: The names of problem types by code.
        served: The columns that served each field.
        tally: Counts over its rows.
        notes: What is odd about rows that were scored, and how many.
        comparison: Grades beside others', where that was asked for.
        spool: What the writer needs to know of the rows put aside.
    """

    rows: int
    lines: int
    ranks: int
    rejects: int
    types: list[str]
    served: dict[str, list[str]]
    tally: Tally
    notes: dict[str, int]
    comparison: Comparison | None
    spool: Any


class PartFiles:
    """The files of one part.

    Args:
        folder: Where they lie.
        key: Which part.
    """

    def __init__(self, folder: Path, key: PartKey) -> None:
        self.info = folder / f"{key.name}.json"
        self.records = folder / f"{key.name}.records"
        self.rejects = folder / f"{key.name}.rejects"
        self.groups = folder / f"{key.name}.groups"
        self.rows = folder / f"{key.name}.rows"
        self.numbers = folder / f"{key.name}.numbers"
        self.rendered = folder / f"{key.name}.rendered"

    def is_complete(self) -> bool:
        """Whether the part was scored to its end."""
        return self.info.exists()

    def read_info(self) -> PartInfo:
        """What is known of the part."""
        stored = orjson.loads(self.info.read_bytes())
        comparison = stored["comparison"] and Comparison.from_mapping(stored["comparison"])
        return PartInfo(**{**stored, "tally": Tally.from_mapping(stored["tally"]), "comparison": comparison})

    def write_info(self, info: PartInfo) -> None:
        """Completes the part."""
        comparison = info.comparison and info.comparison.to_mapping()
        text = dump_json({**info._asdict(), "tally": info.tally.to_mapping(), "comparison": comparison})[0]
        temporary = self.info.with_suffix(".tmp")
        temporary.write_bytes(text)
        temporary.replace(self.info)


def score_task(task: ChunkTask) -> list[PartKey]:
    """Scores what a task names, but for parts that are there already; returns the keys of its parts, in order."""
    plan, source, first = task.plan, task.source, task.key
    max_line = plan.job.max_line
    chunks = split_source(source, max_line=max_line) if task.chunk is None else iter([task.chunk])
    keys: list[PartKey] = []
    for number, chunk in enumerate(chunks, first.chunk):
        key = PartKey(first.source, number)
        files = PartFiles(plan.folder, key)
        if not files.is_complete():
            try:
                with _seldom_collecting():
                    _score_chunk(plan, source, chunk, files)
            except CollisionError as error:
                before = sum(PartFiles(plan.folder, one).read_info().lines for one in keys)
                raise error.moved(before) from error
        keys.append(key)
    return keys


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Lets many objects come before the collector looks for cycles: rows have none, and it costs 1/15 of the time."""
    before = gc.get_threshold()
    gc.set_threshold(before[0] and max(before[0], _OBJECTS), *before[1:])  # 0 is never
    try:
        yield
    finally:
        gc.set_threshold(*before)


def render_task(task: tuple[Plan, PartKey]) -> PartKey:
    """Renders the rows of a part with their numbers, as the output's format wants them."""
    plan, key = task
    files = PartFiles(plan.folder, key)
    assert plan.format is not None  # only parts with rows are rendered
    plan.format.render(files.rows, read_numbers(files), files.rendered)
    return key


def read_numbers(files: PartFiles) -> dict[str, Any]:
    """The number columns of a part, each of shape (n,)."""
    import numpy as np

    numbers = np.fromfile(files.numbers, np.float64).reshape(len(NUMBER_COLUMNS), -1)
    return dict(zip(NUMBER_COLUMNS, numbers, strict=True))


def _score_chunk(plan: Plan, source: Source, chunk: Chunk, files: PartFiles) -> None:
    job = plan.job
    finder = FieldFinder(job.fields)
    reader = RolloutReader(
        finder, _open_index(plan.dataset, *_state(plan.dataset)) if plan.dataset is not None else None
    )
    counter = _load_counter(job.tokenizer) if job.tokenizer is not None else None
    verdicts = _open_verdicts(job.verdicts, *_state(job.verdicts)) if job.verdicts is not None else None
    compare: Mode | Literal["recorded"] | None = job.compared_mode
    if compare is None and job.compare is not None:
        compare = "recorded"
    comparison = Comparison() if compare is not None else None
    spool = plan.format.open_spool(files.rows) if plan.format is not None else None
    all_columns = plan.format is not None and not plan.format.takes_tables
    tally, types, notes = Tally(), dict[str, int](), Counter[str]()
    rows = rejects = lines = ranks = 0
    with ExitStack() as stack:
        records = stack.enter_context(files.records.open("wb"))
        reject_lines = stack.enter_context(files.rejects.open("wb"))
        groups = GroupNames(files.groups, stack, keep_all=job.group_size is not None) if job.prompts else None
        for batch in read_chunk(source, chunk, list if all_columns else finder.select, max_line=job.max_line):
            scored = score_rows(
                batch.rows,
                reader,
                job.config,
                count_tokens=counter.count if counter else None,
                verdicts=verdicts,
                compare=compare,
                group_by_data=job.group_size is None,
                health_every=plan.health_every,
            )
            batch.rejects += [batch.reject(index, reason, _raw_text(batch, index)) for index, reason in scored.rejects]
            batch.rejects.sort(key=lambda reject: reject.line)
            records.write(_pack(batch, scored, types))
            for reject in batch.rejects:
                reject_lines.write(dump_json(reject[1:])[0] + b"\n")
            if spool is not None and scored.rows:
                spool.add(batch, scored.kept, scored.texts)
            if groups is not None:
                groups.add(batch, scored)
            if comparison is not None:
                for one in scored.compared:
                    line = batch.places[one.position].line
                    kind, gold = one.problem.type, one.problem.gold
                    comparison.add(kind, one.ours, one.theirs, batch.source, line, one.answer, gold)
            tally.add(batch, scored)
            notes.update(scored.notes)
            rows += len(scored.rows)
            rejects += len(batch.rejects)
            lines, ranks = batch.lines, batch.ranks
    if not rejects:
        files.rejects.unlink()
    told = spool.close() if spool is not None else None
    info = PartInfo(rows, lines, ranks, rejects, list(types), finder.served, tally, dict(notes), comparison, told)
    files.write_info(info)


def _pack(batch: Batch, scored: ScoredRows, types: dict[str, int]) -> bytes:
    packed = []
    for row in scored.rows:
        name = row.type if row.type in types or len(types) < MAX_TYPES else OTHER_TYPES
        packed.append(pack_row(row, batch.places[row.position].rank, types.setdefault(name, len(types))))
    return b"".join(packed)


def _raw_text(batch: Batch, index: int) -> str:
    text = (batch.raw[index] if batch.raw else None) or dump_json(batch.rows[index])[0]
    return text[:RAW_CHARS].decode("utf-8", "backslashreplace")


@lru_cache(maxsize=1)
def _load_counter(path: Path) -> TokenCounter:
    return TokenCounter(path)


@lru_cache(maxsize=1)
def _open_index(path: Path, *_state: int) -> DatasetIndex:
    return DatasetIndex(path)


@lru_cache(maxsize=1)
def _open_verdicts(path: Path, *_state: int) -> VerdictStore:
    return VerdictStore(path)


def _state(path: Path) -> tuple[int, int]:
    """What tells a file from one of the same name in a later run of this process."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns
