"""How often the answers of rollouts are not what their reasoning settled on (arXiv 2511.11113, Table 6)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from p2r_rewards.completion import Completion, Kind
from p2r_rewards.graders.multiple_choice import read_choice
from p2r_rewards.graders.options import read_options
from p2r_rewards.judges.extraction import Extraction, extract_choice, mismatch
from p2r_rewards.judges.model_extraction import ModelExtraction, Reasoning
from p2r_rewards.problem import Problem, ProblemType

RULES = "rules"

MAX_SUBSETS = 50
OTHER_SUBSETS = "(others)"
MAX_SHOWN = 10
MAX_REASONS = 20
AT_ONCE = 1024
"""Rows that wait for the model together."""


class RowPlace(NamedTuple):
    """Where a row stands: the number of its file, its line there, the file's name, and the subset that it is of."""

    number: int
    line: int
    file: str
    subset: str | None


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    decided: int = 0
    mismatches: int = 0

    def add(self, differs: bool | None) -> None:
        self.rows += 1
        if differs is not None:
            self.decided += 1
            self.mismatches += differs

    def described(self) -> dict[str, Any]:
        rate = self.mismatches / self.decided if self.decided else None
        return {
            "rows": self.rows,
            "decided": self.decided,
            "mismatches": self.mismatches,
            "rate": rate,
            "undecided": self.rows - self.decided,
        }


@dataclass(slots=True)
class Mismatches:
    """Counts, over rollouts of choice questions, of answers that differ from what the reasoning settles on.

    Rules read the reasoning; what they leave open goes to the model, where there is one, and is undecided elsewhere.

    Args:
        model: Reads what the rules leave open.
    """

    model: ModelExtraction | None = None
    _types: dict[str, _Tally] = field(default_factory=dict)
    _subsets: dict[str, _Tally] = field(default_factory=dict)
    _undecided: Counter[str] = field(default_factory=Counter)
    _first: list[tuple[RowPlace, dict[str, Any]]] = field(default_factory=list)
    _waiting: list[tuple[RowPlace, Problem, str | None, Reasoning]] = field(default_factory=list)

    def add(self, place: RowPlace, problem: Problem, done: Completion) -> None:
        """Takes a rollout; those of other types, or without options, don't count."""
        if problem.type != ProblemType.MULTIPLE_CHOICE or len(problem.options) < 2:
            return
        think, options = done.think, problem.options
        text = think.text if think is not None else ""
        found = extract_choice(text, options, question=problem.question, finished=_is_closed(done))
        answer = done.answer.text if done.answer is not None else None
        if self.model is not None and found.state == "undecided":
            self._waiting.append((place, problem, answer, Reasoning(text, options, problem.question)))
            if len(self._waiting) >= AT_ONCE:
                self.settle()
        else:
            self._count(place, problem, answer, found)

    def settle(self) -> None:
        """Asks the model what waits for it."""
        waiting, self._waiting = self._waiting, []
        if self.model is None or not waiting:
            return
        found = self.model.extract([asked for *_, asked in waiting])
        for (place, problem, answer, _), each in zip(waiting, found, strict=True):
            self._count(place, problem, answer, each)

    def described(self) -> dict[str, Any]:
        """The counts as plain data: over all, by problem type, by subset, and the first mismatches."""
        total = _Tally()
        for one in self._types.values():
            total.rows += one.rows
            total.decided += one.decided
            total.mismatches += one.mismatches
        return {
            "extraction": RULES if self.model is None else f"{RULES}, then {self.model.name}",
            **total.described(),
            "types": [{"type": name, **one.described()} for name, one in sorted(self._types.items())],
            "subsets": [{"subset": name, **one.described()} for name, one in sorted(self._subsets.items())],
            "undecided_reasons": dict(self._undecided.most_common()),
            "first": [shown for _, shown in self._first],
        }

    def _count(self, place: RowPlace, problem: Problem, answer: str | None, found: Extraction) -> None:
        differs = mismatch(found, answer, problem.options)
        self._types.setdefault(problem.type, _Tally()).add(differs)
        if place.subset is not None:
            known = place.subset in self._subsets or len(self._subsets) < MAX_SUBSETS
            self._subsets.setdefault(place.subset if known else OTHER_SUBSETS, _Tally()).add(differs)
        if differs is None:
            reason = f"reasoning: {found.how}" if found.option is None else "answer: names no single option"
            if reason in self._undecided or len(self._undecided) < MAX_REASONS:
                self._undecided[reason] += 1
        elif differs:
            self._show(place, problem, answer or "", found)

    def _show(self, place: RowPlace, problem: Problem, answer: str, found: Extraction) -> None:
        # What a model had to read comes late, and may stand before what is known.
        if len(self._first) == MAX_SHOWN and place > self._first[-1][0]:
            return
        read = read_options(problem.options)
        letters = ", ".join(read.labels[option] for option in read_choice(read, answer).options)
        shown = {
            "file": place.file,
            "line": place.line,
            "think": found.label,
            "answer": letters,
            "how": found.how,
        }
        self._first = sorted([*self._first, (place, shown)], key=lambda one: one[0][:2])[:MAX_SHOWN]


def _is_closed(done: Completion) -> bool:
    """Whether the reasoning's tag was closed."""
    return any(one.kind == Kind.THINK and one.end < one.outer_end for one in done.segments)
