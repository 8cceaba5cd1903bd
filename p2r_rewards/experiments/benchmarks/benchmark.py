"""What is known of a benchmark before its questions are read: its name, its layouts, and how they are told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.benchmarks.records import read_rows
from p2r_rewards.trainers.data.media_root import MediaError, relative_path


@dataclass(frozen=True, slots=True)
class Layout:
    """One of the forms in which a benchmark is published.

    Attributes:
        name: A few words for it.
        marks: Patterns of files, relative to the benchmark's folder, of which each must be there.
        columns: Columns that the first row of the first of these files has; empty: they are not looked at.
        expected: What lies where, for people.
    """

    name: str
    marks: tuple[str, ...]
    expected: str
    columns: tuple[str, ...] = ()

    def files(self, root: Path, mark: str) -> list[Path]:
        """The files of a pattern, without those that tools hide."""
        found = (path for path in root.glob(mark) if path.is_file())
        return sorted(path for path in found if "__MACOSX" not in path.parts and not path.name.startswith("."))

    def lacking(self, root: Path) -> list[str]:
        """What is lacking where a part of the layout lies in a folder: patterns of files, or columns of the first.

        Raises:
            DataError: A file that would tell can't be read.
        """
        found = {mark: self.files(root, mark) for mark in self.marks}
        if not all(found.values()):
            return [mark for mark, files in found.items() if not files] if any(found.values()) else []
        first = next(read_rows(found[self.marks[0]][0]), None) if self.columns else None
        return [] if first is None else [f"the column {name!r}" for name in self.columns if name not in first.values]

    def lies_in(self, root: Path) -> bool:
        """Whether a folder holds this layout.

        Raises:
            DataError: A file that would tell can't be read.
        """
        found = [self.files(root, mark) for mark in self.marks]
        if not all(found):
            return False
        if not self.columns:
            return True
        first = next(read_rows(found[0][0]), None)
        return first is not None and all(column in first.values for column in self.columns)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark.

    Attributes:
        name: Its name on command lines and in files.
        title: Its name in tables.
        layouts: The forms in which it is published; the first that lies in a folder counts.
        read: Its questions, given the folder, the layout's name and the variant.
        variants: Selections of its questions; the first is the usual one.
        absent: What is known not to be published, by a breakdown's name and value, and why.
    """

    name: str
    title: str
    layouts: tuple[Layout, ...]
    read: Callable[[Path, str, str], Iterator[Question]]
    variants: tuple[str, ...] = ("full",)
    absent: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def find_layout(self, root: Path) -> Layout | None:
        """The layout that lies in a folder; None where none does."""
        return next((layout for layout in self.layouts if layout.lies_in(root)), None)

    def expected(self) -> str:
        """What is expected where, in any of the layouts."""
        return "; or ".join(f"{layout.name}: {layout.expected}" for layout in self.layouts)


def find_medium(root: Path, place: str, *paths: str) -> str:
    """The first of the paths under a folder at which something lies; the first of all where nothing does.

    Raises:
        DataError: One of them leads out of the folder, or is an address.
    """
    try:
        relative = [str(relative_path(path)) for path in paths]
    except MediaError as error:
        message = f"{place}: {error}"
        raise DataError(message) from error
    return next((path for path in relative if (root / path).exists()), relative[0])


def unique(questions: Iterator[Question], root: Path) -> Iterator[Question]:
    """The questions, each with a key of its own.

    Raises:
        DataError: Two have the same key.
    """
    seen: set[str] = set()
    for question in questions:
        if question.key in seen:
            message = f"{root}: two questions have the key {question.key!r}; are files of two releases mixed there?"
            raise DataError(message)
        seen.add(question.key)
        yield question
