"""Video-MME: `lmms-lab/Video-MME`, three questions on each of 900 videos, short, medium and long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from p2r_rewards.experiments.benchmarks.benchmark import Benchmark, Layout, find_medium
from p2r_rewards.experiments.benchmarks.question import Medium, Question, Wording
from p2r_rewards.experiments.benchmarks.records import Record, read_rows
from p2r_rewards.experiments.benchmarks.shown_choices import letter_options, show_question
from p2r_rewards.problem import Problem

NAME = "video-mme"
FOLDERS = ("data", "video", "videos")
SUFFIXES = (".mp4", ".MP4", ".mkv")

_INSTRUCTION = "Choose the best option by what the video shows. Reply with its letter only."
_FILE = "videomme/test-00000-of-00001.parquet"
_FLAT = "test-00000-of-00001.parquet"


def read_questions(root: Path, layout: str, variant: str) -> Iterator[Question]:
    """The questions of a folder.

    Raises:
        DataError: A row can't be read.
    """
    for record in read_rows(root / (_FILE if layout == "Parquet" else _FLAT)):
        yield _read_question(root, record)


def _read_question(root: Path, record: Record) -> Question:
    options = letter_options(record.options("options"))
    asked, video = record.text("question"), record.text("videoID")
    paths = [f"{folder}/{video}{suffix}" for folder in FOLDERS for suffix in SUFFIXES]
    return Question(
        benchmark=NAME,
        key=f"test/{record.text('question_id')}",
        problem=Problem(
            asked,
            gold=record.optional("answer"),
            type="multiple choice",
            options=options,
            id=record.text("question_id"),
            meta={"subtitles": f"subtitle/{video}.srt"},
        ),
        media=(Medium(find_medium(root, record.place, *paths)),),
        wording=Wording(show_question(asked, options), "", _INSTRUCTION),
        breakdown={
            "duration": record.text("duration"),
            "domain": record.text("domain"),
            "sub-category": record.text("sub_category"),
            "task": record.text("task_type"),
        },
    )


_COLUMNS = ("question_id", "videoID", "duration", "domain", "sub_category", "task_type", "question", "options")
_VIDEOS = "data/<videoID>.mp4, or video/<videoID>.mp4, .MP4 or .mkv (unpacked from videos_chunked_01…20.zip)"

BENCHMARK = Benchmark(
    NAME,
    "Video-MME",
    (
        Layout("Parquet", (_FILE,), f"{_FILE} and {_VIDEOS}", _COLUMNS),
        Layout("Parquet at the root", (_FLAT,), f"{_FLAT} and {_VIDEOS}", _COLUMNS),
    ),
    read_questions,
)
