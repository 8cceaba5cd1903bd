"""One rollout as the page shows it, and many as the data that its script reads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from p2r_rewards.config import RewardConfig
from p2r_rewards.experiments.report.pieces import Piece, cut_completion, shorten
from p2r_rewards.experiments.report.script_data import script_json
from p2r_rewards.normalize import unwrap_answer
from p2r_rewards.parsing import parse_completion
from p2r_rewards.problem import Problem
from p2r_rewards.rollouts.rollout import Rollout
from p2r_rewards.rollouts.verdict_store import VerdictStore, observation_key
from p2r_rewards.scores import Score
from p2r_rewards.scoring.rows import Compared, ScoredRow

MAX_QUESTION, MAX_OPTION, MAX_SHORT = 2_000, 300, 500
MAX_OPTIONS = 30
MAX_DATA = 6_000_000
"""Characters of the page's data at most: texts of completions are cut until they fit."""

PARTS = ("accuracy", "format", "length", "reward", "advantage")
SETTINGS = {"processes": ["perception", "reasoning"], "parts": [*PARTS, "tokens"], "measure": "reward", "most": 2.2}
"""What `browser.js` shows of a rollout: the scores of each process, and the one that is filtered by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRollout:
    """A rollout with its scores, in short texts.

    Attributes:
        facts: What the script reads, but for the completion.
        pieces: The completion.
    """

    facts: Mapping[str, Any]
    pieces: Sequence[Piece]

    def to_mapping(self) -> dict[str, Any]:
        """The rollout as plain data for `browser.js`."""
        return {**self.facts, "pieces": [list(piece) for piece in self.pieces]}


def show_rollout(
    rollout: Rollout,
    row: ScoredRow,
    numbers: Mapping[str, float],
    *,
    number: int,
    group: int,
    place: str,
    counts: tuple[int, int],
    compared: Compared | None,
    compared_with: str,
    config: RewardConfig,
    verdicts: VerdictStore | None,
) -> ShownRollout:
    """A rollout as the page shows it.

    Args:
        rollout: What was read.
        row: What it earned by itself.
        numbers: The number columns of the output, NaN where unscored.
        number: Its number among the rows that were scored, from 1.
        group: The number of its group, from 1; 0 where it has none.
        place: Where it stands.
        counts: The lengths of both processes, -1 unknown.
        compared: Another's grade beside ours.
        compared_with: Whose it is.
        config: What it was scored by.
        verdicts: A judge's verdicts.
    """
    problem = rollout.known.problem
    done = parse_completion(rollout.text, template=config.template, end_strings=config.end_strings)
    key = observation_key(problem, done) if verdicts is not None else None
    how = verdicts.find(key)[1] if verdicts is not None and key is not None else ""
    facts: dict[str, Any] = {
        "n": number,
        "group": group,
        "place": place,
        "type": row.type,
        **_asked(problem),
        "grade": _number(numbers["reasoning_accuracy"]),
        "scores": {process: _parts(numbers, process, count) for process, count in zip(_PROCESSES, counts, strict=True)},
        "why": _why(row, numbers, how, compared, compared_with),
        "unscored": [_cut(reason) for reason in row.unscored],
        "defects": list(row.defects),
        "flags": _flags(row, numbers, compared),
    }
    return ShownRollout(facts=facts, pieces=shorten(cut_completion(done)))


def fit_rollouts(rollouts: Sequence[ShownRollout], *, most: int = MAX_DATA) -> tuple[list[dict[str, Any]], int]:
    """The rollouts as plain data of about so many characters, and how many completions were cut for it.

    Every completion keeps as much as the longest ones are cut to.
    """
    fixed = sum(len(script_json(one.facts)) for one in rollouts)
    lengths = [len(script_json(one.pieces)) for one in rollouts]
    limit = fair_limit(lengths, most - fixed)
    fitted, cut = [], 0
    for one, length in zip(rollouts, lengths, strict=True):
        # What takes more than a character in the data, such as an escape, shortens the text by as much.
        pieces = one.pieces if length <= limit else shorten(one.pieces, chars=_chars(one.pieces) * limit // length)
        cut += any(piece.kind == "gap" for piece in pieces)
        fitted.append(replace(one, pieces=pieces).to_mapping())
    return fitted, cut


def fair_limit(lengths: Sequence[int], room: int) -> int:
    """The largest limit for which the lengths, each cut to it, fill no more than the room; the longest if all fit.

    Example:
        >>> fair_limit([10, 20, 90], 70), fair_limit([10, 20], 70)
        (40, 20)
    """
    room = max(room, 0)
    for left, length in zip(range(len(lengths), 0, -1), sorted(lengths), strict=True):
        if length * left > room:
            return room // left
        room -= length
    return max(lengths, default=0)


_PROCESSES = ("perception", "reasoning")


def _asked(problem: Problem) -> dict[str, Any]:
    gold = unwrap_answer(problem.gold) if isinstance(problem.gold, str) else problem.gold
    return {
        "id": _cut(problem.id or ""),
        "question": _cut(problem.question or "", MAX_QUESTION),
        "options": [_cut(option, MAX_OPTION) for option in problem.options[:MAX_OPTIONS]],
        "gold": "" if gold is None else _cut(" | ".join(map(str, gold)) if isinstance(gold, tuple) else str(gold)),
    }


def _parts(numbers: Mapping[str, float], process: str, count: int) -> dict[str, float | int | None]:
    values = {part: _number(numbers[f"{process}_{part}"]) for part in PARTS}
    return {**values, "tokens": None if count < 0 else count}


def _why(
    row: ScoredRow, numbers: Mapping[str, float], how: str, compared: Compared | None, compared_with: str
) -> list[tuple[str, str, str]]:
    """What decided, each with its name, the result and the reason."""
    why = [("Grade", _shown(numbers["reasoning_accuracy"]), row.grade_how)] if row.grade_how else []
    if compared is not None:
        why.append((compared_with, *_theirs(compared)))
    if verdict := _verdict(row.perception):
        why.append(("Observation", verdict, how))
    if row.step is not None:
        why.append(("Step", f"{row.step:g}", ""))
    return [(name, _cut(result), _cut(reason or "")) for name, result, reason in why]


def _flags(row: ScoredRow, numbers: Mapping[str, float], compared: Compared | None) -> list[str]:
    """What a rollout can be found by."""
    verdict, ours = _verdict(row.perception), _number(numbers["reasoning_accuracy"])
    flags = {
        f"{verdict} observation": verdict in ("sufficient", "insufficient"),
        "answer leaked": row.health.leak == 1,
        "cut off": row.truncated,
        "graded otherwise": compared is not None and _theirs(compared)[0] != _shown(ours),
    }
    return [name for name, is_so in flags.items() if is_so]


def _verdict(perception: tuple[float | None, float | None, float | None]) -> str:
    accuracy, form, _ = perception
    if accuracy is None:
        return "" if form is None else "no verdict"
    return "sufficient" if accuracy > 0 else "insufficient"


def _theirs(compared: Compared) -> tuple[str, str]:
    """Another's grade, and how it came."""
    theirs = compared.theirs
    if isinstance(theirs, Score):
        return _shown(theirs.value), theirs.how
    if theirs is None or isinstance(theirs, int | float):
        return _shown(theirs), "recorded" if theirs is not None else "nothing recorded"
    return "unscored", theirs.reason


def _shown(value: float | None) -> str:
    number = _number(value)
    return "unscored" if number is None else f"{number:.4g}"


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 6)


def _cut(text: str, most: int = MAX_SHORT) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _chars(pieces: Sequence[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces if piece.kind != "gap")
