"""A rollout as scoring sees it, and how a row becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.lengths import Lengths
from p2r_rewards.messages import completion_text
from p2r_rewards.problem import Problem, ProblemType, read_problem_type
from p2r_rewards.rollouts.batch import Row
from p2r_rewards.rollouts.dataset_index import DatasetIndex
from p2r_rewards.rollouts.dataset_match import NotFound, golds_agree
from p2r_rewards.rollouts.dataset_rows import DatasetRow
from p2r_rewards.rollouts.fields import Columns, FieldFinder, first_value
from p2r_rewards.rollouts.group_key import digest, group_key, media_key, problem_key
from p2r_rewards.rollouts.option_lists import Options, read_options
from p2r_rewards.rollouts.prompt_text import question_text
from p2r_rewards.rollouts.row_values import NO_COUNT, read_count, read_number, read_truncated
from p2r_rewards.rollouts.row_values import read_verdict as read_verdict  # others take it from here

CACHED_PROBLEMS = 4096
CACHED_CHARS = 10_000

GOLD_DIFFERS = "the row's gold is not the dataset's, and counts"

_TYPES = frozenset(ProblemType)
_UNCOUNTED: tuple[int | None, str] = (None, NO_COUNT)

_WITHOUT_OPTIONS = _TYPES - {ProblemType.MULTIPLE_CHOICE, ProblemType.MULTI_SELECT}
"""Types whose answers are not graded by options: what can't be read as options there is no fault."""


class KnownProblem(NamedTuple):
    """What rows of one problem share.

    Attributes:
        problem: The problem.
        fault: What is wrong with its data; None is nothing.
        group: The key of its group; None where it has none.
        key: What tells it apart from other problems, which one group id may cover; None without question and id.
        note: What is odd about its data though it can be graded: `GOLD_DIFFERS`; None is nothing.
    """

    problem: Problem
    fault: str | None
    group: bytes | None
    key: bytes | None
    note: str | None = None


class Rollout(NamedTuple):
    """One completion with what belongs to it.

    Attributes:
        text: The completion.
        known: Its problem and group.
        sufficient: The verdict on the observation; None is no verdict.
        verdict_fault: Why there is no verdict though the column holds something.
        lengths: Token counts of perception and reasoning, each None where no column holds one.
        length_faults: Why there is no count, of each.
        truncated: Whether the row says that the completion was cut off.
        step: The training step; None where the row has none, or one that is no number.
        recorded: The reward that the trainer recorded; None where the row has none, or one that is no number.
    """

    text: str
    known: KnownProblem
    sufficient: bool | None
    verdict_fault: str | None
    lengths: Lengths
    length_faults: tuple[str, str]
    truncated: bool
    step: float | None = None
    recorded: float | None = None


class RolloutReader:
    """Reads rows as rollouts; what rows of one problem share is read once.

    Args:
        finder: Knows the columns.
        dataset: Has what rows lack: type, gold, options, media, data type and the bare question.
    """

    def __init__(self, finder: FieldFinder, dataset: DatasetIndex | None = None) -> None:
        self.finder = finder
        self.dataset = dataset
        self._problems: dict[Any, KnownProblem | DataError] = {}

    def read(self, row: Row) -> Rollout:
        """The row as a rollout.

        Raises:
            DataError: It holds no completion, or it can't be told which row of the data set is its problem.
        """
        columns = self.finder.find(row)
        value = first_value(row, columns.completion)
        if value is None:
            raise DataError(_no_completion(row, columns))
        text = value if isinstance(value, str) else completion_text(value)
        verdict, fault = None, None
        if columns.sufficient:
            verdict, fault = read_verdict(first_value(row, columns.sufficient))
        counts = others = _UNCOUNTED
        if columns.perception_tokens:
            counts = read_count(first_value(row, columns.perception_tokens))
        if columns.reasoning_tokens:
            others = read_count(first_value(row, columns.reasoning_tokens))
        truncated = bool(columns.truncated) and read_truncated(first_value(row, columns.truncated))
        lengths, faults = (counts[0], others[0]), (counts[1], others[1])
        step = read_number(first_value(row, columns.step)) if columns.step else None
        recorded = read_number(first_value(row, columns.recorded)) if columns.recorded else None
        known = self._problem(row, columns)
        return Rollout(text, known, verdict, fault, lengths, faults, truncated, step, recorded)

    def _problem(self, row: Row, columns: Columns) -> KnownProblem:
        values = (
            first_value(row, columns.question),
            first_value(row, columns.gold),
            first_value(row, columns.type),
            first_value(row, columns.options),
            first_value(row, columns.data_type),
            media_key(first_value(row, columns.media)),
            first_value(row, columns.id),
            first_value(row, columns.step),
            first_value(row, columns.group),
        )
        # Equal numbers of different types (1, 1.0, True) and lists are told apart by their representation.
        key = tuple([value if value is None or value.__class__ is str else _cache_key(value) for value in values])
        known = self._problems.get(key)
        if known is None:
            if len(self._problems) >= CACHED_PROBLEMS:
                self._problems.clear()
            known = self._problems[key] = self._learn(row, columns, values)
        if isinstance(known, DataError):
            raise known
        return known

    def _learn(self, row: Row, columns: Columns, values: tuple[Any, ...]) -> KnownProblem | DataError:
        if self.dataset is None:
            return _know_problem(*values)
        question, gold, _, options, _, _, identity, _, _ = values
        media = first_value(row, columns.media)
        try:
            found = self.dataset.find(identity=identity, question=question, options=options, media=media, gold=gold)
        except DataError as error:
            return error
        return _know_joined(values, found)


