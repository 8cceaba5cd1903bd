"""Where our grades and a peer's, or a recorded reward, disagree: by problem type, by rule, with the first rows."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from p2r_rewards.normalize import unwrap_answer
from p2r_rewards.problem import GoldAtom
from p2r_rewards.scores import Grade, Score
from p2r_rewards.scoring.reasons import OTHER, QUOTED

TOLERANCE = 1e-6
"""Values that differ by no more than this agree."""

MAX_TYPES = 500
MAX_KINDS = 1_000
"""Kinds of disagreement that are counted apart; the others, of each direction, count as one."""

ROWS_OF_A_KIND = 3
MAX_TEXT = 200
RECORDED = "recorded"
"""The rule of a value that came without an explanation."""

OTHER_TYPES = "(other types)"
_PARTS = 10**9

Direction = Literal["ours higher", "theirs higher", "ours unscored", "theirs unscored"]

_LABELS = re.compile(r"\b[A-Z]\b(?:, [A-Z]\b)*+")

_Key: TypeAlias = tuple[str, str, str]


class _Side(NamedTuple):
    value: float | None
    how: str


@dataclass(slots=True)
class Agreement:
    """Counts of one problem type; sums of values are kept in whole billionths, so that they add up in any order.

    Attributes:
        rows: All rows.
        agree: Rows where both have a value, within `TOLERANCE` of one another.
        ours_higher: Rows where ours is higher.
        theirs_higher: Rows where theirs is higher.
        ours_unscored: Rows where only theirs has a value.
        theirs_unscored: Rows where only ours has one.
        both_unscored: Rows where neither has one.
        ours_sum: The sum of ours, over the rows where both have a value.
        theirs_sum: The same of theirs.
    """

    rows: int = 0
    agree: int = 0
    ours_higher: int = 0
    theirs_higher: int = 0
    ours_unscored: int = 0
    theirs_unscored: int = 0
    both_unscored: int = 0
    ours_sum: int = 0
    theirs_sum: int = 0

    def add(self, other: Agreement) -> None:
        """Adds the counts of another."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Comparison:
    """Counts agreements and disagreements; comparisons of parts of the input add up with `merge`.

    Attributes:
        rows_of_a_kind: How many rows of each kind are kept.
        types: The counts by problem type.
        kinds: How many rows disagree by direction, our rule and theirs.
        first: The first of those rows.
        theirs_range: The lowest and highest of their values.

    Example:
        >>> comparison = Comparison()
        >>> comparison.add("numerical", Score(1.0, "number 2"), Score(0.0, "not '2'"), "a.jsonl", 1, "2.0", "2")
        >>> comparison.add("numerical", Score(1.0, "number 3"), 1.0, "a.jsonl", 2, "3", "3")
        >>> comparison.describe()["agree"], comparison.describe()["kinds"][0]["theirs"]
        (1, 'not …')
    """

    rows_of_a_kind: int = ROWS_OF_A_KIND
    types: dict[str, Agreement] = field(default_factory=dict)
    kinds: dict[_Key, int] = field(default_factory=dict)
    first: dict[_Key, list[dict[str, Any]]] = field(default_factory=dict)
    theirs_range: tuple[float, float] | None = None

    def add(
        self,
        type_name: str,
        ours: Grade,
        theirs: Grade | float | None,
        file: str,
        line: int,
        answer: str | None,
        gold: GoldAtom | tuple[GoldAtom, ...] | None,
    ) -> None:
        """Counts a row. A recorded value that is None or not finite is unscored.

        Args:
            type_name: The problem's type.
            ours: Our grade.
            theirs: The peer's grade, or the value that was recorded.
            file: Where the row stands.
            line: Its line there.
            answer: What was graded.
            gold: What it was graded against.
        """
        mine, other = _read(ours), _read(theirs)
        if type_name not in self.types and len(self.types) >= MAX_TYPES:
            type_name = OTHER_TYPES
        agreement = self.types.setdefault(type_name, Agreement())
        agreement.rows += 1
        if other.value is not None:
            low, high = self.theirs_range or (other.value, other.value)
            self.theirs_range = min(low, other.value), max(high, other.value)
        if mine.value is None and other.value is None:
            agreement.both_unscored += 1
            return
        if mine.value is not None and other.value is not None:
            agreement.ours_sum += round(mine.value * _PARTS)
            agreement.theirs_sum += round(other.value * _PARTS)
            if abs(mine.value - other.value) <= TOLERANCE:
                agreement.agree += 1
                return
        direction = _direction(mine.value, other.value)
        name = direction.replace(" ", "_")
        setattr(agreement, name, getattr(agreement, name) + 1)
        kept = self._count((direction, _kind(mine.how), _kind(other.how)), 1)
        if len(kept) < self.rows_of_a_kind:
            kept.append(
                {
                    "type": _cut(type_name),
                    "file": file,
                    "line": line,
                    "ours": mine.value,
                    "theirs": other.value,
                    "ours_how": _cut(mine.how),
                    "theirs_how": _cut(other.how),
                    "answer": None if answer is None else _cut(answer),
                    "gold": None if gold is None else _cut(unwrap_answer(gold) if isinstance(gold, str) else str(gold)),
                }
            )

    def moved(self, lines: int) -> Comparison:
        """The comparison with so many lines of its file before its rows."""
        for rows in self.first.values():
            for row in rows:
                row["line"] += lines
        return self

    def merge(self, other: Comparison) -> None:
        """Adds the rows that follow on this comparison's: those of the next part of the input."""
        for name, agreement in other.types.items():
            own = name if name in self.types or len(self.types) < MAX_TYPES else OTHER_TYPES
            self.types.setdefault(own, Agreement()).add(agreement)
        for key, rows in other.kinds.items():
            kept = self._count(key, rows)
            kept += other.first[key][: max(0, self.rows_of_a_kind - len(kept))]
        if other.theirs_range is not None:
            low, high = self.theirs_range or other.theirs_range
            self.theirs_range = min(low, other.theirs_range[0]), max(high, other.theirs_range[1])

    def describe(self) -> dict[str, Any]:
        """The comparison for people and machines: totals, types and kinds, the most frequent first."""
        total = Agreement()
        for agreement in self.types.values():
            total.add(agreement)
        types = sorted(self.types.items(), key=lambda item: (-item[1].rows, item[0]))
        kinds = sorted(self.kinds, key=lambda key: -self.kinds[key])  # of one count, the one that came first
        return {
            **_describe(total),
            "types": [{"type": name, **_describe(agreement)} for name, agreement in types],
            "kinds": [
                {
                    "direction": key[0],
                    "ours": key[1],
                    "theirs": key[2],
                    "rows": self.kinds[key],
                    "first": self.first[key],
                }
                for key in kinds
            ],
            "theirs_range": None if self.theirs_range is None else list(self.theirs_range),
        }

    def to_mapping(self) -> dict[str, Any]:
        """The comparison as plain data for JSON; `from_mapping` reads it back."""
        return {
            "rows_of_a_kind": self.rows_of_a_kind,
            "types": {name: asdict(agreement) for name, agreement in self.types.items()},
            "kinds": [[*key, rows, self.first[key]] for key, rows in self.kinds.items()],
            "theirs_range": None if self.theirs_range is None else list(self.theirs_range),
        }

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Comparison:
        """The comparison that `to_mapping` gave."""
        result = cls(data["rows_of_a_kind"])
        result.types = {name: Agreement(**agreement) for name, agreement in data["types"].items()}
        for direction, ours, theirs, rows, first in data["kinds"]:
            key = (direction, ours, theirs)
            result.kinds[key], result.first[key] = rows, list(first)
        if data["theirs_range"] is not None:
            low, high = data["theirs_range"]
            result.theirs_range = (low, high)
        return result

    def _count(self, key: _Key, rows: int) -> list[dict[str, Any]]:
        """Counts rows of a kind, and returns the list of its first ones."""
        if key not in self.kinds and len(self.kinds) >= MAX_KINDS:
            key = (key[0], OTHER, OTHER)
        self.kinds[key] = self.kinds.get(key, 0) + rows
        return self.first.setdefault(key, [])


