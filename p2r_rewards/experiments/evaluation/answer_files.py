"""Answers from files: JSON Lines or Parquet of `Answer`'s columns, or results of Video-R1's evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.benchmarks import video_r1_eval
from p2r_rewards.experiments.benchmarks.prompts import STYLES
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.benchmarks.records import Record
from p2r_rewards.experiments.evaluation.answer import Answer
from p2r_rewards.rollouts.dataset_records import read_records
from p2r_rewards.rollouts.reading import find_sources

FAILED_BATCH = "<answer>error</answer>"
"""What Video-R1's evaluation writes, and scores 0, where a batch of its own failed."""

_OUTPUTS = ("output", "completion", "response")


class AnswerRow(NamedTuple):
    """An answer, where it stands, and its question where the row holds that too (Video-R1's results)."""

    answer: Answer
    place: str
    question: Question | None = None


def read_answers(inputs: list[str]) -> Iterator[AnswerRow]:
    """The answers of files, in order.

    Raises:
        DataError: A file is missing or cut off, or a row is no answer; the message says where.
    """
    for source in find_sources(inputs).files:
        subset = video_r1_eval.subset_of(source.path)
        for line, row in read_records(source, list):
            place = f"{source.name}:{line}"
            if isinstance(row, DataError):
                message = f"{place}: {row}"
                raise DataError(message)
            yield _read_result(row, place, subset) if _is_result(row) else AnswerRow(_read_answer(row, place), place)


def _is_result(row: Mapping[str, Any]) -> bool:
    """Whether a row is one of Video-R1's results, which hold their question."""
    return "key" not in row and all(name in row for name in ("problem_id", "problem", "solution", "output"))


def _read_result(row: Mapping[str, Any], place: str, subset: str) -> AnswerRow:
    record = Record(row, place)
    question = video_r1_eval.read_question(record, subset, None)
    output = _output(row, place, "output")
    failed = output == FAILED_BATCH
    answer = Answer(
        question.benchmark, question.key, None if failed else output, error="a batch that failed" if failed else None
    )
    return AnswerRow(answer, place, question)


def _read_answer(row: Mapping[str, Any], place: str) -> Answer:
    record = Record(row, place)
    name = next((name for name in _OUTPUTS if name in row), None)
    error = record.optional("error")
    if name is None and error is None:
        message = f"{place}: has none of {', '.join(_OUTPUTS)}, and no error that would say why"
        raise DataError(message)
    style = record.optional("prompt")
    return Answer(
        benchmark=record.optional("benchmark") or "",
        key=record.text("key"),
        output=_output(row, place, name) if name is not None and error is None else None,
        finish_reason=record.optional("finish_reason"),
        error=error,
        model=record.optional("model"),
        prompt=next((one for one in STYLES if one == style), None),
    )


def _output(row: Mapping[str, Any], place: str, name: str) -> str | None:
    value = row[name]
    if value is not None and not isinstance(value, str):
        message = f"{place}: field {name!r} is {type(value).__name__}, not text"
        raise DataError(message)
    return value
