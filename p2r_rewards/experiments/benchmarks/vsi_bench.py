"""VSI-Bench: `nyu-visionx/VSI-Bench`, spatial questions about scans of rooms; first release and debiased one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.benchmarks.benchmark import Benchmark, Layout, find_medium
from p2r_rewards.experiments.benchmarks.question import Medium, Question, Wording
from p2r_rewards.experiments.benchmarks.records import Record, read_rows
from p2r_rewards.experiments.benchmarks.shown_choices import letter_options, show_question
from p2r_rewards.problem import Problem

NAME = "vsi-bench"
VIDEOS = "<dataset>/<scene_name>.mp4 in arkitscenes/, scannet/ and scannetpp/ (unpacked from their zips)"

DIRECTION = "object_rel_direction"

TYPES = (
    *("object_counting", "object_abs_distance", "object_size_estimation", "room_size_estimation"),
    *("object_rel_distance", f"{DIRECTION}_easy", f"{DIRECTION}_medium", f"{DIRECTION}_hard"),
    *("obj_appearance_order", "route_planning"),
)
"""Its types of questions; the first four ask for numbers."""

_COLUMNS = ("id", "dataset", "scene_name", "question_type", "question", "ground_truth")
_PREAMBLE = "These are frames of a video that was taken in one place."
_LETTER = "Answer with the letter of the right option, and nothing else."
_NUMBER = "Answer with one number, and nothing else."


def read_questions(root: Path, layout: str, variant: str) -> Iterator[Question]:
    """The questions of a folder, of the variant "full", "debiased" or "pruned".

    Raises:
        DataError: The variant's file is not there, or a row can't be read.
    """
    path, kept = _find_rows(root, variant)
    for record in read_rows(path):
        if kept is None or (record.text("id") in kept) == (variant == "pruned"):
            yield _read_question(root, record)


def _find_rows(root: Path, variant: str) -> tuple[Path, frozenset[str] | None]:
    """The file of a variant; with the pruned ids, where it must be chosen by them."""
    whole = next(
        (path for name in ("test-00000-of-00001.parquet", "test.jsonl") if (path := root / name).is_file()), None
    )
    if variant == "full" and whole is not None:
        return whole, None
    own = root / f"test_{variant}.parquet"
    if own.is_file():
        return own, None
    ids = root / "pruned_ids.txt"
    if whole is not None and ids.is_file():
        return whole, _read_ids(ids)
    lacking = "test-00000-of-00001.parquet or test.jsonl" if variant == "full" else f"{own.name}, or pruned_ids.txt"
    message = f"{root}: the variant {variant!r} of VSI-Bench needs {lacking} there"
    raise DataError(message)


def _read_ids(path: Path) -> frozenset[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: can't be read as ids, one a line: {error}"
        raise DataError(message) from error
    return frozenset(line.strip() for line in lines if line.strip())


def _read_question(root: Path, record: Record) -> Question:
    options = letter_options(record.options("options"))
    dataset, scene, task = (record.text(name) for name in ("dataset", "scene_name", "question_type"))
    asked = record.text("question")
    if task not in TYPES:
        message = f"{record.place}: question_type {task!r:.80} is none of VSI-Bench; it has {', '.join(TYPES)}"
        raise DataError(message)
    problem = Problem(
        asked,
        gold=record.optional("ground_truth"),
        type="multiple choice" if options else "numerical",
        options=options,
        id=record.text("id"),
    )
    return Question(
        benchmark=NAME,
        key=f"test/{record.text('id')}",
        problem=problem,
        media=(Medium(find_medium(root, record.place, f"{dataset}/{scene}.mp4")),),
        wording=Wording(show_question(asked, options), _PREAMBLE, _LETTER if options else _NUMBER),
        breakdown={"task": task, "answers": "options" if options else "number", "dataset": dataset},
    )


BENCHMARK = Benchmark(
    NAME,
    "VSI-Bench",
    (
        Layout("Parquet", ("test-00000-of-00001.parquet",), f"test-00000-of-00001.parquet and {VIDEOS}", _COLUMNS),
        Layout("JSON Lines", ("test.jsonl",), f"test.jsonl and {VIDEOS}", _COLUMNS),
        Layout(
            "debiased release", ("test_debiased.parquet",), f"test_debiased.parquet, test_pruned.parquet and {VIDEOS}"
        ),
    ),
    read_questions,
    variants=("full", "debiased", "pruned"),
)
