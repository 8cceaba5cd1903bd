"""The rows of the data that a step reads, each with its record as it stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.generation.tasks import GenerationTask, Media
from p2r_rewards.rollouts.dataset_records import read_records
from p2r_rewards.rollouts.reading import find_sources
from p2r_rewards.rollouts.source import Source
from p2r_rewards.trainers.data.training_rows import RowFault, TrainingRow, TrainingRowReader

GENERATION = "generation"
"""The column that holds how a trace was generated, between the steps."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several runs that share the rows of one input: each takes every n-th.

    Attributes:
        index: Which, from 1.
        count: Of how many.
    """

    index: int = 1
    count: int = 1

    def takes(self, number: int) -> bool:
        """Whether the row of this number, from 1, is its own."""
        return (number - 1) % self.count == self.index - 1


def read_shard(text: str) -> Shard:
    """The shard that a text such as "2/8" names.

    Raises:
        ConfigError: It is not of that form, or there is no such shard.

    Example:
        >>> read_shard("2/8")
        Shard(index=2, count=8)
    """
    match = re.fullmatch(r"([0-9]{1,5})/([0-9]{1,5})", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        message = f"a shard reads I/N, with I from 1 to N, not {text!r:.40}"
        raise ConfigError(message)
    return Shard(int(match[1]), int(match[2]))


class CotRow(NamedTuple):
    """A record, and what was read of it.

    Attributes:
        place: Where it stands in the data that the pipeline was given.
        record: As it stands there; empty where it could not be read.
        row: Its problem, prompt and media, or what is wrong with it.
    """

    place: str
    record: dict[str, Any]
    row: TrainingRow | RowFault

    @property
    def output(self) -> str | None:
        """Its trace, None where it has none."""
        output = self.record.get("output")
        return output if isinstance(output, str) else None


def read_cot_rows(
    inputs: Sequence[str], template: str, *, shard: Shard | None = None, limit: int | None = None
) -> Iterator[CotRow]:
    """The rows of files and folders, one at a time, in order.

    Args:
        inputs: Files and folders of records.
        template: The prompt, by name or file.
        shard: Which rows; None: all.
        limit: How many records are read at most.

    Raises:
        DataError: An input is missing, cut off, or holds no data set.
        ConfigError: The template is unknown, or has another field than the question.
    """
    reader, shard, number = TrainingRowReader("rl", template), shard or Shard(), 0
    for source in find_inputs(inputs):
        for line, record in read_records(source, list):
            number += 1
            if limit is not None and number > limit:
                return
            if shard.takes(number):
                yield _read(record, reader, source.name, line)


def find_inputs(inputs: Sequence[str]) -> tuple[Source, ...]:
    """The files that are read of files and folders.

    Raises:
        DataError: One is missing, or holds no data set.
    """
    return find_sources([name for name in inputs if not _is_empty_step(name)]).files


def _read(record: dict[str, Any] | DataError, reader: TrainingRowReader, file: str, line: int) -> CotRow:
    if isinstance(record, DataError):
        return CotRow(f"{file}:{line}", {}, reader.read(record, file, line))
    told = record.get(GENERATION)
    place = told.get("place") if isinstance(told, dict) else None
    return CotRow(str(place) if place else f"{file}:{line}", record, reader.read(record, file, line))


def _is_empty_step(name: str) -> bool:
    """Whether it is the output of a step that kept nothing: no rows, but no fault either."""
    path = Path(name)
    return path.suffix == ".jsonl" and path.is_file() and not path.stat().st_size


def make_task(row: TrainingRow) -> GenerationTask:
    """What a model is asked for a row: its media, then the prompt."""
    kind = row.problem.data_type
    media = tuple(Media("image" if kind == "image" else "video", Path(path)) for path in row.paths)
    return GenerationTask(row.place, row.text, media)
