"""Video-R1's evaluation files: `eval_<benchmark>.json`, six benchmarks in the form of its training data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.benchmarks.benchmark import Benchmark, Layout, find_medium
from p2r_rewards.experiments.benchmarks.question import Medium, Question, Wording
from p2r_rewards.experiments.benchmarks.records import Record, read_rows
from p2r_rewards.problem import Problem

NAME = "video-r1-eval"

_ENDINGS = {
    "multiple choice": "Give only the letter of the option.",
    "numerical": "Give a number only.",
    "regression": "Give a number only.",
    "OCR": "Write out the text only.",
    "free-form": "Give your answer in a few words.",
}
_FILE = re.compile(r"eval_([a-z0-9]+)")


def read_questions(root: Path, layout: str, variant: str) -> Iterator[Question]:
    """The questions of a folder: of every evaluation file in it, or under `src/r1-v/Evaluation/`.

    Raises:
        DataError: A row can't be read.
    """
    folder = root if layout == "files" else root / "src/r1-v/Evaluation"
    for path in sorted(folder.glob("eval_*.json")):
        subset = subset_of(path)
        for record in read_rows(path):
            yield read_question(record, subset, root)


def subset_of(path: Path) -> str:
    """The benchmark that a file's name tells, of questions or of results; else the name itself.

    Example:
        >>> subset_of(Path("eval_vsibench.json")), subset_of(Path("eval_mmvu_Qwen_greedy_output.json"))
        ('vsibench', 'mmvu')
    """
    match = _FILE.match(path.stem)
    return match[1] if match else path.stem


def read_question(record: Record, subset: str, root: Path | None) -> Question:
    """The question of a row, of questions or of results.

    Args:
        record: The row.
        subset: Its benchmark.
        root: The folder of the media; None where only scoring is wanted.

    Raises:
        DataError: A field is missing, or a path leads out of the folder.
    """
    asked, kind = record.text("problem"), record.text("problem_type")
    options = tuple(str(one) for one in record.options("options"))
    problem = Problem(
        asked,
        gold=record.optional("solution"),
        type=kind,
        options=options,
        data_type=(record.optional("data_type") or "video").lower(),
        id=record.text("problem_id"),
    )
    return Question(
        benchmark=NAME,
        key=f"{subset}/{record.text('problem_id')}",
        problem=problem,
        media=() if root is None else (_medium(root, record, problem.data_type),),
        wording=Wording(
            asked + "".join(["Options:", *(f"\n{option}" for option in options)]) if options else asked,
            instruction=_ENDINGS.get(str(problem.type), ""),
        ),
        breakdown={"subset": subset, "type": str(problem.type), "source": record.optional("data_source") or "unknown"},
    )


def _medium(root: Path, record: Record, data_type: str) -> Medium:
    if data_type not in ("video", "image"):
        message = f"{record.place}: data_type {data_type!r:.60} is neither video nor image"
        raise DataError(message)
    path = record.text("path").removeprefix("./")
    # Some rows name the folder that the others are relative to.
    inner = path.removeprefix("Evaluation/")
    places = [inner, path, f"src/r1-v/Evaluation/{inner}", f"src/r1-v/Evaluation/{path}"]
    # Rows say .mp4 of Something-Something's .webm too.
    places += [place.removesuffix(".mp4") + ".webm" for place in places if place.endswith(".mp4")]
    return Medium(find_medium(root, record.place, *places), "image" if data_type == "image" else "video")


_COLUMNS = ("problem_id", "problem", "problem_type", "solution", "path")

BENCHMARK = Benchmark(
    NAME,
    "Video-R1 evaluation",
    (
        Layout("files", ("eval_*.json",), "eval_<benchmark>.json, and the media at the paths that it names", _COLUMNS),
        Layout(
            "Video-R1's tree",
            ("src/r1-v/Evaluation/eval_*.json",),
            "src/r1-v/Evaluation/eval_<benchmark>.json, and the media beside",
            _COLUMNS,
        ),
    ),
    read_questions,
)
