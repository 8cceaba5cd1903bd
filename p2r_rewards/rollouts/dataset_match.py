"""Which of some rows of a data set a rollout belongs to: one, none, or it can't be told."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any, NamedTuple

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.graders.grading import grade
from p2r_rewards.normalize import unwrap_answer
from p2r_rewards.problem import Problem
from p2r_rewards.rollouts.dataset_rows import DatasetRow
from p2r_rewards.rollouts.media_paths import Likeness, media_likeness, media_paths
from p2r_rewards.rollouts.option_lists import read_options
from p2r_rewards.rollouts.prompt_text import Lines, composed, prompt_media, question_text, read_lines, user_turn
from p2r_rewards.rollouts.shown_options import bare_options, options_shown
from p2r_rewards.scores import Score

MAX_PROMPT = 4_000_000
"""Of longer prompts the rest is not looked at."""


class Clues(NamedTuple):
    """What a row of a dump tells about its problem.

    Attributes:
        id: The problem's id; None where it has none.
        question: The whole question or prompt; None where it has none.
        whole: Its words and lines.
        turn: Those of what the user said last in it.
        options: The row's own options, without letters.
        shown: The lists of options that the prompt shows.
        media: The paths of its media.
        gold: The row's own gold.
    """

    id: str | None
    question: str | None
    whole: Lines
    turn: Lines
    options: tuple[str, ...]
    shown: list[tuple[str, ...]]
    media: tuple[str, ...]
    gold: Any


class NotFound(NamedTuple):
    """No row of the data set is the rollout's problem.

    Attributes:
        reason: Why.
    """

    reason: str


OTHER_OPTIONS = NotFound("not in the dataset: its question is there only with other options")
OTHER_MEDIA = NotFound("not in the dataset: its question is there only with other media")


def read_clues(*, identity: str | None, question: Any, options: Any, media: Any, gold: Any) -> Clues:
    """What the values of a dump's row tell."""
    text = question_text(question)
    asked = (text or "")[:MAX_PROMPT]
    turn = user_turn(asked)
    whole = read_lines(asked)
    lines = whole if turn is asked else read_lines(turn)
    paths = media_paths(media) or media_paths(prompt_media(question))
    return Clues(identity, text, whole, lines, bare_options(options), options_shown(turn), paths, gold)


def choose_row(rows: Sequence[DatasetRow], clues: Clues, shared_names: Container[str]) -> DatasetRow | NotFound:
    """The one row that nothing in the clues contradicts.

    Args:
        rows: Rows whose question or id is the rollout's.
        clues: What the rollout tells.
        shared_names: Names of media that stand for several files of the data set.

    Raises:
        DataError: Several different problems remain.
    """
    fitting = _fitting_options(rows, clues)
    if not fitting:
        return OTHER_OPTIONS
    likeness = [media_likeness(clues.media, row.media, shared_names) for row in fitting]
    best = max(likeness)
    if best == Likeness.OTHER:
        return OTHER_MEDIA
    fitting = [row for row, like in zip(fitting, likeness, strict=True) if like == best]
    if len(fitting) > 1 and clues.question is not None:
        fitting = [row for row in fitting if clues.question in row.questions] or fitting
    problems = _one_each(fitting) if len(fitting) > 1 else fitting
    if len(problems) > 1 and clues.gold is not None:
        problems = [row for row in problems if golds_agree(clues.gold, row)] or problems
    if len(problems) > 1:
        raise ambiguous(problems)
    return problems[0]


def ambiguous(rows: Sequence[DatasetRow]) -> DataError:
    """The error that names two of the rows that a rollout can belong to."""
    one, other = (sorted(rows, key=lambda row: (row.file, row.line)) * 2)[:2]
    message = (
        f"ambiguous in the dataset: it can be {one.place} or {other.place}; "
        "what tells them apart (problem id, options, media path) is not in the row"
    )
    return DataError(message)


def golds_agree(gold: Any, row: DatasetRow) -> bool:
    """Whether a dump's gold is one that the data set's row has or would accept, as far as that can be told."""
    ours, theirs = _atoms(gold), _atoms(row.gold)
    if not ours or not theirs or any(atom in theirs for atom in ours):
        return True
    if not isinstance(row.type, str) or not isinstance(gold, str | int | float):
        return False
    try:
        options: Any = read_options(row.options)
        problem = Problem(row.questions[0] if row.questions else None, gold=row.gold, type=row.type, options=options)
        graded = grade(problem, str(gold))
    except (ConfigError, DataError, ValueError):
        return False
    return isinstance(graded, Score) and graded.value == 1.0


def _fitting_options(rows: Sequence[DatasetRow], clues: Clues) -> list[DatasetRow]:
    """The rows whose options the rollout shows, else those that it does not contradict."""
    if clues.options:
        return [row for row in rows if bare_options(row.options) == clues.options]
    shown: list[DatasetRow] = []
    possible: list[DatasetRow] = []
    for row in rows:
        options = bare_options(row.options)
        if options and (options in clues.shown or (not clues.shown and len(rows) > 1 and _shows(clues, row, options))):
            shown.append(row)
        elif not options or not clues.shown:
            possible.append(row)
    return shown or possible


def _shows(clues: Clues, row: DatasetRow, options: tuple[str, ...]) -> bool:
    """Whether the options stand one after another in the prompt, beside the question."""
    text = f" {clues.turn.text} "
    for question in sorted(row.questions, key=len, reverse=True):
        text = text.replace(f" {read_lines(question).text} ", " \n ", 1)
    position = 0
    for option in options:
        found = text.find(f" {composed(option)} ", position)
        if found < 0:
            return False
        position = found + len(option) + 1
    return True


def _one_each(rows: Iterable[DatasetRow]) -> list[DatasetRow]:
    """One row of each problem: the first by its content, so that the order of the data set does not matter."""
    found: dict[str, DatasetRow] = {}
    for row in rows:
        key = repr(row.problem)
        if key not in found or repr(row[2:]) < repr(found[key][2:]):
            found[key] = row
    return [found[key] for key in sorted(found)]


def _atoms(gold: Any) -> set[str]:
    values = gold if isinstance(gold, list | tuple) else (gold,)
    texts = (" ".join(composed(unwrap_answer(str(value))).casefold().split()) for value in values if value is not None)
    return {text.rstrip(".") for text in texts if text}
