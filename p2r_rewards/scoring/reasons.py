"""Reasons counted by kind, with the first of each kind in full."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_KINDS = 200
"""Different reasons that are counted apart."""

OTHER = "(other reasons)"

QUOTED = re.compile(r"'[^']{1,200}+'|\"[^\"]{1,200}+\"|\d++(?:,\d{3})*+")


@dataclass(slots=True)
class Reasons:
    """Counts of reasons; those that differ in quoted texts and numbers only are of one kind.

    Attributes:
        counts: How often each kind came.
        first: Of each kind where it came first, and that reason in full.
    """

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, reason: str, source: str, line: int) -> None:
        """Counts a reason."""
        kind = QUOTED.sub("…", reason)
        if kind not in self.counts and len(self.counts) >= MAX_KINDS:
            kind = OTHER
        self.counts[kind] += 1
        if kind not in self.first:
            self.first[kind] = {"file": source, "line": line, "reason": reason}

    def merge(self, other: Reasons, lines: int) -> None:
        """Adds the reasons of rows that follow, in a file with so many lines before them."""
        for kind, count in other.counts.items():
            first = other.first[kind]
            if kind not in self.counts and len(self.counts) >= MAX_KINDS:
                kind = OTHER
            self.counts[kind] += count
            if kind not in self.first:
                self.first[kind] = {**first, "line": first["line"] + lines}

    def to_mapping(self) -> dict[str, Any]:
        """The counts as plain data."""
        return {"counts": dict(self.counts), "first": self.first}

    @classmethod
    def from_mapping(cls, stored: Mapping[str, Any]) -> Reasons:
        """The counts that `to_mapping` wrote."""
        return cls(Counter(stored["counts"]), dict(stored["first"]))

    def described(self) -> list[dict[str, Any]]:
        """The kinds as plain data, the most frequent one first."""
        return [{"kind": kind, "rows": rows, "first": self.first[kind]} for kind, rows in self.counts.most_common()]
