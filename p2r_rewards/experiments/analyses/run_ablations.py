"""Runs of ablations beside a full run, with paired differences on the same questions (arXiv 2511.11113, Table 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.analyses.named_runs import NamedRun
from p2r_rewards.experiments.analyses.paired import Paired, check_confidence, draw_interval, paired_difference
from p2r_rewards.experiments.analyses.scored_runs import ScoredBenchmark, count_scores, read_scored
from p2r_rewards.experiments.benchmarks.locate import BENCHMARKS as TITLES
from p2r_rewards.experiments.evaluation.published import BENCHMARKS, Group, published_rows
from p2r_rewards.experiments.evaluation.tables import Cell, ScoreTable, TableRow

CONFIDENCE = 0.95

Scored = Mapping[str, ScoredBenchmark]


def compare_runs(
    runs: Sequence[NamedRun], *, full: str | None = None, confidence: float = CONFIDENCE, seed: int = 0
) -> dict[str, Any]:
    """The paper's scores of each run, and its differences from the full run, as plain data.

    A difference is over the questions that both runs have a mark for, by a bootstrap that draws whole videos.

    Args:
        runs: Scored runs, the first of them the full one.
        full: The name of the full one, where it is not the first.
        confidence: Of the intervals of differences.
        seed: Of the draws.

    Raises:
        ConfigError: There are no runs, none is called so, or the confidence is not between 0 and 1.
        DataError: A run was not scored.
    """
    if not runs:
        message = "give at least one scored run"
        raise ConfigError(message)
    check_confidence(confidence)
    names = [run.name for run in runs]
    base = full if full is not None else names[0]
    if base not in names:
        message = f"--full {base!r:.100}: the runs are {', '.join(names)}"
        raise ConfigError(message)
    scored: dict[str, Scored] = {run.name: read_scored(run) for run in runs}
    return {
        "full": base,
        "confidence": confidence,
        "runs": [_describe(run, scored[run.name], scored[base], base, confidence, seed) for run in runs],
    }


def _describe(
    run: NamedRun, scored: Scored, base: Scored, base_name: str, confidence: float, seed: int
) -> dict[str, Any]:
    pairs = {} if run.name == base_name else _pair(scored, base, seed)
    return {
        "name": run.name,
        "path": run.path,
        "passed_over": count_scores(run) - len(scored),
        "benchmarks": {name: _score(one) for name, one in scored.items()},
        "mean": _mean([one.main["value"] for one in scored.values()]),
        "differences": {name: _difference(pair, confidence) for name, pair in pairs.items()},
        "mean_difference": _mean_difference(pairs, confidence),
    }


def _score(one: ScoredBenchmark) -> dict[str, Any]:
    told = {name: one.main[name] for name in ("value", "low", "high", "count")}
    return {**told, "unanswered": one.run.incomplete, "model": one.run.model}


def _mean(values: Sequence[float | None]) -> dict[str, Any] | None:
    known = [value for value in values if value is not None]
    return {"value": sum(known) / len(known), "of": len(known)} if known else None


def _pair(scored: Scored, base: Scored, seed: int) -> dict[str, Paired]:
    pairs = {}
    for name, one in scored.items():
        other = base[name].marks if name in base else {}
        keys = [key for key in one.marks if key in other]
        if not keys:
            continue
        strata = [other[key].stratum for key in keys]
        kinds = dict.fromkeys(strata)
        pairs[name] = paired_difference(
            [one.marks[key].value for key in keys],
            [other[key].value for key in keys],
            strata=strata,
            weights={kind: 1 / len(kinds) for kind in kinds},
            clusters=[other[key].video for key in keys],
            seed=seed + BENCHMARKS.index(name),  # benchmarks are drawn independently
        )
    return pairs


def _difference(pair: Paired, confidence: float) -> dict[str, Any]:
    interval = pair.interval(confidence)
    return {
        "value": pair.difference,
        "interval": None if interval is None else list(interval),
        "questions": pair.questions,
        "videos": pair.clusters,
    }


def _mean_difference(pairs: Mapping[str, Paired], confidence: float) -> dict[str, Any] | None:
    if not pairs:
        return None
    value = sum(pair.difference for pair in pairs.values()) / len(pairs)
    if any(pair.clusters < 2 for pair in pairs.values()):
        return {"value": value, "interval": None, "of": len(pairs)}
    size = min(len(pair.draws) for pair in pairs.values())
    interval = draw_interval(np.mean([pair.draws[:size] for pair in pairs.values()], axis=0), confidence)
    return {"value": value, "interval": None if interval is None else list(interval), "of": len(pairs)}


def ablation_table(found: Mapping[str, Any], *, beside: Group = "ablations") -> ScoreTable:
    """What `compare_runs` found as a table: scores, then differences, then the paper's rows."""
    rows = [TableRow(run["name"], _scores(run), published=False) for run in found["runs"]]
    rows += [
        TableRow(f"{run['name']} - {found['full']}", _differences(run), published=False)
        for run in found["runs"]
        if run["differences"]
    ]
    rows += [
        TableRow(row.model, (*(Cell(row.scores[name]) for name in BENCHMARKS), Cell(row.mean)), published=True)
        for row in published_rows(beside)
    ]
    return ScoreTable(
        "Scores in % that the paper reports, and differences in points",
        (*(TITLES[name].title for name in BENCHMARKS), "Mean"),
        tuple(rows),
        (
            f"Differences: {found['confidence']:.0%} intervals of a paired bootstrap over videos, on questions that "
            "both runs answer. An interval that holds 0 shows no difference.",
            "Rows marked (paper) are as printed in arXiv 2511.11113, which gives no intervals.",
            *(
                f"{run['name']}: {run['passed_over']} scored sets beyond these seven passed over."
                for run in found["runs"]
                if run["passed_over"]
            ),
        ),
    )


def _scores(run: Mapping[str, Any]) -> tuple[Cell | None, ...]:
    cells: list[Cell | None] = []
    for name in BENCHMARKS:
        one = run["benchmarks"].get(name)
        if one is None or one["value"] is None:
            cells.append(None)
            continue
        notes = (f"{one['unanswered']:,} questions unanswered",) if one["unanswered"] else ()
        cells.append(Cell(100 * one["value"], 100 * one["low"], 100 * one["high"], notes))
    mean = run["mean"]
    return (*cells, None if mean is None else Cell(100 * mean["value"], notes=_of(mean)))


def _differences(run: Mapping[str, Any]) -> tuple[Cell | None, ...]:
    listed = [run["differences"].get(name) for name in BENCHMARKS]
    mean = run["mean_difference"]
    return (*map(_difference_cell, listed), _difference_cell(mean, _of(mean)))


def _difference_cell(one: Mapping[str, Any] | None, notes: tuple[str, ...] = ()) -> Cell | None:
    if one is None:
        return None
    low, high = one["interval"] or (None, None)
    return Cell(100 * one["value"], None if low is None else 100 * low, None if high is None else 100 * high, notes)


def _of(mean: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What is to be known of a mean over fewer than all benchmarks."""
    return (
        ()
        if mean is None or mean["of"] == len(BENCHMARKS)
        else (f"mean of {mean['of']} of {len(BENCHMARKS)} benchmarks",)
    )
