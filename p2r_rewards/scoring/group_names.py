"""What each group is about, kept aside by the parts of a run for the export of pass rates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import orjson

from p2r_rewards.rollouts.batch import Batch
from p2r_rewards.rollouts.json_text import dump_json
from p2r_rewards.scoring.rows import ScoredRows

QUESTION_CHARS = 200


class GroupNames:
    """Writes what the first row of each group in a part is about.

    Args:
        path: Where to.
        stack: Closes the file.
        keep_all: Whether every row is written, because groups don't go by the rows' own keys.
    """

    def __init__(self, path: Path, stack: ExitStack, *, keep_all: bool) -> None:
        self._file = stack.enter_context(path.open("wb"))
        self._keep_all = keep_all
        self._seen: set[bytes] = set()
        self._row = 0

    def add(self, batch: Batch, scored: ScoredRows) -> None:
        """Takes the rows of a batch."""
        for row, problem in zip(scored.rows, scored.problems, strict=True):
            if self._keep_all or (row.group is not None and row.group not in self._seen):
                self._seen.add(row.group or b"")
                question = problem.question and problem.question[:QUESTION_CHARS]
                name = [self._row, problem.id, question, batch.places[row.position].line]
                self._file.write(dump_json(name)[0] + b"\n")
            self._row += 1


def read_names(path: Path) -> Iterator[tuple[int, str | None, str | None, int]]:
    """For the first row of each group in a part: its index, problem id, the start of its question, and its line."""
    with path.open("rb") as file:
        for line in file:
            index, problem_id, question, number = orjson.loads(line)
            yield index, problem_id, question, number
