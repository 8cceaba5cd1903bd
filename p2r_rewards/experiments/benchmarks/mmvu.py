"""MMVU: `yale-nlp/MMVU` and its copy `lmms-lab/MMVU`, expert questions on videos of 27 subjects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.benchmarks.benchmark import Benchmark, Layout, find_medium
from p2r_rewards.experiments.benchmarks.question import Medium, Question, Wording
from p2r_rewards.experiments.benchmarks.records import Record, read_rows
from p2r_rewards.experiments.benchmarks.shown_choices import letter_options, show_question
from p2r_rewards.problem import Problem

NAME = "mmvu"

_LETTER = "Answer with the letter of the right option, without reasoning first."
_OPEN = "Answer with the final answer, short and specific, without reasoning first."


def read_questions(root: Path, layout: str, variant: str) -> Iterator[Question]:
    """The questions of a folder: those of the validation set.

    Raises:
        DataError: A row can't be read, or names no video.
    """
    chosen = next(one for one in BENCHMARK.layouts if one.name == layout)
    for record in read_rows(chosen.files(root, chosen.marks[0])[0]):
        yield _read_question(root, record)


def _read_question(root: Path, record: Record) -> Question:
    kind = record.text("question_type").lower()
    if kind not in ("multiple-choice", "open-ended"):
        message = f"{record.place}: question_type {kind!r:.60} is neither multiple-choice nor open-ended"
        raise DataError(message)
    options = letter_options(record.options("choices")) if kind == "multiple-choice" else ()
    path = _video_path(record)
    asked, name = record.text("question"), record.text("id")
    return Question(
        benchmark=NAME,
        key=f"validation/{name}",
        problem=Problem(
            asked,
            gold=record.optional("answer"),
            type="multiple choice" if options else "free-form",
            options=options,
            id=name,
            meta={"choices": dict(_choices(record))},
        ),
        media=(Medium(find_medium(root, record.place, path, path.removeprefix("videos/"))),),
        wording=Wording(show_question(asked, options), "", _LETTER if options else _OPEN),
        breakdown={"answers": "options" if options else "open", "subject": _subject(record, path)},
    )


def _choices(record: Record) -> Iterator[tuple[str, str]]:
    options = record.options("choices")
    if isinstance(options, Mapping):
        yield from ((str(letter), str(text or "")) for letter, text in options.items())


def _video_path(record: Record) -> str:
    """The video under `videos/`: of an address, what follows `/main/`."""
    path = record.optional("video_path")
    if path is None:
        _, found, path = record.text("video").partition("/main/")
        if not found:
            message = f"{record.place}: field 'video' is {record.text('video')!r:.120}, an address without /main/"
            raise DataError(message)
    path = path.removeprefix("./")
    return path if path.startswith("videos/") else f"videos/{path}"


def _subject(record: Record, path: str) -> str:
    metadata = record.values.get("metadata")
    if isinstance(metadata, Mapping) and isinstance(metadata.get("subject"), str):
        return str(metadata["subject"])
    return path.split("/")[-2].replace("_", " ")


_COPY = ("id", "question_type", "choices", "answer", "video_path")
_VIDEOS = "videos/<Subject>/<n>.mp4 (of the copy: unpacked from videos.zip)"

BENCHMARK = Benchmark(
    NAME,
    "MMVU",
    (
        Layout(
            "JSON",
            ("validation.json",),
            f"validation.json and {_VIDEOS}",
            ("id", "question_type", "choices", "answer", "video"),
        ),
        Layout(
            "Parquet",
            ("**/validation*.parquet",),
            f"validation-00000-of-00001.parquet, at the root or in a folder, and {_VIDEOS}",
            _COPY,
        ),
        Layout("Parquet of another name", ("**/*.parquet",), f"a table in Parquet, and {_VIDEOS}", _COPY),
    ),
    read_questions,
)