def _read(grade: Grade | float | None) -> _Side:
    if isinstance(grade, Score):
        return _Side(grade.value, grade.how)
    if grade is None:
        return _Side(None, RECORDED)
    if isinstance(grade, int | float):
        return _Side(float(grade) if math.isfinite(grade) else None, RECORDED)
    return _Side(None, grade.reason)


def _direction(ours: float | None, theirs: float | None) -> Direction:
    if ours is None:
        return "ours unscored"
    if theirs is None:
        return "theirs unscored"
    return "ours higher" if ours > theirs else "theirs higher"


def _kind(how: str) -> str:
    """The rule that an explanation names: without quoted texts, numbers, and letters of options."""
    return _cut(_LABELS.sub("…", QUOTED.sub("…", how)))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _describe(one: Agreement) -> dict[str, Any]:
    both = one.agree + one.ours_higher + one.theirs_higher
    return {
        "rows": one.rows,
        "agree": one.agree,
        "ours_higher": one.ours_higher,
        "theirs_higher": one.theirs_higher,
        "ours_unscored": one.ours_unscored,
        "theirs_unscored": one.theirs_unscored,
        "both_unscored": one.both_unscored,
        "agreement": one.agree / both if both else None,
        "ours_mean": one.ours_sum / both / _PARTS if both else None,
        "theirs_mean": one.theirs_sum / both / _PARTS if both else None,
    }
