"""Think-answer mismatch of runs on multiple-choice questions, by benchmark (arXiv 2511.11113, Table 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.analyses.named_runs import NamedRun
from p2r_rewards.experiments.answering.run_folder import find_answers
from p2r_rewards.experiments.benchmarks import video_r1_eval
from p2r_rewards.experiments.benchmarks.locate import load_benchmark
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.intervals import Stratum, measure_strata
from p2r_rewards.experiments.evaluation.published import BENCHMARKS
from p2r_rewards.judges.agreement import wilson_interval
from p2r_rewards.judges.mismatches import Mismatches, RowPlace
from p2r_rewards.judges.model_extraction import ModelExtraction
from p2r_rewards.parsing import parse_completion
from p2r_rewards.problem import Problem
from p2r_rewards.rollouts.batch import Row
from p2r_rewards.rollouts.fields import FieldFinder
from p2r_rewards.rollouts.reading import find_sources, read_batches
from p2r_rewards.rollouts.rollout import RolloutReader

Stage = Literal["sft", "rl", ""]
"""What a model was trained by last when it answered; empty: it has no such stages."""

Questions = Mapping[tuple[str, str], Question]
"""Questions by benchmark and key, for answers whose rows don't hold them."""

UNNAMED = "(no benchmark)"
WITHOUT = "(others)"
MAX_NAME = 100

_BENCHMARK_COLUMNS = ("benchmark", "data_source", "dataset")
_SPELLINGS = {name.replace("-", ""): name for name in BENCHMARKS}


class MismatchRun(NamedTuple):
    """The answers of a model after a stage of training."""

    run: NamedRun
    stage: Stage = ""


def load_questions(folders: Sequence[str]) -> dict[tuple[str, str], Question]:
    """The questions of benchmarks' folders.

    Raises:
        DataError: A folder holds no benchmark.
    """
    return {
        (question.benchmark, question.key): question
        for folder in folders
        for question in load_benchmark(folder).questions
    }


def measure_runs(
    runs: Sequence[MismatchRun],
    *,
    extraction: ModelExtraction | None = None,
    questions: Questions | None = None,
    by: str | None = None,
    progress: Callable[[str, int], None] = lambda what, count: None,
) -> dict[str, Any]:
    """How often each run's answers are not what its reasoning settles on, as plain data.

    Args:
        runs: The runs.
        extraction: Reads what the rules leave open; None: nobody does.
        questions: The benchmarks' questions, for rows that don't hold them.
        by: A breakdown of these, such as "task", by which to count in place of the benchmark.
        progress: Called with what is counted, and the number so far.

    Raises:
        ConfigError: There are no runs, or no question has such a breakdown.
        DataError: A file can't be read, a run answers no choice question, or the model can't be reached.
    """
    if not runs:
        message = "give at least one run's answers"
        raise ConfigError(message)
    if by is not None and not any(by in question.breakdown for question in (questions or {}).values()):
        names = dict.fromkeys(name for question in (questions or {}).values() for name in question.breakdown)
        there = f"those of --data have {', '.join(names)}" if names else "give the benchmarks' folders with --data"
        message = f"no question has a breakdown {by!r:.80}; {there}"
        raise ConfigError(message)
    found = [measure_run(one, extraction, questions or {}, by, progress) for one in runs]
    return {"extraction": found[0]["extraction"], "by": by, "runs": found}


