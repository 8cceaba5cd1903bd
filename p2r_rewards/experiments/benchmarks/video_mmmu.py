"""VideoMMMU: `lmms-lab/VideoMMMU`, lectures asked about in three tracks; and the asking without the lecture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.benchmarks.benchmark import Benchmark, Layout, find_medium
from p2r_rewards.experiments.benchmarks.question import Medium, Question, Wording
from p2r_rewards.experiments.benchmarks.records import Record, json_members, json_rows, read_json, read_rows
from p2r_rewards.experiments.benchmarks.shown_choices import letter_options, show_question
from p2r_rewards.graders.grading import prepare
from p2r_rewards.problem import Problem
from p2r_rewards.rollouts.option_lists import read_options
from p2r_rewards.scores import Unscored

NAME = "videommmu"
TRACKS = ("Perception", "Comprehension", "Adaptation")
QUESTION_ONLY = "question-only"
"""The variant that asks Adaptation's questions of a clip with nothing but the question's image."""

DISCIPLINES = {
    "Art": ("Art", "Art_Theory", "Design", "Music"),
    "Business": ("Accounting", "Economics", "Finance", "Manage", "Marketing"),
    "Engineering": (
        *("Agriculture", "Architecture_and_Engineering", "Computer_Science", "Electronics", "Energy_and_Power"),
        *("Materials", "Mechanical_Engineering"),
    ),
    "Humanities": ("History", "Literature", "Psychology", "Sociology"),
    "Medicine": (
        *("Basic_Medical_Science", "Clinical_Medicine", "Diagnostics_and_Laboratory_Medicine", "Pharmacy"),
        "Public_Health",
    ),
    "Science": ("Biology", "Chemistry", "Geography", "Math", "Physics"),
}
"""The folders of videos, and the subjects in each."""

_DISCIPLINE = {subject: discipline for discipline, subjects in DISCIPLINES.items() for subject in subjects}
_IGNORE = "The video's last frame may show a question of its own; it is not the one asked here."
_LEARN = (
    "Watch and learn from this video, and then apply what it teaches to the question. The question's image stands at "
    "the end of the video."
)
_ALONE = "The video shows the question's image."
_LETTER = "Answer with the letter of the right option, and nothing else."
_OPEN = "Answer with the final answer, short and specific, and nothing else."


def read_questions(root: Path, layout: str, variant: str) -> Iterator[Question]:
    """The questions of a folder: all three tracks, or the variant "question-only".

    Raises:
        DataError: A row can't be read, or its id tells no subject.
    """
    for track in TRACKS if variant == "full" else TRACKS[2:]:
        for record in _read_track(root, layout, track):
            yield _read_question(root, track, record, alone=variant == QUESTION_ONLY)


def _read_track(root: Path, layout: str, track: str) -> Iterator[Record]:
    if layout == "Parquet":
        yield from read_rows(root / track / "test-00000-of-00001.parquet")
        return
    found = False
    for path in sorted((root / "data").glob("*_video.json")):
        for name, rows in json_members(read_json(path), str(path)):
            if name.lower() == track.lower():
                found = True
                yield from json_rows(rows, f"{path}: {name}")
    if not found:
        message = f"{root / 'data'}: no *_video.json there holds the track {track!r}"
        raise DataError(message)


def _read_question(root: Path, track: str, record: Record, *, alone: bool) -> Question:
    name = record.text("id")
    subject = "_".join(name.split("_")[1:-1])
    discipline = _DISCIPLINE.get(subject)
    if discipline is None:
        message = f"{record.place}: id {name!r:.80} tells no subject; ids are such as test_Physics_9"
        raise DataError(message)
    kind = record.optional("question_type") or ""
    options = () if "open" in kind.lower() else letter_options(record.options("options"))
    asked, answer = record.text("question"), record.optional("answer")
    paths = [f"{discipline}/{name}.mp4", f"videos/{discipline}/{name}.mp4"]
    if alone:
        paths = [f"question_only/{name}_image.mp4"]
    preamble = _ALONE if alone else _LEARN if track == "Adaptation" else _IGNORE
    return Question(
        benchmark=NAME,
        key=f"{QUESTION_ONLY if alone else track}/{name}",
        problem=Problem(
            asked,
            gold=answer if options else read_open_gold(answer),
            type="multiple choice" if options else _open_type(answer),
            options=options,
            id=name,
            meta={"answer": answer},
        ),
        media=(Medium(find_medium(root, record.place, *paths)),),
        wording=Wording(show_question(asked, options), preamble, _LETTER if options else _OPEN),
        breakdown={
            "track": QUESTION_ONLY if alone else track,
            "discipline": discipline,
            "subject": subject,
            "answers": "options" if options else "open",
        },
    )


def read_open_gold(answer: str | None) -> str | tuple[str, ...] | None:
    """The gold of an open question: a list printed as text is a tuple of alternatives, a broken one is none.

    Example:
        >>> read_open_gold("['0.5', '1/2']"), read_open_gold("['0.5', 1/2"), read_open_gold("12")
        (('0.5', '1/2'), None, '12')
    """
    if answer is None or not answer.startswith("["):
        return answer
    try:
        return tuple(str(one) for one in read_options(answer)) or None
    except DataError:
        return None


def _open_type(answer: str | None) -> str:
    read = prepare(Problem(None, gold=read_open_gold(answer), type="numerical"))
    return "free-form" if isinstance(read, Unscored) else "numerical"


_VIDEOS = "<Discipline>/<id>.mp4 in Art/, Business/, Engineering/, Humanities/, Medicine/, Science/ (from their zips)"

BENCHMARK = Benchmark(
    NAME,
    "VideoMMMU",
    (
        Layout(
            "Parquet",
            tuple(f"{track}/test-00000-of-00001.parquet" for track in TRACKS),
            f"Perception/, Comprehension/ and Adaptation/, each with test-00000-of-00001.parquet, and {_VIDEOS}",
            ("id", "question", "options", "answer"),
        ),
        Layout("JSON", ("data/*_video.json",), f"data/*_video.json and {_VIDEOS}"),
    ),
    read_questions,
    variants=("full", QUESTION_ONLY),
)
