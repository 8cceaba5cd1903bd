"""Looking up the problem of a rollout in a data set's index."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.dataset_build import APPLICATION, VERSION
from p2r_rewards.rollouts.dataset_keys import (
    id_key,
    media_key,
    name_key,
    opening_keys,
    options_key,
    question_key,
)
from p2r_rewards.rollouts.dataset_match import (
    OTHER_MEDIA,
    OTHER_OPTIONS,
    Clues,
    NotFound,
    ambiguous,
    choose_row,
    read_clues,
)
from p2r_rewards.rollouts.dataset_rows import DatasetRow, decode_row, id_text
from p2r_rewards.rollouts.media_paths import is_path, media_name
from p2r_rewards.rollouts.prompt_text import Lines, read_lines

MAX_ROWS = 256
"""Rows looked at for one rollout; where more share all that is known of it, it can't be told which is meant."""
MAX_STARTS = 1_000
"""Lines of a prompt at which a question is looked for."""
MAX_SPAN_WORDS = 2_000_000
"""Words of a prompt that are compared with questions, those compared more than once counted so."""

_QUERY = 500


class DatasetIndex:
    """A data set's index, opened where it is first used: in every process and thread by itself.

    Args:
        path: The file that `build_index` wrote.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._local = threading.local()

    def __reduce__(self) -> tuple[type[DatasetIndex], tuple[Path]]:
        return type(self), (self.path,)

    def find(
        self, *, identity: Any = None, question: Any = None, options: Any = None, media: Any = None, gold: Any = None
    ) -> DatasetRow | NotFound:
        """The data set's row for a rollout, or why there is none; the arguments are the values of a dump's row.

        It is found by its id, else by its question, which may be a prompt in messages or rendered by a chat template,
        with instructions on other lines. Options, media and gold tell apart what the question can't.

        Raises:
            DataError: Several rows fit; the row of that id asks something else; or the index can't be read.
        """
        clues = read_clues(identity=id_text(identity), question=question, options=options, media=media, gold=gold)
        if clues.id is not None:
            rows, more = self._rows([id_key(clues.id)])
            rows = [row for row in rows if row.id == clues.id]
            if rows:
                return self._by_id(rows, clues, more=more)
        if not clues.whole.words:
            lacking = "no such problem id" if clues.id else "the row has neither a problem id nor a question"
            return NotFound(f"not in the dataset: {lacking}")
        found = self._by_questions(self._questions(clues), clues)
        if found is None:
            also = f" or the problem id {clues.id:.40}" if clues.id else ""
            return NotFound(f"not in the dataset: no row has its question{also}")
        return found

    def _by_id(self, rows: list[DatasetRow], clues: Clues, *, more: bool) -> DatasetRow | NotFound:
        """The row of an id that asks what the rollout was asked; ids begin anew in some data sets' parts."""
        if clues.whole.words:
            prompt = f" {clues.whole.text} "
            asked = [row for row in rows if not row.questions or any(_asks(prompt, text) for text in row.questions)]
            if not asked:
                message = (
                    f"problem id {clues.id:.40} is that of {rows[0].place} in the dataset, which asks something else; "
                    "give another column with --map id=COLUMN"
                )
                raise DataError(message)
            rows = asked
        if more:
            raise ambiguous(rows)
        if len(rows) == 1:  # id and question agree: media and options may be named or written otherwise
            return rows[0]
        return choose_row(rows, clues, self._shared_names(clues))

    def _by_questions(self, questions: Sequence[str], clues: Clues) -> DatasetRow | NotFound | None:
        """The row that asks one of the questions, narrowed down by what goes along; None where none does."""
        if not questions:
            return None
        keys = [key for question in questions for key in self._keys(question, clues)]
        rows, more = self._rows(keys)
        rows = [row for row in rows if any(read_lines(text).text in questions for text in row.questions)]
        if more:
            raise ambiguous(rows)
        if not rows:
            return OTHER_MEDIA if _has_one_path(clues) else OTHER_OPTIONS
        return choose_row(rows, clues, self._shared_names(clues))

    def _keys(self, question: str, clues: Clues) -> list[int]:
        """The keys of all rows that ask a question and may fit: thousands may ask it of other media."""
        if _has_one_path(clues):
            return [media_key(question, clues.media[0]), media_key(question, "")]
        if clues.options:
            return [options_key(question, clues.options)]
        if clues.shown:
            return [options_key(question, options) for options in (*clues.shown, ())]
        return [question_key(question)]

    def _questions(self, clues: Clues) -> list[str]:
        """The questions of the data set that a prompt asks: itself, else the user's turn, else spans of its lines."""
        for text in dict.fromkeys((clues.whole.text, clues.turn.text)):
            if text and self._has(question_key(text)):
                return [text]
        spans = self._spans(clues.turn)
        # A question within another is a part of it; two beside one another can't be told apart by their length.
        widest = [
            (start, end)
            for start, end in spans
            if not any(a <= start and end <= b and (a, b) != (start, end) for a, b in spans)
        ]
        return list(dict.fromkeys(" ".join(clues.turn.words[start:end]) for start, end in widest))

    def _spans(self, lines: Lines) -> list[tuple[int, int]]:
        """The spans of whole lines that are questions of the data set, by their first and last words."""
        starts: dict[int, list[int]] = {}
        for start in lines.starts[:MAX_STARTS]:
            for key in opening_keys(lines.words, start):
                starts.setdefault(key, []).append(start)
        possible: list[tuple[int, int]] = []
        for key, words in self._select("SELECT hash, words FROM opening WHERE hash IN", list(starts)):
            possible += [(start, start + words) for start in starts[key] if start + words in lines.ends]
        spans: list[tuple[int, int]] = []
        budget = MAX_SPAN_WORDS
        for start, end in sorted(possible, key=lambda span: (span[0] - span[1], span[0])):
            budget -= end - start
            if budget < 0:
                message = f"its prompt of {len(lines.words):,} words is too long to look for a question of the dataset"
                raise DataError(message)
            if not any(a <= start and end <= b for a, b in spans) and self._has(
                question_key(" ".join(lines.words[start:end]))
            ):
                spans.append((start, end))
        return spans

    def _shared_names(self, clues: Clues) -> set[str]:
        """The names of the rollout's media that several files of the data set have."""
        names = {name_key(path): media_name(path) for path in clues.media}
        return {names[key] for (key,) in self._select("SELECT hash FROM shared_name WHERE hash IN", list(names))}

    def _rows(self, keys: Sequence[int]) -> tuple[list[DatasetRow], bool]:
        """The rows of some keys, and whether there are more of them."""
        numbers = sorted({n for _, n in self._select("SELECT hash, n FROM key WHERE hash IN", keys, MAX_ROWS + 1)})
        records = self._select("SELECT file, line, record FROM row WHERE n IN", numbers[:MAX_ROWS])
        rows = [decode_row(self._file(file), line, record) for file, line, record in records]
        return rows, len(numbers) > MAX_ROWS

    def _file(self, number: int) -> str:
        (name,) = self._database().execute("SELECT name FROM file WHERE n = ?", (number,)).fetchone()
        return str(name.decode("utf-8", "surrogateescape"))

    def _has(self, key: int) -> bool:
        return self._database().execute("SELECT 1 FROM key WHERE hash = ? LIMIT 1", (key,)).fetchone() is not None

    def _select(self, query: str, values: Sequence[int], limit: int = -1) -> Iterable[tuple[Any, ...]]:
        for first in range(0, len(values), _QUERY):
            some = values[first : first + _QUERY]
            marks = ",".join("?" * len(some))
            yield from self._database().execute(f"{query} ({marks}) LIMIT {limit}", some).fetchall()

    def _database(self) -> sqlite3.Connection:
        if getattr(self._local, "process", None) != os.getpid():  # a connection must not cross a fork
            self._local.database = _open(self.path)
            self._local.process = os.getpid()
        database: sqlite3.Connection = self._local.database
        return database


def _has_one_path(clues: Clues) -> bool:
    return len(clues.media) == 1 and is_path(clues.media[0])


def _asks(prompt: str, question: str) -> bool:
    return f" {read_lines(question).text} " in prompt


def _open(path: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        marks = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    except sqlite3.Error as error:
        message = f"{path}: is no index of a dataset that can be read: {error}"
        raise DataError(message) from error
    if marks != [APPLICATION, VERSION]:
        message = f"{path}: is no index of a dataset, or one of another version; build it anew"
        raise DataError(message)
    return database
