"""Which benchmark lies in a folder, and its questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.benchmarks import (
    mmvu,
    mvbench,
    tempcompass,
    vcr_bench,
    video_mme,
    video_mmmu,
    video_r1_eval,
    vsi_bench,
)
from p2r_rewards.experiments.benchmarks.benchmark import Benchmark, Layout, unique
from p2r_rewards.experiments.benchmarks.downloads import find_remains, say_remains
from p2r_rewards.experiments.benchmarks.question import Question

BENCHMARKS: dict[str, Benchmark] = {
    module.NAME: module.BENCHMARK
    for module in (vsi_bench, video_mmmu, mmvu, vcr_bench, mvbench, tempcompass, video_mme, video_r1_eval)
}
"""All benchmarks by their names, in the order of the paper's tables."""


MAX_LISTED = 12
"""Files and folders that a message names, and folders that are looked into."""


@dataclass(frozen=True, slots=True)
class LocalBenchmark:
    """A benchmark in a folder.

    Attributes:
        benchmark: Which it is.
        layout: In which of its layouts it lies there.
        root: The folder, to which paths of media are relative.
        variant: The selection of its questions.
        questions: These questions.
    """

    benchmark: Benchmark
    layout: Layout
    root: Path
    variant: str
    questions: tuple[Question, ...]


def find_benchmark(name: str) -> Benchmark:
    """The benchmark of a name.

    Raises:
        ConfigError: There is none of this name.
    """
    if name not in BENCHMARKS:
        message = f"benchmark must be one of {', '.join(BENCHMARKS)}, not {name!r:.80}"
        raise ConfigError(message)
    return BENCHMARKS[name]


def locate(folder: str | Path, name: str | None = None) -> tuple[Benchmark, Layout]:
    """Which benchmark lies in a folder, and in which layout.

    Args:
        folder: Where it was downloaded to.
        name: The benchmark that it must be; None: whichever it is.

    Raises:
        ConfigError: There is no benchmark of this name.
        DataError: There is no such folder, none lies there, or files of several; the message says what was expected.
    """
    root = Path(folder)
    candidates = [find_benchmark(name)] if name is not None else list(BENCHMARKS.values())
    if not root.is_dir():
        message = f"{root}: is no folder; give the folder that a benchmark was downloaded to"
        raise DataError(message)
    found = [(benchmark, layout) for benchmark in candidates if (layout := benchmark.find_layout(root)) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(benchmark.name for benchmark, _ in found)
        message = f"{root}: holds files of several benchmarks ({names}); name the one that is meant"
        raise DataError(message)
    raise DataError(_nothing_found(root, candidates))


def load_benchmark(folder: str | Path, name: str | None = None, variant: str | None = None) -> LocalBenchmark:
    """The questions of the benchmark in a folder; whether their media are there is for `check_media` to say.

    Args:
        folder: Where it was downloaded to.
        name: The benchmark that it must be; None: whichever it is.
        variant: The selection of its questions; None: the usual one.

    Raises:
        ConfigError: There is no benchmark of this name, or it has no such variant.
        DataError: The folder does not hold it, or a row can't be read.
    """
    root = Path(folder)
    benchmark, layout = locate(root, name)
    chosen = variant or benchmark.variants[0]
    if chosen not in benchmark.variants:
        message = f"variant of {benchmark.name} must be one of {', '.join(benchmark.variants)}, not {chosen!r:.80}"
        raise ConfigError(message)
    questions = tuple(unique(benchmark.read(root, layout.name, chosen), root))
    if not questions:
        message = f"{root}: holds {benchmark.title} without a single question"
        raise DataError(message)
    return LocalBenchmark(benchmark, layout, root, chosen, questions)


def _nothing_found(root: Path, candidates: list[Benchmark]) -> str:
    there = sorted(path.name + ("/" if path.is_dir() else "") for path in root.iterdir() if path.name[:1] != ".")
    listed = ", ".join(there[:MAX_LISTED]) + (", …" if len(there) > MAX_LISTED else "")
    one = candidates[0] if len(candidates) == 1 else None
    parts = [
        f"{root}: does not hold {one.title if one else 'any benchmark in a published layout'}",
        f"expected is {one.expected()}" if one else "p2r-eval layouts lists what is expected of each",
        f"there is {listed or 'nothing'}",
        *_nearly(root, candidates),
        *_below(root, candidates),
        say_remains(find_remains(root)),
    ]
    return "; ".join(part for part in parts if part)


def _nearly(root: Path, candidates: list[Benchmark]) -> Iterator[str]:
    """The layouts of which a part lies there, and what they lack."""
    for benchmark in candidates:
        for layout in benchmark.layouts:
            lacking = layout.lacking(root)
            # Other benchmarks have tables of the same names: columns tell only where one benchmark is meant.
            if lacking and (len(candidates) == 1 or not lacking[0].startswith("the column")):
                yield f"for {benchmark.title} ({layout.name}) it lacks {', '.join(lacking)}"


def _below(root: Path, candidates: list[Benchmark]) -> Iterator[str]:
    """The folders in it that hold a benchmark."""
    folders = sorted(path for path in root.iterdir() if path.is_dir() and path.name[:1] != ".")
    for folder in folders[:MAX_LISTED]:
        for benchmark in candidates:
            try:
                found = benchmark.find_layout(folder)
            except DataError:
                continue
            if found is not None:
                yield f"{benchmark.title} lies in {folder}"