def measure_run(
    run: MismatchRun,
    extraction: ModelExtraction | None,
    questions: Questions,
    by: str | None = None,
    progress: Callable[[str, int], None] = lambda what, count: None,
) -> dict[str, Any]:
    """The rates of one run by benchmark (or breakdown), each with its 95% Wilson interval, and their mean.

    Rules read the reasoning, and the model what they leave open; what stays open is counted and in no rate.

    Raises:
        DataError: As `measure_runs`.
    """
    found = Mismatches(extraction)
    rows = unanswered = unread = 0
    first = None
    for place, row, problem, text in _read(run.run.path, questions, by, progress):
        rows += 1
        if isinstance(text, str):
            found.add(place, problem, parse_completion(text))
        elif isinstance(row.get("error"), str):
            unanswered += 1
        else:
            unread += 1
            first = first or f"{place.file}, line {place.line}: {text}"
    found.settle()
    described = found.described()
    if not described["rows"]:
        message = (
            f"{run.run.path}: none of its {rows:,} rows answers a multiple-choice question with options; where rows "
            "don't hold their questions, give the benchmark's folder with --data"
            + (f"; first {first}" if first else "")
        )
        raise DataError(message)
    benchmarks = {one.pop("subset"): _with_interval(one) for one in described.pop("subsets")}
    del described["types"]  # there is but one
    return {
        "model": run.run.name,
        "stage": run.stage,
        "path": run.run.path,
        "answers": rows,
        "unanswered": unanswered,
        "unread": unread,
        "first_unread": first,
        **_with_interval(described),
        "benchmarks": benchmarks,
        "mean": _mean(benchmarks.values()),
    }


def _with_interval(counts: Mapping[str, Any]) -> dict[str, Any]:
    interval = wilson_interval(counts["mismatches"], counts["decided"])
    return {**counts, "interval": list(interval)}


def _mean(counted: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The mean of benchmarks' rates with its interval, by recovery of their variances."""
    decided = [one for one in counted if one["decided"]]
    if not decided:
        return None
    strata = [
        Stratum("", 1, [1.0] * one["mismatches"] + [0.0] * (one["decided"] - one["mismatches"])) for one in decided
    ]
    mean = measure_strata("mean", strata)
    return {"rate": mean.value, "interval": [mean.low, mean.high], "of": len(decided)}


_NO_PROBLEM = Problem(None, gold=None, type="")


def _read(
    path: str, questions: Questions, by: str | None, progress: Callable[[str, int], None]
) -> Iterator[tuple[RowPlace, Row, Problem, str | DataError]]:
    """Each row with its problem and its text, or why it has none."""
    reader = RolloutReader(FieldFinder())
    benchmarks = {benchmark for benchmark, _ in questions}
    only = benchmarks.pop() if len(benchmarks) == 1 else ""
    rows = 0
    for number, source in enumerate(find_sources(_inputs(path)).files):
        for batch in read_batches(source):
            for row, place in zip(batch.rows, batch.places, strict=True):
                known = _find_question(row, questions, only)
                subset = name_benchmark(row if known is None else {"benchmark": known.benchmark, **row}, batch.source)
                if by is not None:
                    subset = known.breakdown.get(by, WITHOUT) if known is not None else WITHOUT
                where = RowPlace(number, place.line, batch.source, subset)
                try:
                    rollout = reader.read(row)
                except DataError as error:
                    yield where, row, _NO_PROBLEM, error
                    continue
                problem = known.problem if known is not None else rollout.known.problem
                yield where, row, problem, rollout.text
            rows += len(batch.rows)
            progress("answers read", rows)


def _find_question(row: Row, questions: Questions, only: str) -> Question | None:
    """The question that a row answers; a row that tells no benchmark is of the only one."""
    told = row.get("benchmark")
    return questions.get((only if told is None else str(told), str(row.get("key"))))


def _inputs(path: str) -> list[str]:
    """A run's files of answers; of a folder that is no run's, all that `p2r-score` would read there."""
    try:
        return [str(one) for one in find_answers(path)]
    except DataError:
        return [path]


def name_benchmark(row: Row, file: str) -> str:
    """The benchmark that a row's question is of, by the paper's seven names where it is one of those.

    Example:
        >>> name_benchmark({"data_source": "Video_MME"}, ""), name_benchmark({}, "eval_mmvu_greedy_output.json")
        ('video-mme', 'mmvu')
    """
    named = next((row[name] for name in _BENCHMARK_COLUMNS if isinstance(row.get(name), str) and row[name]), None)
    if named == video_r1_eval.NAME:
        named = str(row.get("key")).partition("/")[0]
    told = video_r1_eval.subset_of(Path(file)) if named is None else str(named)
    folded = "".join(character for character in told.lower() if character.isalnum())
    return _SPELLINGS.get(folded, UNNAMED if named is None else told[:MAX_NAME])
