"""The file of answers: one row a question, in their order, which `p2r-eval score` and `p2r-score` read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.answer import Answer, PromptStyle
from p2r_rewards.experiments.generation.tasks import Generation
from p2r_rewards.rollouts.json_text import dump_json, make_plain
from p2r_rewards.rollouts.output_file import OutputFile

_BATCH = 1_000


def make_answer(question: Question, generation: Generation, style: PromptStyle) -> Answer:
    """A generation as the answer to a question."""
    failed = generation.error is not None
    return Answer(
        question.benchmark,
        question.key,
        None if failed else generation.text,
        generation.finish_reason,
        generation.error,
        generation.model,
        style,
    )


def answer_row(question: Question, answer: Answer, generation: Generation) -> dict[str, Any]:
    """An answer with its question, so that a row can be read by itself, as plain data."""
    problem = question.problem
    row = {
        **dataclasses.asdict(answer),
        "problem_id": f"{question.benchmark}/{question.key}",
        "question": problem.question,
        "options": list(problem.options),
        "gold": _plain_gold(problem.gold),
        "problem_type": str(problem.type),
        "data_type": problem.data_type,
        "path": question.media[0].path if question.media else None,
        "prompt_tokens": generation.prompt_tokens,
        "completion_tokens": generation.completion_tokens,
    }
    plain: dict[str, Any] = make_plain(row)[0]
    return plain


class AnswersFile:
    """Writes rows as JSON Lines or Parquet; the file appears whole, or not at all.

    Args:
        path: Ends in `.jsonl` or `.parquet`.
        stack: Discards it where the run ends before `commit`.

    Raises:
        DataError: Nothing can be written there.
    """

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._file = OutputFile(path, stack)
        self._rows: list[dict[str, Any]] = []
        self._parquet: Any = None
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            self._parquet = stack.enter_context(pq.ParquetWriter(self._file.stream, _schema(), compression="zstd"))

    def write(self, row: dict[str, Any]) -> None:
        """Takes the next row."""
        if self._parquet is None:
            self._file.stream.write(dump_json(row)[0] + b"\n")
            return
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._flush()

    def commit(self) -> None:
        """Gives the file its name."""
        if self._parquet is not None:
            self._flush()
            self._parquet.close()
        self._file.commit()

    def _flush(self) -> None:
        import pyarrow as pa

        rows, self._rows = self._rows, []
        golds = [row["gold"] if row["gold"] is None or isinstance(row["gold"], str) else _text(row) for row in rows]
        if rows:
            columns = [{**row, "gold": gold} for row, gold in zip(rows, golds, strict=True)]
            self._parquet.write_table(pa.Table.from_pylist(columns, schema=_schema()))


def _schema() -> Any:
    import pyarrow as pa

    texts = [(name, pa.string()) for name in _texts()]
    return pa.schema(
        [*texts, ("options", pa.list_(pa.string())), ("prompt_tokens", pa.int64()), ("completion_tokens", pa.int64())]
    )


def _texts() -> Iterator[str]:
    yield from (field.name for field in dataclasses.fields(Answer))
    yield from ("problem_id", "question", "gold", "problem_type", "data_type", "path")


def _text(row: dict[str, Any]) -> str:
    """A gold that is a number or a list, as text: a column of Parquet has one type."""
    return dump_json(row["gold"])[0].decode()


def _plain_gold(gold: Any) -> Any:
    return [_plain_gold(one) for one in gold] if isinstance(gold, tuple) else gold
