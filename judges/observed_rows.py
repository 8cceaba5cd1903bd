"""Rows of rollouts, or of items with an observation of their own, as judges see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from p2r_rewards.completion import Completion
from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.judges.items import judge_item
from p2r_rewards.judges.verdict import JudgeItem
from p2r_rewards.parsing import parse_completion
from p2r_rewards.problem import Problem
from p2r_rewards.rollouts.batch import Batch, Reject, Row
from p2r_rewards.rollouts.fields import FieldFinder, first_value
from p2r_rewards.rollouts.json_lines import RAW_CHARS
from p2r_rewards.rollouts.json_text import dump_json
from p2r_rewards.rollouts.reading import find_sources, read_batches
from p2r_rewards.rollouts.rollout import RolloutReader

OBSERVATION = "observation"
"""The column that holds the observation where a row holds no completion."""


class ObservedRow(NamedTuple):
    """A row, and what a judge is asked about it.

    Attributes:
        row: The row as read.
        place: Its file and line.
        problem: Its problem.
        fault: What is wrong with the problem's data; None is nothing.
        observation: What the model says that it sees; None: it says nothing.
        completion: The whole completion, where the row holds one.
        item: What a judge is asked; None where there is no observation or the data are at fault.
    """

    row: Row
    place: str
    problem: Problem
    fault: str | None
    observation: str | None
    completion: Completion | None
    item: JudgeItem | None


class ObservedRows(NamedTuple):
    """A batch of rows with the rows among them that could not be read."""

    rows: list[ObservedRow]
    rejects: list[Reject]


def read_observed(
    inputs: Sequence[str],
    *,
    mapping: Mapping[str, str] | None = None,
    standard_input: Path | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> Iterator[ObservedRows]:
    """The rows of files of rollouts, in batches.

    Args:
        inputs: Files, folders, or "-".
        mapping: Fields whose column the user names.
        standard_input: Where the bytes of "-" were put.
        progress: Called with the number of rows so far.

    Raises:
        DataError: An input can't be read.
        ConfigError: There is no such field, or no row has a column that was named.
    """
    finder = FieldFinder(dict(mapping or {}))
    reader = RolloutReader(finder)
    rows = 0
    for source in find_sources(inputs, standard_input=standard_input).files:
        for batch in read_batches(source, list):
            yield _observe(batch, reader)
            rows += len(batch.rows)
            progress(rows)
    for name, column in finder.unmatched().items():
        message = f"no row has the column {column!r} that is to serve as {name}"
        raise ConfigError(message)


def _observe(batch: Batch, reader: RolloutReader) -> ObservedRows:
    observed, rejects = [], list(batch.rejects)
    for row, place in zip(batch.rows, batch.places, strict=True):
        try:
            observed.append(_observe_row(row, f"{batch.source}:{place.line}", reader))
        except DataError as error:
            text = dump_json(row)[0][:RAW_CHARS].decode("utf-8", "backslashreplace")
            rejects.append(Reject(batch.source, place.line, str(error), text))
    return ObservedRows(observed, rejects)


def _observe_row(row: Row, place: str, reader: RolloutReader) -> ObservedRow:
    alone = _observation_alone(row, reader)
    # Read as a rollout whose completion is empty: all else in the row has the same names.
    rollout = reader.read(row if alone is None else {**row, "completion": ""})
    known = rollout.known
    done = parse_completion(rollout.text) if alone is None else None
    observation = alone
    if done is not None and done.observation is not None:
        observation = done.observation.text
    usable = observation is not None and known.fault is None
    item = judge_item(known.problem, observation) if usable and observation is not None else None
    return ObservedRow(row, place, known.problem, known.fault, observation, done, item)


def _observation_alone(row: Row, reader: RolloutReader) -> str | None:
    """The observation of a row that holds no completion."""
    value: Any = row.get(OBSERVATION)
    if not isinstance(value, str) or first_value(row, reader.finder.find(row).completion) is not None:
        return None
    return value