def _know_joined(values: tuple[Any, ...], found: DatasetRow | NotFound) -> KnownProblem:
    """A problem with what the data set knows of it; what the row says itself comes first."""
    if isinstance(found, NotFound):
        known = _know_problem(*values)
        # What the row holds by itself is graded; what it lacks is missing because the data set has no such row.
        return known if known.fault is None else known._replace(fault=found.reason)
    question, gold, kind, options, data_type, media, identity, step, group = values
    if isinstance(kind, str) and isinstance(found.type, str) and read_problem_type(kind) not in _TYPES:
        kind = None  # a column "type" may hold anything
    note = None if gold is None or golds_agree(gold, found) else GOLD_DIFFERS
    known = _know_problem(
        question if question is not None else found.questions[0] if found.questions else None,
        gold if gold is not None else found.gold,
        kind if kind is not None else found.type,
        options if _has_options(options) else found.options,
        data_type if data_type is not None else found.data_type,
        media if media is not None else str(list(found.media)) if found.media else None,
        # A row of the data set is one problem, whatever the id that a dump's row goes by.
        found.id if found.id is not None else identity,
        step,
        group,
    )
    if found.questions and known.problem.question is not None:  # bare, where the row may hold a rendered prompt
        known = known._replace(problem=replace(known.problem, question=found.questions[0]))
    return known._replace(note=note)


def _has_options(value: Any) -> bool:
    try:
        return bool(read_options(value))
    except DataError:
        return True


def _know_problem(
    question: Any, gold: Any, kind: Any, options: Any, data_type: Any, media: Any, identity: Any, step: Any, group: Any
) -> KnownProblem:
    fault = None
    asked = question_text(question)
    name = None if identity is None else str(identity)
    if kind is None:
        fault, kind = "problem type is missing", ""
    elif not isinstance(kind, str):
        fault, kind = f"problem type {kind!r:.40} is not text", ""
    if gold is None or (isinstance(gold, float) and gold != gold):
        fault, gold = fault or "gold is missing", None
    listed: Any = ()
    try:
        listed = _read_options(options, kind)
        problem = Problem(asked, gold=gold, type=kind, options=listed, data_type=str(data_type or "video"), id=name)
    except (ConfigError, DataError) as error:
        fault = fault or str(error)
    if fault is not None:  # without gold nothing can be graded, whatever the type and the mode
        problem = Problem(asked, gold=None, type=kind, id=name)
    # The text of options and the list that it stands for are one: both go into the key as read.
    alike = list(listed.items()) if isinstance(listed, Mapping) else list(map(str, listed))
    told_apart = problem_key(question, alike, gold if problem.gold is None else problem.gold, media, identity)
    return KnownProblem(problem, fault, group_key(step, group, told_apart), told_apart)


def _cache_key(value: Any) -> tuple[str | bytes]:
    text = repr(value)
    return (text if len(text) <= CACHED_CHARS else digest(text),)


def _read_options(value: Any, kind: str) -> Options:
    try:
        return read_options(value)
    except DataError:
        if read_problem_type(kind) in _WITHOUT_OPTIONS:
            return ()
        raise


def _no_completion(row: Row, columns: Columns) -> str:
    if columns.completion:
        return f"column {columns.completion[0]!r} is null: there is no completion"
    names = ", ".join(map(str, list(row)[:12]))
    return f"no column holds a completion; the row has {names or 'no columns'}; name it with --map completion=COLUMN"
