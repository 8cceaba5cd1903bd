"""TempCompass: `lmms-lab/TempCompass` and the authors' repository, four tasks on five temporal dimensions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.benchmarks.benchmark import Benchmark, Layout, find_medium
from p2r_rewards.experiments.benchmarks.question import Medium, Question, Wording
from p2r_rewards.experiments.benchmarks.records import Record, json_members, json_rows, read_json, read_rows
from p2r_rewards.experiments.benchmarks.shown_choices import lettered_lines
from p2r_rewards.problem import Problem

NAME = "tempcompass"
TASKS = ("multi-choice", "yes_no", "caption_matching", "captioning")

_INSTRUCTIONS = {
    "multi-choice": "Give the best option only, by its letter.",
    "yes_no": "Answer with yes or no only.",
    "caption_matching": "Give the best option only, as it is written.",
    "captioning": "",
}
_CAPTION = re.compile(r"\s*((?:Caption|Sentence|Option)\s+([A-Z]|\d))\s*:\s*(\S.*)")


def read_questions(root: Path, layout: str, variant: str) -> Iterator[Question]:
    """The questions of a folder, task by task.

    Raises:
        DataError: A row can't be read, or its options can't be told from its text.
    """
    for task in TASKS:
        counts: Counter[tuple[str, str]] = Counter()
        for video, dimension, record in _read_task(root, layout, task):
            number = counts[video, dimension]
            counts[video, dimension] += 1
            yield _read_question(root, task, video, dimension, number, record)


def _read_task(root: Path, layout: str, task: str) -> Iterator[tuple[str, str, Record]]:
    if layout == "Parquet":
        for record in read_rows(root / task / "test-00000-of-00001.parquet"):
            yield record.text("video_id"), record.text("dim"), record
        return
    path = root / "questions" / f"{task}.json"
    for video, dimensions in json_members(read_json(path), str(path)):
        for dimension, rows in json_members(dimensions, f"{path}: {video}"):
            for record in json_rows(rows, f"{path}: {video}: {dimension}"):
                yield video, dimension, record


def _read_question(root: Path, task: str, video: str, dimension: str, number: int, record: Record) -> Question:
    asked = record.text("question")
    path = find_medium(root, record.place, f"videos/{video}.mp4", f"video/{video}.mp4", f"{video}.mp4")
    return Question(
        benchmark=NAME,
        key=f"{task}/{video}/{dimension}/{number}",
        problem=_read_problem(task, asked, record),
        media=(Medium(path),),
        wording=Wording(asked, "", _INSTRUCTIONS[task]),
        breakdown={"task": task, "dimension": dimension},
    )


def _read_problem(task: str, asked: str, record: Record) -> Problem:
    if task == "captioning":
        # What is graded is a choice that somebody makes who reads the caption alone.
        question, answer = record.text("mc_question"), record.text("mc_answer")
        return Problem(
            asked,
            gold=answer,
            type="captioning",
            options=lettered_lines(question),
            meta={"mc_question": question, "answer": answer},
        )
    answer = record.text("answer")
    if task == "yes_no":
        options: tuple[str, ...] = ("yes", "no")
        if answer.lower() not in options:
            message = f"{record.place}: answer {answer!r:.60} is neither yes nor no"
            raise DataError(message)
        return Problem(asked, gold=answer.lower(), type="multiple choice", options=options, meta={"answer": answer})
    options = lettered_lines(asked) if task == "multi-choice" else caption_options(asked)
    gold = answer if task == "multi-choice" else _caption_label(answer)
    if len(options) < 2 or gold is None:
        message = f"{record.place}: {'options' if len(options) < 2 else 'answer'} of {task} can't be told from its text"
        raise DataError(message)
    return Problem(asked, gold=gold, type="multiple choice", options=options, meta={"answer": answer})


def caption_options(question: str) -> tuple[str, ...]:
    r"""The captions to choose from, each with its letter or number, as graders read options.

    Example:
        >>> caption_options("Which?\nCaption A: It lifts.\nCaption B: It drops.")
        ('A. It lifts.', 'B. It drops.')
    """
    found = [_CAPTION.fullmatch(line) for line in question.splitlines()[1:]]
    return tuple(f"{match[2]}. {match[3].strip()}" for match in found if match)


def plain_caption_answer(answer: str) -> str:
    """An answer to caption matching without the word before its label: `Caption B: It drops.` is `B. It drops.`.

    Example:
        >>> plain_caption_answer("Sentence B"), plain_caption_answer("Option 2: It drops."), plain_caption_answer("B")
        ('B', '2. It drops.', 'B')
    """
    match = re.fullmatch(r"\s*(?:Caption|Sentence|Option)\s+([A-Z]|\d)\s*(?:[:.)]\s*(.*))?", answer, re.DOTALL)
    if match is None:
        return answer
    return f"{match[1]}. {match[2]}" if (match[2] or "").strip() else match[1]


def _caption_label(answer: str) -> str | None:
    match = _CAPTION.fullmatch(answer)
    return f"{match[2]}. {match[3].strip()}" if match else None


_VIDEOS = "videos/<video_id>.mp4 (unpacked from tempcompass_videos.zip)"

BENCHMARK = Benchmark(
    NAME,
    "TempCompass",
    (
        Layout(
            "Parquet",
            tuple(f"{task}/test-00000-of-00001.parquet" for task in TASKS),
            f"{', '.join(TASKS)}, each with test-00000-of-00001.parquet, and {_VIDEOS}",
            ("video_id", "question", "answer", "dim"),
        ),
        Layout(
            "authors' repository",
            tuple(f"questions/{task}.json" for task in TASKS),
            f"questions/<task>.json and {_VIDEOS}",
        ),
    ),
    read_questions,
)
