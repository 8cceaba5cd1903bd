"""Scored runs read back question by question, so that two can be compared on the same questions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.analyses.named_runs import NamedRun
from p2r_rewards.experiments.answering.run_folder import ANSWERS
from p2r_rewards.experiments.benchmarks import video_mmmu, vsi_bench
from p2r_rewards.experiments.evaluation.published import BENCHMARKS
from p2r_rewards.experiments.evaluation.rules import CHOICES_ONLY
from p2r_rewards.experiments.evaluation.runs import Run, read_runs
from p2r_rewards.experiments.evaluation.score_files import SCORES
from p2r_rewards.problem import ProblemType
from p2r_rewards.rollouts.dataset_records import read_records
from p2r_rewards.rollouts.json_text import parse_json
from p2r_rewards.rollouts.reading import identify

_TOLERANCE = 1e-9


class Mark(NamedTuple):
    """A question's mark by the paper's rule.

    Attributes:
        value: In [0, 1].
        stratum: What it is averaged within.
        video: What its question is about; questions on one video are not independent.
    """

    value: float
    stratum: str
    video: str


class ScoredBenchmark(NamedTuple):
    """A run's marks on a benchmark.

    Attributes:
        run: The scores.
        marks: The marks that the paper's score averages, by key.
    """

    run: Run
    marks: Mapping[str, Mark]

    @property
    def main(self) -> Mapping[str, Any]:
        """The paper's score of it."""
        measure: Mapping[str, Any] = self.run.scores["rules"]["paper"]["measures"][0]
        return measure


def count_scores(named: NamedRun) -> int:
    """How many scored sets of questions lie in a folder and those below."""
    return len(_find_scores(Path(named.path)))


def read_scored(named: NamedRun) -> dict[str, ScoredBenchmark]:
    """The benchmarks that were scored in a folder and those below, by name, in the paper's order.

    Raises:
        DataError: There are none, one is there twice, or its verdicts are not those that its score comes from.
    """
    place = Path(named.path)
    paths = _find_scores(place)
    if not paths:
        message = f"{place}: holds no {SCORES}, nor does a folder below; p2r-eval score writes it"
        raise DataError(message)
    found: dict[str, ScoredBenchmark] = {}
    for path in paths:
        (run,) = read_runs([str(path)])
        if run.benchmark not in BENCHMARKS:
            continue
        if run.benchmark in found:
            message = f"{path}: scores {run.benchmark}, as {found[run.benchmark].run.place} does; leave one out"
            raise DataError(message)
        found[run.benchmark] = _read_marks(run, path.parent)
    if not found:
        message = f"{place}: holds none of the paper's seven benchmarks ({', '.join(BENCHMARKS)})"
        raise DataError(message)
    return {name: found[name] for name in BENCHMARKS if name in found}


def _find_scores(place: Path) -> list[Path]:
    return sorted(place.rglob(SCORES)) if place.is_dir() else [place]


def _read_marks(run: Run, folder: Path) -> ScoredBenchmark:
    path = next((folder / name for name in ("verdicts.jsonl", "verdicts.parquet") if (folder / name).is_file()), None)
    if path is None:
        message = f"{folder}: holds no verdicts beside {SCORES}; score again with p2r-eval score"
        raise DataError(message)
    videos = _read_videos(folder, run.benchmark)
    marks: dict[str, Mark] = {}
    for line, row in read_records(identify(path, str(path)), list):
        try:
            if isinstance(row, DataError):
                raise row
            key, value = str(row["key"]), row["paper"]
            stratum = _stratum(run.benchmark, str(row["problem_type"]), row["breakdown"])
            if value is not None and stratum is not None:
                marks[key] = Mark(float(value), stratum, videos.get(key, f"question {key}"))
        except (KeyError, TypeError, ValueError, DataError) as error:
            message = f"{path}:{line}: is no verdict of p2r-eval score: {error}"
            raise DataError(message) from error
    scored = ScoredBenchmark(run, marks)
    told, own = scored.main["value"], weighted_mean(marks)
    if (told is None) != (own is None) or (told is not None and not math.isclose(told, own or 0.0, abs_tol=_TOLERANCE)):
        message = f"{path}: its marks come to {own}, and {run.place} says {told}; score again with p2r-eval score"
        raise DataError(message)
    return scored


def weighted_mean(marks: Mapping[str, Mark]) -> float | None:
    """The mean of the strata's means, in [0, 1]; None without marks."""
    strata: dict[str, list[float]] = {}
    for mark in marks.values():
        strata.setdefault(mark.stratum, []).append(mark.value)
    means = [math.fsum(values) / len(values) for values in strata.values()]
    return math.fsum(means) / len(means) if means else None


def _stratum(benchmark: str, kind: str, breakdown: str) -> str | None:
    """What the paper's score averages a question within; None: the question is no part of it (Supp. 8.2)."""
    is_choice = kind == ProblemType.MULTIPLE_CHOICE
    if benchmark == vsi_bench.NAME:
        return "accuracy" if is_choice else "MRA"
    if benchmark in CHOICES_ONLY:
        return "all" if is_choice else None
    if benchmark == video_mmmu.NAME and parse_json(breakdown.encode()).value["track"] == video_mmmu.QUESTION_ONLY:
        return None
    return "all"


def _read_videos(folder: Path, benchmark: str) -> dict[str, str]:
    """The video of each question, where the answers beside tell it."""
    videos: dict[str, str] = {}
    for path in sorted(one for form in ("jsonl", "parquet") for one in folder.glob(f"{ANSWERS}*.{form}")):
        for _, row in read_records(identify(path, str(path)), list):
            if (
                not isinstance(row, DataError)
                and row.get("benchmark") == benchmark
                and isinstance(row.get("path"), str)
            ):
                videos[str(row.get("key"))] = row["path"]
    return videos
