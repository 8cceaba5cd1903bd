"""The perception examination: a model asked under every condition, scored, and put beside the paper's Table 5."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.analyses.examination import (
    Condition,
    Observations,
    ask_under,
    list_conditions,
    prompt_of,
    read_observations,
)
from p2r_rewards.experiments.analyses.named_runs import NamedRun
from p2r_rewards.experiments.answering.answering import NotAsked
from p2r_rewards.experiments.answering.benchmark_run import (
    BenchmarkRun,
    RunSettings,
    plan_run,
    run_benchmark,
    score_run,
    show_first_prompt,
)
from p2r_rewards.experiments.answering.choosing import Choice
from p2r_rewards.experiments.answering.run_folder import Format, find_answers
from p2r_rewards.experiments.evaluation.answer_files import read_answers
from p2r_rewards.experiments.evaluation.runs import read_runs
from p2r_rewards.experiments.evaluation.tables import ScoreTable, build_table

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclasses.dataclass(frozen=True, slots=True)
class Examination:
    """Everything that is to be asked.

    Attributes:
        runs: A run a condition and benchmark.
        observers: How many observations each observer has, and how many answers without one.
    """

    runs: tuple[tuple[Condition, BenchmarkRun], ...]
    observers: Mapping[str, Mapping[str, int]]


def plan_examination(
    folders: Sequence[str], settings: RunSettings, choice: Choice, observers: Sequence[NamedRun]
) -> Examination:
    """What is to be asked of the model, under every condition; nothing is asked yet.

    Args:
        folders: The benchmarks' folders.
        settings: How they are asked; the prompts are the examination's own.
        choice: Which of their questions.
        observers: Runs whose answers hold observations; the one called "own" is of the model itself.

    Raises:
        ConfigError: Names of observers can't be told apart, or an option fits nothing.
        DataError: A folder holds no benchmark, or a run no observations, or none of these questions.
    """
    slugs = [_slug(one.name) for one in observers]
    if len(set(slugs)) < len(slugs) or not all(slugs):
        message = f"{', '.join(one.name for one in observers)}: these names can't be told apart as folders; use letters"
        raise ConfigError(message)
    known = {one.name: read_observations(read_answers([str(p) for p in find_answers(one.path)])) for one in observers}
    own = dataclasses.replace(settings, style="think-answer", template=None)
    runs = []
    for condition in list_conditions(known):
        observations = known.get(condition.observer or "", {})
        for folder in folders:
            planned = plan_run(
                folder,
                own,
                choice,
                ask=ask_under(condition, observations),
                prompt=prompt_of(condition),
                shows_media=condition.shows_media,
                more={"shown": condition.shown, "observer": condition.observer},
            )
            runs.append((condition, planned))
    _check_benchmarks(runs)
    _check_observers(runs, known)
    return Examination(tuple(runs), {name: _count(found) for name, found in known.items()})


def _check_benchmarks(runs: Sequence[tuple[Condition, BenchmarkRun]]) -> None:
    places = [(condition, run.benchmark.benchmark.name) for condition, run in runs]
    for place in places:
        if places.count(place) > 1:
            message = f"two folders hold {place[1]}; give one of each benchmark"
            raise ConfigError(message)


def _check_observers(runs: Sequence[tuple[Condition, BenchmarkRun]], observers: Iterable[str]) -> None:
    for name in observers:
        own = [run for condition, run in runs if condition.observer == name]
        if all(isinstance(run.ask(question), NotAsked) for run in own for question in run.questions):
            message = f"the run of {name} answers none of the questions to be asked; is it of other benchmarks?"
            raise DataError(message)


def _count(found: Observations) -> dict[str, int]:
    return {"answers": len(found), "without_observation": sum(one is None for one in found.values())}


def examine(
    examination: Examination,
    output: str | Path,
    *,
    form: Format = "jsonl",
    progress: Callable[[str, int], None] | None = None,
) -> dict[str, Any]:
    """Asks and scores everything, a folder a condition and benchmark, and tells the scores as plain data.

    Raises:
        ConfigError: The model can't be opened, or a folder holds a run with other settings.
        DataError: The server failed too often in a row, or nothing can be written.
    """
    rows: dict[str, dict[str, Any]] = {}
    for condition, run in examination.runs:
        name = run.benchmark.benchmark.name
        summary = run_benchmark(run, Path(output) / folder_of(condition) / name, form=form, progress=progress)
        scores = score_run(run, summary) if summary["answered"] else []
        summary["scores"] = scores
        row = rows.setdefault(condition.title, {"condition": condition.title, **condition._asdict(), "benchmarks": {}})
        row["benchmarks"][name] = summary
    return {
        "model": _model(rows),
        "observers": {name: dict(counts) for name, counts in examination.observers.items()},
        "rows": list(rows.values()),
    }


def describe_examination(examination: Examination) -> dict[str, Any]:
    """What would be asked, as plain data: counts, and the first prompt of each condition."""
    found = []
    for condition, run in examination.runs:
        asked = sum(not isinstance(run.ask(question), NotAsked) for question in run.questions)
        found.append(
            {
                "condition": condition.title,
                "benchmark": run.benchmark.benchmark.name,
                "title": run.benchmark.benchmark.title,
                "of": len(run.benchmark.questions),
                "questions": asked,
                "without_observation": len(run.questions) - asked,
                "prompt": run.prompt,
                "media_message": run.media_message,
                "first_prompt": show_first_prompt(run),
            }
        )
    return {"observers": {name: dict(one) for name, one in examination.observers.items()}, "runs": found}


def folder_of(condition: Condition) -> str:
    """The folder's name of a condition.

    Example:
        >>> folder_of(Condition("video + text + observation", "own")), folder_of(Condition("text"))
        ('video-text-own', 'text')
    """
    if condition.observer is None:
        return "text"
    return f"{'video-text' if condition.shows_media else 'text'}-{_slug(condition.observer)}"


def examination_table(found: Mapping[str, Any]) -> ScoreTable:
    """What `examine` found, beside the paper's rows."""
    runs = [
        run._replace(model=row["condition"])
        for row in found["rows"]
        for summary in row["benchmarks"].values()
        if summary["scores"]
        for run in read_runs([str(Path(summary["output"]).parent)])
    ]
    table = build_table(runs, beside="examination")
    without = (
        f"Of {counts['answers']:,} answers of {name}, {counts['without_observation']:,} hold no observation; there the "
        "model is told that none is given."
        for name, counts in found["observers"].items()
        if counts["without_observation"]
    )
    return table._replace(
        caption=f"What {found['model']} answers by what it is shown: scores in % that the paper reports",
        remarks=(*table.remarks, *without, "The paper's are of Qwen2.5-VL-7B."),
    )


def _slug(name: str) -> str:
    return _UNSAFE.sub("-", name).strip("-.")


def _model(rows: Mapping[str, Mapping[str, Any]]) -> str:
    models = [summary["model"] for row in rows.values() for summary in row["benchmarks"].values()]
    return str(models[0]) if models else ""
