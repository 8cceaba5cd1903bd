"""Whether a benchmark's videos are there, and what to do where they are not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.benchmarks.downloads import find_remains, say_remains
from p2r_rewards.experiments.benchmarks.locate import LocalBenchmark
from p2r_rewards.experiments.benchmarks.question import Medium
from p2r_rewards.experiments.benchmarks.records import is_pointer
from p2r_rewards.trainers.data.media_root import IMAGE_SUFFIXES, MediaError, MediaRoot

NAMED = 3
"""How many of the missing files a message names."""


@dataclass(frozen=True, slots=True)
class MediaCheck:
    """What of a benchmark's media is there.

    Attributes:
        media: How many files or folders of pictures its questions name.
        faults: Those that can't be used, each with the reason, by path.
        without: The keys of the questions that need them.
        absent: How many of these questions need what is known not to be published, with the reasons.
        remains: What a download left, in a sentence.
    """

    media: int
    faults: Mapping[str, str]
    without: frozenset[str]
    absent: Mapping[str, int]
    remains: str = ""

    @property
    def complete(self) -> bool:
        """Whether everything is there."""
        return not self.faults

    def message(self, benchmark: LocalBenchmark) -> str:
        """What is missing, of what, and what was expected where; one line."""
        first = [f"{path} ({reason})" for path, reason in list(self.faults.items())[:NAMED]]
        more = f", and {len(self.faults) - NAMED:,} more" if len(self.faults) > NAMED else ""
        title, asked = benchmark.benchmark.title, len(benchmark.questions)
        parts = [
            f"{benchmark.root}: {len(self.faults):,} of {self.media:,} media of {title} are missing or broken, "
            f"for {len(self.without):,} of {asked:,} questions: {', '.join(first)}{more}",
            f"expected is {benchmark.layout.expected}",
            *(f"for {count:,} of these questions, {why}" for why, count in self.absent.items()),
            self.remains,
        ]
        return "; ".join(part for part in parts if part)


def check_media(benchmark: LocalBenchmark) -> MediaCheck:
    """Looks for every medium that the questions name: there, below the folder, not empty, and no git-lfs pointer."""
    root = MediaRoot(benchmark.root)
    faults: dict[str, str] = {}
    sound: set[str] = set()
    without: set[str] = set()
    absent: dict[str, int] = {}
    for question in benchmark.questions:
        for medium in question.media:
            if medium.path not in sound and medium.path not in faults:
                fault = _fault(root, medium)
                if fault is None:
                    sound.add(medium.path)
                else:
                    faults[medium.path] = fault
        if any(medium.path in faults for medium in question.media):
            without.add(question.key)
            for (name, value), why in benchmark.benchmark.absent.items():
                if question.breakdown.get(name) == value:
                    absent[why] = absent.get(why, 0) + 1
    remains = say_remains(find_remains(benchmark.root)) if faults else ""
    return MediaCheck(len(faults) + len(sound), faults, frozenset(without), absent, remains)


def require_media(benchmark: LocalBenchmark) -> None:
    """Refuses a benchmark whose media are not all there.

    Raises:
        DataError: It says how many are missing, names the first, and tells what was expected where.
    """
    check = check_media(benchmark)
    if not check.complete:
        raise DataError(check.message(benchmark))


def _fault(root: MediaRoot, medium: Medium) -> str | None:
    """What is wrong with a medium, in a word or two; None where nothing is."""
    try:
        if medium.kind == "frames":
            return _folder_fault(root, medium.path)
        path = root.find(medium.path, medium.kind)
    except MediaError as error:
        return error.kind
    return "git-lfs pointer" if is_pointer(Path(path)) else None


def _folder_fault(root: MediaRoot, path: str) -> str | None:
    folder = root.folder / path
    if not folder.is_dir():
        return "missing"
    if os.path.commonpath((os.path.realpath(folder), os.path.realpath(root.folder))) != os.path.realpath(root.folder):
        return "escapes the root"
    pictures = [one for one in folder.iterdir() if one.suffix.lower() in IMAGE_SUFFIXES]
    return None if pictures else "a folder without pictures"
