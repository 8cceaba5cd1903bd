"""Records of VideoP2R, Video-R1 and their like to rows of training: a prompt, its reply or the problem's columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.graders.grading import grade
from p2r_rewards.problem import Problem, ProblemType
from p2r_rewards.rollouts.batch import Row
from p2r_rewards.rollouts.dataset_records import read_records
from p2r_rewards.rollouts.dataset_rows import RowReader
from p2r_rewards.rollouts.dataset_traces import unfold_trace
from p2r_rewards.rollouts.media_paths import media_paths
from p2r_rewards.rollouts.option_lists import read_options
from p2r_rewards.rollouts.reading import find_sources
from p2r_rewards.scores import Unscored
from p2r_rewards.templates.loader import PromptTemplate, load_template
from p2r_rewards.templates.questions import write_question
from p2r_rewards.trainers.data.media_root import MediaError, relative_path

Stage = Literal["sft", "rl"]

TEMPLATE = "process-aware-cot"
PLACEHOLDERS = ("<|image_pad|>", "<|video_pad|>")
"""What stands for media in the rendered prompts of Qwen2.5-VL and Qwen3-VL."""
_TYPES = frozenset(ProblemType)
_WITH_OPTIONS = (ProblemType.MULTIPLE_CHOICE, ProblemType.MULTI_SELECT)


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A row to train on.

    Attributes:
        place: Where its record stands.
        problem: What is asked, and the gold.
        solution: The gold as it stands in the record.
        paths: Its media, relative to their root.
        text: The prompt's text, behind the media.
        completion: The reply that is taught; None in reinforcement learning.
    """

    place: str
    problem: Problem
    solution: str
    paths: tuple[str, ...]
    text: str
    completion: str | None = None

    def prompt(self, media: Sequence[str]) -> list[dict[str, Any]]:
        """The user's turn: media at these paths, then the text."""
        kind = self.problem.data_type
        parts = [{"type": kind, kind: path} for path in media]
        return [{"role": "user", "content": [*parts, {"type": "text", "text": self.text}]}]

    def columns(self) -> dict[str, Any]:
        """What rewards are read from, beside the prompt; all text but the options."""
        return {
            "problem": self.problem.question,
            "solution": self.solution,
            "problem_type": str(self.problem.type),
            "options": list(self.problem.options),
            "data_type": self.problem.data_type,
            "path": self.paths[0] if self.paths else "",
            "problem_id": self.problem.id or "",
        }


class RowFault(NamedTuple):
    """A record that no row can be made of.

    Attributes:
        place: Where it stands.
        kind: What is wrong, the same for all records with this fault.
        reason: What is wrong with this one.
        type: Its problem type, as far as it is known.
        data_type: Its data type, as far as it is known.
    """

    place: str
    kind: str
    reason: str
    type: str = ""
    data_type: str = ""


