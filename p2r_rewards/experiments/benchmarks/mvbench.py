"""MVBench: `OpenGVLab/MVBench`, twenty tasks; branch `main` with bounds in seconds, branch `video` with cut clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.benchmarks.benchmark import Benchmark, Layout, find_medium
from p2r_rewards.experiments.benchmarks.question import Medium, Question, Wording
from p2r_rewards.experiments.benchmarks.records import Record, json_members, json_rows, read_json, read_rows
from p2r_rewards.experiments.benchmarks.shown_choices import gold_letters, letter_options, show_question
from p2r_rewards.problem import Problem

NAME = "mvbench"
FRAMES_FPS = 3.0
"""Pictures a second in episodic reasoning's folders of pictures."""


class Task(NamedTuple):
    """Where a task's videos lie in branch `main`.

    Attributes:
        folder: Below `video/`.
        bounded: Whether a question is about the part from `start` to `end`.
        frames: Whether a "video" is a folder of pictures.
    """

    folder: str
    bounded: bool = False
    frames: bool = False


TASKS = {
    "action_sequence": Task("star/Charades_v1_480", bounded=True),
    "action_prediction": Task("star/Charades_v1_480", bounded=True),
    "action_antonym": Task("ssv2_video"),
    "fine_grained_action": Task("Moments_in_Time_Raw/videos"),
    "unexpected_action": Task("FunQA_test/test"),
    "object_existence": Task("clevrer/video_validation"),
    "object_interaction": Task("star/Charades_v1_480", bounded=True),
    "object_shuffle": Task("perception/videos"),
    "moving_direction": Task("clevrer/video_validation"),
    "action_localization": Task("sta/sta_video", bounded=True),
    "scene_transition": Task("scene_qa/video"),
    "action_count": Task("perception/videos"),
    "moving_count": Task("clevrer/video_validation"),
    "moving_attribute": Task("clevrer/video_validation"),
    "state_change": Task("perception/videos"),
    "fine_grained_pose": Task("nturgbd"),
    "character_order": Task("perception/videos"),
    "egocentric_navigation": Task("vlnqa"),
    "episodic_reasoning": Task("tvqa/frames_fps3_hq", bounded=True, frames=True),
    "counterfactual_inference": Task("clevrer/video_validation"),
}

_SYSTEM = (
    "Watch the video closely: what causes what, in which order things happen, how objects look and move, and what "
    "people do and how they hold themselves. Then choose the option that answers the question best."
)
_CUE = "Give the best option only."
_PREFIX = "Best option:("
_NAMES = {name.replace("_", " "): name for name in TASKS}


def read_questions(root: Path, layout: str, variant: str) -> Iterator[Question]:
    """The questions of a folder, in either branch.

    Raises:
        DataError: A row can't be read, or there is a task that the benchmark does not have.
    """
    if layout == "branch video":
        yield from _read_video_branch(root)
        return
    for path in sorted((root / "json").glob("*.json")):
        task = _known(path.stem, str(path))
        for number, record in enumerate(read_rows(path)):
            yield _read_question(root, record, task, number, _main_medium(root, record, TASKS[task]))


def _read_video_branch(root: Path) -> Iterator[Question]:
    path = root / "test.json"
    whole = dict(json_members(read_json(path), str(path)))
    folders = {_known(name, str(path)): str(value) for name, value in json_members(whole.get("root"), f"{path}: root")}
    for name, rows in json_members(whole.get("meta"), f"{path}: meta"):
        task = _known(name, str(path))
        if task not in folders:
            message = f"{path}: root has no folder for the task {name!r:.80}"
            raise DataError(message)
        for number, record in enumerate(json_rows(rows, f"{path}: {name}")):
            yield _read_question(root, record, task, number, _cut_medium(root, record, folders[task]))


def _known(name: str, place: str) -> str:
    found = _NAMES.get(name.replace("_", " ").replace("-", " ").strip().lower())
    if found is None:
        message = f"{place}: {name!r:.80} is no task of MVBench; it has {', '.join(TASKS)}"
        raise DataError(message)
    return found


def _main_medium(root: Path, record: Record, task: Task) -> Medium:
    name = record.text("video")
    # Fixes of star and clevrer came later in a folder of their own: they win.
    fixed = [f"video/data0613/{task.folder}/{name}"] if task.folder.startswith(("star/", "clevrer/")) else []
    usual = f"video/{task.folder}/{name}"
    found = find_medium(root, record.place, *fixed, usual)
    path = found if (root / found).exists() else find_medium(root, record.place, usual)
    start, end = (record.number("start"), record.number("end")) if task.bounded else (None, None)
    if min(start or 0.0, end or 0.0) < 0:
        message = f"{record.place}: start {start} and end {end} must not be negative"
        raise DataError(message)
    if start is not None and end is not None and start >= end:
        message = f"{record.place}: start {start:g} is not before end {end:g}"
        raise DataError(message)
    return Medium(path, "frames" if task.frames else "video", start, end, FRAMES_FPS if task.frames else None)


def _cut_medium(root: Path, record: Record, folder: str) -> Medium:
    name = record.text("video")
    path = find_medium(root, record.place, f"{folder}/{name}", f"video/{folder}/{name}")
    frames = (root / path).is_dir()
    return Medium(path, "frames" if frames else "video", fps=FRAMES_FPS if frames else None)


def _read_question(root: Path, record: Record, task: str, number: int, medium: Medium) -> Question:
    candidates = tuple(str(one) for one in record.options("candidates"))
    if len(candidates) < 2:
        message = f"{record.place}: field 'candidates' holds fewer than two options"
        raise DataError(message)
    options = letter_options(candidates)
    asked, answer = record.text("question"), record.text("answer")
    letters = gold_letters(answer, candidates)
    return Question(
        benchmark=NAME,
        key=f"{task}/{number}",
        problem=Problem(
            asked,
            gold=letters[0] if len(letters) == 1 else letters or answer,
            type="multiple choice",
            options=options,
            id=str(number),
            meta={"answer": answer, "candidates": candidates},
        ),
        media=(medium,),
        wording=Wording(show_question(asked, options), "", _CUE, _SYSTEM, _PREFIX),
        breakdown={"task": task},
    )


BENCHMARK = Benchmark(
    NAME,
    "MVBench",
    (
        Layout(
            "branch main",
            ("json/*.json",),
            "json/<task>.json and video/<folder>/… (unpacked from the zips in video/, with video/data0613 beside)",
            ("video", "question", "candidates", "answer"),
        ),
        Layout("branch video", ("test.json",), "test.json and the folders of clips that its 'root' names"),
    ),
    read_questions,
    absent={("task", "fine_grained_pose"): "NTU RGB+D's videos are not hosted: ask for them there"},
)
