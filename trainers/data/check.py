"""`check_data`: everything that training would read, read before a GPU is rented, and a report whose counts add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from p2r_rewards.errors import DataError, MissingExtraError
from p2r_rewards.parsing import parse_completion
from p2r_rewards.rollouts.dataset_records import read_records
from p2r_rewards.rollouts.reading import find_sources
from p2r_rewards.scoring.engines import count_cores, open_workers
from p2r_rewards.trainers.data.clips import look_at_clip, look_at_image
from p2r_rewards.trainers.data.media_root import MediaError, MediaRoot
from p2r_rewards.trainers.data.seen import SeenMedium, SeenRow
from p2r_rewards.trainers.data.tally import DataCheck, Tally
from p2r_rewards.trainers.data.training_rows import TEMPLATE, RowFault, Stage, TrainingRow, TrainingRowReader

_ROWS = 256
_MEDIA = 16
_SPLIT_BYTES = 1 << 62  # `open_workers` takes several processes, whatever the input

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class _RowTask:
    stage: Stage
    template: str
    tokenizer: str | None
    records: tuple[tuple[Any, str, int], ...]


@dataclass(frozen=True, slots=True)
class _MediaTask:
    root: str
    media: tuple[tuple[str, str], ...]


def check_data(
    inputs: Sequence[str],
    media_root: str | Path | None,
    *,
    stage: Stage = "rl",
    template: str = TEMPLATE,
    tokenizer: str | None = None,
    workers: int | None = None,
) -> DataCheck:
    """What is right and wrong with data sets: each record counts once, as usable or by its first fault.

    Args:
        inputs: Files and folders of records.
        media_root: What their paths are relative to; None: media are not looked at.
        stage: "sft" needs a trace in each record, "rl" none.
        template: The prompt.
        tokenizer: A folder or name of a tokenizer, with which prompts are measured.
        workers: How many processes; None: one a core.

    Raises:
        DataError: An input is missing, cut off, or holds no data set.
        ConfigError: The root, the stage or the template is wrong.
    """
    reader = TrainingRowReader(stage, template)
    if media_root is not None:
        MediaRoot(media_root)
    if tokenizer is not None:
        _tokenizer(tokenizer)
    tally = Tally(media_checked=media_root is not None)
    count = workers if workers is not None else count_cores()
    with open_workers("local", count, _SPLIT_BYTES) as pool:
        tasks = (_RowTask(stage, template, tokenizer, records) for records in _batched(_records(inputs, reader), _ROWS))
        for rows in pool.map(_see_rows, tasks):
            tally.add_rows(rows)
        if media_root is not None:
            looks = (_MediaTask(str(media_root), media) for media in _batched(tally.media, _MEDIA))
            media = iter(list(tally.media))
            for seen in pool.map(_see_media, looks):
                for one in seen:
                    tally.add_medium(next(media), one)
    return tally.finish()


def _records(inputs: Sequence[str], reader: TrainingRowReader) -> Iterator[tuple[Any, str, int]]:
    for source in find_sources(inputs).files:
        for line, record in read_records(source, reader.select):
            yield record, source.name, line


def _batched(items: Iterable[_Item], size: int) -> Iterator[tuple[_Item, ...]]:
    rest = iter(items)
    while batch := tuple(islice(rest, size)):
        yield batch


@lru_cache(maxsize=4)
def _reader(stage: Stage, template: str) -> TrainingRowReader:
    return TrainingRowReader(stage, template)


@lru_cache(maxsize=1)
def _tokenizer(name: str) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        package = "transformers"
        raise MissingExtraError(package, "trl") from error
    try:
        return AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        message = f"tokenizer {name!r:.200} can't be loaded: {error}"
        raise DataError(message) from error


def _see_rows(task: _RowTask) -> list[SeenRow]:
    reader = _reader(task.stage, task.template)
    tokenizer = None if task.tokenizer is None else _tokenizer(task.tokenizer)
    return [_see_row(reader.read(*record), tokenizer) for record in task.records]


def _see_row(row: TrainingRow | RowFault, tokenizer: Any) -> SeenRow:
    if isinstance(row, RowFault):
        return SeenRow(row.place, row.type, row.data_type, row)
    problem = row.problem
    told = repr((problem.question, problem.options, problem.gold, row.paths)).encode("utf-8", "surrogatepass")
    observed = None
    if row.completion is not None:
        parsed = parse_completion(row.completion).observation
        observed = parsed is not None and bool(parsed.text.strip())
    return SeenRow(
        row.place,
        str(problem.type),
        problem.data_type,
        None,
        tuple((path, problem.data_type) for path in row.paths),
        blake2b(told, digest_size=12).digest(),
        None if tokenizer is None else len(tokenizer(row.text)["input_ids"]),
        observed,
    )


def _see_media(task: _MediaTask) -> list[SeenMedium]:
    root = MediaRoot(task.root)
    return [see_medium(root, path, data_type) for path, data_type in task.media]


def see_medium(root: MediaRoot, path: str, data_type: str) -> SeenMedium:
    """What is wrong with a medium, or what it holds."""
    try:
        real = root.find(path, data_type)
        if data_type == "video":
            return SeenMedium(None, clip=look_at_clip(real))
        look_at_image(real)
    except MediaError as error:
        return SeenMedium(error.kind, str(error))
    return SeenMedium(None)
