"""VCR-Bench: `VLM-Reasoning/VCR-Bench`, video chain-of-thought questions of seven dimensions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from p2r_rewards.experiments.benchmarks.benchmark import Benchmark, Layout, find_medium
from p2r_rewards.experiments.benchmarks.question import Medium, Question, Wording
from p2r_rewards.experiments.benchmarks.records import Record, read_rows
from p2r_rewards.experiments.benchmarks.shown_choices import letter_options, show_question
from p2r_rewards.problem import Problem

NAME = "vcr-bench"
BOX = "box"
"""The problem type of questions whose gold is a box of four integers: no general grader serves it."""

_LETTER = "Answer with the letter of the right option, and nothing else."
_OPEN = "Answer with the final answer, short and specific, and nothing else."
_NUMBERS = r"\[\s*-?\d{1,9}(?:\.\d{0,9})?(?:\s*,\s*-?\d{1,9}(?:\.\d{0,9})?)"
_INTERVAL = re.compile(_NUMBERS + r"{1}\s*\]")
_BOX = re.compile(r"\[\s*-?\d{1,9}(?:\s*,\s*-?\d{1,9}){3}\s*\]")
_JSON = "v1/videos/meta_info_video.json"
_TSV = "VCR-Bench.tsv"


def read_questions(root: Path, layout: str, variant: str) -> Iterator[Question]:
    """The questions of a folder.

    Raises:
        DataError: A row can't be read.
    """
    for record in read_rows(root / (_JSON if layout == "JSON" else _TSV)):
        yield _read_question(root, record, folder="v1/videos/" if layout == "JSON" else "")


def _read_question(root: Path, record: Record, folder: str) -> Question:
    told = record.optional("multiple-choice") is None or record.flag("multiple-choice")
    options = letter_options(record.options("choices")) if told else ()
    asked, gold = record.text("question"), record.optional("answer")
    path, name = record.text("video_path").removeprefix("./"), record.optional("id") or record.text("index")
    return Question(
        benchmark=NAME,
        key=f"test/{name}",
        problem=Problem(
            asked,
            gold=gold,
            type="multiple choice" if options else _open_type(gold),
            options=options,
            id=name,
            meta={"reasoning": record.values.get("reasoning")},
        ),
        media=(Medium(find_medium(root, record.place, folder + path, path, f"v1/videos/{path}")),),
        wording=Wording(show_question(asked, options), "", _LETTER if options else _OPEN),
        breakdown={
            "answers": "options" if options else "open",
            "dimension": record.text("dimension"),
            "duration": duration_class(record.number("duration")),
        },
    )


def duration_class(seconds: float | None) -> str:
    """The benchmark's class of a video's duration.

    Example:
        >>> duration_class(60), duration_class(61), duration_class(301)
        ('0-60', '60-300', '300+')
    """
    if seconds is None:
        return "unknown"
    return "0-60" if seconds <= 60 else "60-300" if seconds <= 300 else "300+"


def _open_type(gold: str | None) -> str:
    if gold is not None and _INTERVAL.fullmatch(gold):
        return "temporal"
    return BOX if gold is not None and _BOX.fullmatch(gold) else "free-form"


_COLUMNS = ("video_path", "dimension", "question", "choices", "answer")

BENCHMARK = Benchmark(
    NAME,
    "VCR-Bench",
    (
        Layout(
            "JSON", (_JSON,), f"{_JSON} and v1/videos/video/<source>/<file>.mp4 (from v1/videos/video.zip)", _COLUMNS
        ),
        Layout("table", (_TSV,), f"{_TSV}, and the videos at the paths that it names from there", _COLUMNS),
    ),
    read_questions,
)
