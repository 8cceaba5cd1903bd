"""Think-answer mismatch of runs on multiple-choice questions, by benchmark (arXiv 2511.11113, Table 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.analyses.mean_intervals import Share, mean_share
from p2r_rewards.judges.agreement import wilson_interval
from p2r_rewards.judges.mismatches import Mismatches, RowPlace
from p2r_rewards.judges.model_extraction import ModelExtraction
from p2r_rewards.parsing import parse_completion
from p2r_rewards.problem import Problem
from p2r_rewards.rollouts.batch import Row
from p2r_rewards.rollouts.fields import FieldFinder
from p2r_rewards.rollouts.reading import find_sources, read_batches
from p2r_rewards.rollouts.rollout import RolloutReader

Stage = str
"""What a model was trained by when it answered: "sft", "rl", or "" for a model without such stages."""

BENCHMARK_COLUMNS = ("benchmark", "data_source", "dataset")
"""The columns whose value names a row's benchmark; the first that is there counts."""

UNNAMED = "(no benchmark)"
MAX_NAME = 100

Problems = Mapping[tuple[str, str], Problem]
"""Problems by benchmark and key, for answers whose rows don't hold them."""


@dataclass(frozen=True, slots=True)
class MismatchRun:
    """The answers of a model.

    Attributes:
        model: What it is called.
        stage: "sft", "rl" or "".
        inputs: Files or folders with its answers: what `p2r-score` reads.
    """

    model: str
    stage: Stage
    inputs: tuple[str, ...]


def measure_mismatch(
    run: MismatchRun,
    *,
    extraction: ModelExtraction | None = None,
    problems: Problems | None = None,
    confidence: float = 0.95,
    progress: Callable[[str, int], None] = lambda what, count: None,
) -> dict[str, Any]:
    """How often the run's answers are not what its reasoning settles on, as plain data, by benchmark.

    Rules read the reasoning, and the model what they leave open; what stays open is counted and in no rate. Each rate
    has its Wilson interval; the mean over benchmarks, as the paper's, one by recovery of variances.

    Raises:
        DataError: A file can't be read, no row is the answer to a choice question, or the model can't be reached.
    """
    found = Mismatches(extraction)
    rows = unanswered = unread = 0
    first_unread = None
    for place, row, problem, text in _read(run.inputs, problems or {}, progress):
        rows += 1
        if isinstance(text, DataError):
            unanswered += bool(_is_unanswered(row))
            if not _is_unanswered(row):
                unread, first_unread = unread + 1, first_unread or f"{place.file}, line {place.line}: {text}"
            continue
        found.add(place, problem, parse_completion(text))
    found.settle()
    described = found.described()
    if not described["rows"]:
        why = f"; first {first_unread}" if first_unread else ""
        message = (
            f"{', '.join(run.inputs)}: none of {rows:,} rows answers a multiple-choice question with options; where "
            f"rows don't hold their questions, give the benchmark's folder with --data{why}"
        )
        raise DataError(message)
    rate = partial(_with_interval, confidence=confidence)
    benchmarks = {one.pop("subset"): rate(one) for one in described.pop("subsets")}
    shares = [Share(one["rate"], *one["interval"]) for one in benchmarks.values() if one["rate"] is not None]
    mean = mean_share(shares)
    return {
        "model": run.model,
        "stage": run.stage,
        "inputs": list(run.inputs),
        "answers": rows,
        "unanswered": unanswered,
        "unread": unread,
        "first_unread": first_unread,
        **rate(described),
        "benchmarks": benchmarks,
        "mean": None if mean is None else {"rate": mean.value, "interval": [mean.low, mean.high], "of": len(shares)},
    }


def check_runs(runs: Sequence[MismatchRun]) -> None:
    """Refuses a model whose stage is given twice.

    Raises:
        ConfigError: It names the model.
    """
    names = [(run.model, run.stage) for run in runs]
    for model, stage in names:
        if names.count((model, stage)) > 1:
            message = f"{model!r:.80}{f' ({stage})' if stage else ''} is given twice; name each run once, as NAME=PATH"
            raise ConfigError(message)


def _with_interval(counts: Mapping[str, Any], *, confidence: float) -> dict[str, Any]:
    interval = wilson_interval(counts["mismatches"], counts["decided"], confidence=confidence)
    return {**counts, "interval": list(interval)}


def _read(
    inputs: Sequence[str], problems: Problems, progress: Callable[[str, int], None]
) -> Iterator[tuple[RowPlace, Row, Problem, str | DataError]]:
    """Each row with its problem and its text, or why it has none."""
    reader = RolloutReader(FieldFinder())
    rows = 0
    for number, source in enumerate(find_sources(inputs).files):
        for batch in read_batches(source):
            for row, place in zip(batch.rows, batch.places, strict=True):
                where = RowPlace(number, place.line, batch.source, _benchmark(row))
                try:
                    rollout = reader.read(row)
                except DataError as error:
                    yield where, row, _NO_PROBLEM, error
                    continue
                known = problems.get((str(row.get("benchmark")), str(row.get("key"))))
                yield where, row, known or rollout.known.problem, rollout.text
            rows += len(batch.rows)
            progress("answers read", rows)


_NO_PROBLEM = Problem("", gold=None, type="")


def _benchmark(row: Row) -> str:
    named = next((row[name] for name in BENCHMARK_COLUMNS if isinstance(row.get(name), str) and row[name]), UNNAMED)
    return str(named)[:MAX_NAME]


def _is_unanswered(row: Row) -> bool:
    return "output" in row and row["output"] is None and isinstance(row.get("error"), str)
