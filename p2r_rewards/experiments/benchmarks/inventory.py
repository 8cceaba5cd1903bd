"""What lies in a benchmark's folder: its layout, how many questions of which kinds, and its media."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from p2r_rewards.experiments.benchmarks.locate import LocalBenchmark, load_benchmark
from p2r_rewards.experiments.benchmarks.media_check import MediaCheck, check_media

MAX_VALUES = 30
"""Of a breakdown with more values only their number is told."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """A benchmark in a folder, with the state of its media."""

    local: LocalBenchmark
    media: MediaCheck

    def counts(self) -> dict[str, dict[str, int]]:
        """How many questions there are by each breakdown and value."""
        found: dict[str, Counter[str]] = {}
        for question in self.local.questions:
            for name, value in question.breakdown.items():
                found.setdefault(name, Counter())[value] += 1
        return {name: dict(counter) for name, counter in found.items()}

    def lines(self) -> list[str]:
        """The inventory for people."""
        local = self.local
        head = f"{local.benchmark.title} ({local.benchmark.name}), layout {local.layout.name}, variant {local.variant}"
        lines = [head, f"questions: {len(local.questions):,}"]
        for name, values in self.counts().items():
            told = ", ".join(f"{value} {count:,}" for value, count in values.items())
            lines.append(f"by {name}: {told if len(values) <= MAX_VALUES else f'{len(values):,} values'}")
        lines.append(f"media: {self.media.media - len(self.media.faults):,} of {self.media.media:,} there")
        return lines

    def message(self) -> str:
        """What is missing, and what was expected where."""
        return self.media.message(self.local)

    def record(self) -> dict[str, Any]:
        """The inventory as plain data."""
        return {
            "benchmark": self.local.benchmark.name,
            "layout": self.local.layout.name,
            "variant": self.local.variant,
            "questions": len(self.local.questions),
            "by": self.counts(),
            "media": self.media.media,
            "faults": dict(self.media.faults),
            "questions_without_media": len(self.media.without),
            "message": None if self.media.complete else self.message(),
        }


def take_inventory(folder: str | Path, name: str | None = None, variant: str | None = None) -> Inventory:
    """The inventory of a folder.

    Raises:
        ConfigError: There is no such benchmark or variant.
        DataError: The folder does not hold it, or a row can't be read.
    """
    local = load_benchmark(folder, name, variant)
    return Inventory(local, check_media(local))
