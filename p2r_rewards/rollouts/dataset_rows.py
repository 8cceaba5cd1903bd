"""Rows of a data set as the join sees them, and how they are kept in an index."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from p2r_rewards.errors import DataError
from p2r_rewards.normalize import unwrap_answer
from p2r_rewards.rollouts.batch import Row
from p2r_rewards.rollouts.fields import Columns, FieldFinder, first_value
from p2r_rewards.rollouts.json_text import parse_json
from p2r_rewards.rollouts.media_paths import media_paths
from p2r_rewards.rollouts.option_lists import read_options
from p2r_rewards.rollouts.prompt_text import prompt_media, question_text, read_lines

NESTED = ("reward_model", "extra_info")
"""Columns of verl's data sets that hold others; what a row holds itself comes first."""

_NOTHING = ("", "None", "null", "nan")


class DatasetRow(NamedTuple):
    """A row of a data set.

    Attributes:
        file: Its file, as the user named it.
        line: Its line; in formats without lines, its number from 1.
        id: Its problem's id as text; None where it has none.
        questions: Its question, and the other texts that ask it (a prompt beside the question).
        options: Its options as they stand there.
        gold: The reference answer as it stands there.
        type: The problem type as it stands there.
        data_type: "video", "image" or "text" as it stands there.
        media: The paths of its media.
    """

    file: str
    line: int
    id: str | None
    questions: tuple[str, ...]
    options: Any
    gold: Any
    type: Any
    data_type: Any
    media: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.file}, row {self.line}"

    @property
    def problem(self) -> tuple[Any, ...]:
        """What makes two rows one problem under different ids: everything but id and place, without white space."""
        asked = tuple(read_lines(question).text for question in self.questions)
        options = " ".join(str(self.options).split())
        gold = unwrap_answer(self.gold) if isinstance(self.gold, str) else repr(self.gold)
        return asked, options, gold, self.type, self.data_type, self.media


class RowReader:
    """Reads rows of a data set.

    Args:
        mapping: Fields whose column the user has named: for files that have that column; others keep their own.
    """

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._mapping = mapping
        self._columns: dict[tuple[str, ...], Columns] = {}

    def columns(self, names: Sequence[str]) -> Columns:
        """The columns of rows with these names."""
        key = tuple(names)
        found = self._columns.get(key)
        if found is None:
            mapping = {field: column for field, column in self._mapping.items() if column in key}
            found = FieldFinder(mapping).find(key)
            if len(self._columns) < 1000:
                self._columns[key] = found
        return found

    def select(self, names: Sequence[str]) -> list[str]:
        """Of a table's columns, those that are read."""
        found = self.columns(names)
        wanted = (found.id, found.question, found.options, found.gold, found.type, found.data_type, found.media)
        return list(dict.fromkeys((*(name for field in wanted for name in field), *(n for n in NESTED if n in names))))

    def read(self, row: Row, file: str, line: int) -> DatasetRow:
        """The row.

        Raises:
            DataError: It has neither a question nor an id, so that nothing can be joined with it.
        """
        if NESTED[0] in row or NESTED[1] in row:
            row = _unnest(row)
        columns = self.columns(tuple(row))
        identity = id_text(first_value(row, columns.id))
        asked = [row[name] for name in columns.question if row[name] is not None]
        questions = tuple(dict.fromkeys(_questions(asked)))
        if identity is None and not questions:
            message = "has neither a question nor a problem id"
            raise DataError(message)
        media = media_paths(first_value(row, columns.media))
        if not media:
            media = media_paths([medium for prompt in asked for medium in prompt_media(prompt)])
        options = first_value(row, columns.options)
        try:
            options = read_options(options)
        except DataError:  # kept as it is, so that the fault is told where the row is used
            options = str(options)
        return DatasetRow(
            file,
            line,
            identity,
            questions,
            options,
            first_value(row, columns.gold),
            first_value(row, columns.type),
            first_value(row, columns.data_type),
            media,
        )


def id_text(value: Any) -> str | None:
    """A problem's id as text, the same for a number and its text; None where there is none.

    Example:
        >>> id_text(7), id_text("7"), id_text(7.0), id_text(" ")
        ('7', '7', '7', None)
    """
    if isinstance(value, float):
        if value != value:
            return None
        value = int(value) if value.is_integer() else value
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip()
    return None if text in _NOTHING else text


def encode_row(row: DatasetRow) -> bytes:
    """The row without its place, as JSON.

    Raises:
        DataError: A field holds what JSON can't.
    """
    try:
        return orjson.dumps(row[2:])
    except TypeError:
        pass
    try:  # lone surrogates and integers beyond 64 bits
        return json.dumps(row[2:]).encode()
    except (TypeError, ValueError, RecursionError) as error:
        message = f"holds what JSON can't: {error}"
        raise DataError(message) from error


def decode_row(file: str, line: int, text: bytes) -> DatasetRow:
    """The row that `encode_row` wrote, at its place."""
    identity, questions, options, gold, kind, data_type, media = parse_json(text).value
    return DatasetRow(file, line, identity, tuple(questions), options, gold, kind, data_type, tuple(media))


def _questions(asked: Sequence[Any]) -> Iterator[str]:
    for prompt in asked:
        text = question_text(prompt)
        if text is not None and text.strip() not in _NOTHING:
            yield text


def _unnest(row: Row) -> Row:
    nested = [row[name] for name in reversed(NESTED) if isinstance(row.get(name), Mapping)]
    return {key: value for inner in (*nested, row) for key, value in inner.items() if value is not None}