class TrainingRowReader:
    """Reads records of one stage.

    Args:
        stage: "sft": each record holds its trace; "rl": none is needed.
        template: The prompt, by name, file or as it is.

    Raises:
        ConfigError: The stage or the template is unknown.
    """

    def __init__(self, stage: Stage, template: PromptTemplate | str = TEMPLATE) -> None:
        if stage not in ("sft", "rl"):
            message = f"stage must be 'sft' or 'rl', not {stage!r:.80}"
            raise ConfigError(message)
        self.stage = stage
        self.template = load_template(template) if isinstance(template, str) else template
        if self.template.fields != ("question",) or len(self.template.parts) != 1:
            message = f"template {self.template.name!r} must have the one field 'question' and no system part"
            raise ConfigError(message)
        self._reader = RowReader({})

    def select(self, names: Sequence[str]) -> list[str]:
        """Of a table's columns, those that are read."""
        traces = [name for name in ("output", "observation", "process", "answer") if name in names]
        return list(dict.fromkeys((*self._reader.select(names), *traces)))

    def read(self, record: Row | DataError, file: str, line: int) -> TrainingRow | RowFault:
        """The record's row, or what is wrong with it; its media are not looked at."""
        place = f"{file}:{line}"
        if isinstance(record, DataError):
            return RowFault(place, "unreadable record", str(record))
        kind = str(record.get("problem_type") or "")
        data_type = str(record.get("data_type") or "").strip().lower()
        try:
            return self._row(record, file, line)
        except _FaultError as fault:
            return RowFault(place, fault.kind, str(fault), kind, data_type)
        except MediaError as error:
            return RowFault(place, f"media: {error.kind}", str(error), kind, data_type)
        except (ConfigError, DataError) as error:
            return RowFault(place, "unreadable record", str(error), kind, data_type)

    def _row(self, record: Row, file: str, line: int) -> TrainingRow:
        read = self._reader.read(record, file, line)
        if not read.questions:
            message = "the question is missing"
            raise _FaultError(message, "no question")
        if not isinstance(read.type, str) or not read.type.strip():
            message = "the problem type is missing"
            raise _FaultError(message, "unknown problem type")
        data_type = str(read.data_type or "").strip().lower() or ("video" if read.media else "text")
        if data_type not in ("video", "image", "text"):
            message = f"data type {data_type!r:.80} is not video, image or text"
            raise _FaultError(message, "unknown data type")
        problem = self._problem(read.questions[0], read.gold, read.type, read.options, data_type, read.id)
        solution = read.gold if isinstance(read.gold, str) else str(problem.gold)
        _check_gold(problem, solution)
        paths = () if data_type == "text" else _paths(record, read.media)
        text = self.template.render({"question": write_question(read.questions[0], problem.options)})[-1]["content"]
        completion = _trace(record) if self.stage == "sft" else None
        row = TrainingRow(f"{file}:{line}", problem, solution, paths, text, completion)
        _check_text(row)
        return row

    def _problem(self, question: str, gold: Any, kind: str, options: Any, data_type: str, name: str | None) -> Problem:
        try:
            listed: Any = read_options(options)
        except DataError as error:
            message = str(error)
            raise _FaultError(message, "broken options") from error
        problem = Problem(question, gold=gold, type=kind, options=listed, data_type=data_type, id=name)
        if problem.type not in _TYPES:
            message = f"problem type {kind!r:.80} is none that is graded"
            raise _FaultError(message, "unknown problem type")
        if problem.type in _WITH_OPTIONS and not problem.options:
            message = f"a problem of type {kind!r:.80} has no options"
            raise _FaultError(message, "broken options")
        return problem


class _FaultError(DataError):
    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


def read_training_rows(inputs: Sequence[str], reader: TrainingRowReader) -> Iterator[TrainingRow | RowFault]:
    """The rows of files and folders, one at a time, in order.

    Raises:
        DataError: An input is missing, cut off, or holds no data set.
    """
    for source in find_sources(inputs).files:
        for line, record in read_records(source, reader.select):
            yield reader.read(record, source.name, line)


def _check_gold(problem: Problem, solution: str) -> None:
    """Grades the gold against itself: one that can't be read would leave all its rollouts unscored."""
    graded = grade(problem, solution)
    if isinstance(graded, Unscored):
        message = graded.reason
        raise _FaultError(message, "unreadable gold")
    if graded.value < 1.0:
        message = f"the gold earns {graded.value:.2f} by itself: {graded.how}"
        raise _FaultError(message, "unreadable gold")


def _check_text(row: TrainingRow) -> None:
    """Refuses what no tokenizer and no table can hold, and what a processor would take for media.

    Half a surrogate pair comes from JSON cut within a character.
    """
    columns = row.columns()
    texts = {**columns, "options": " ".join(columns["options"]), "prompt": row.text, "trace": row.completion or ""}
    for name, text in texts.items():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            message = f"{name}: {error.object[error.start]!r} at character {error.start} is half a surrogate pair"
            raise _FaultError(message, "unreadable record") from error
        for placeholder in PLACEHOLDERS:
            if placeholder in text:
                message = f"{name} holds {placeholder}, in whose place a model would look for media that are not there"
                raise _FaultError(message, "placeholder in text")


def _paths(record: Row, media: Sequence[str]) -> tuple[str, ...]:
    # As they stand in the record: the comparable form has lost what tells an address from a path.
    raw = record.get("path")
    named = [raw] if isinstance(raw, str) and raw.strip() and not media_paths(raw)[1:] else list(media)
    if isinstance(raw, str) and raw.strip().startswith("["):
        named = list(media)
    if not named:
        message = "the row names no file"
        raise MediaError(message, "missing")
    return tuple(str(relative_path(path)) for path in named)


def _trace(record: Row) -> str:
    """The reply that is taught."""
    output = record.get("output")
    if isinstance(output, str) and output.strip() not in ("", "None", "null", "nan"):
        return output.strip()
    try:
        unfolded = unfold_trace({**record, "output": None})
    except DataError as error:
        message = str(error).split(";")[0]  # the cure behind it is for rollouts
        raise _FaultError(message, "no trace") from error
    if not unfolded:
        message = "the record has neither 'output' nor 'process'"
        raise _FaultError(message, "no trace")
    return str(unfolded[0]["completion"])
