"""Judges side by side: agreement with people's labels, and scores of runs trained with each (Table 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.analyses.named_runs import NamedRun
from p2r_rewards.experiments.analyses.published import JUDGE_AGREEMENT
from p2r_rewards.experiments.analyses.scored_runs import read_scored
from p2r_rewards.experiments.benchmarks.locate import BENCHMARKS as TITLES
from p2r_rewards.experiments.benchmarks.records import read_json
from p2r_rewards.experiments.evaluation.published import BENCHMARKS, published_rows
from p2r_rewards.experiments.evaluation.tables import Cell, ScoreTable, TableRow
from p2r_rewards.judges.opening import LEXICAL, LEXICAL_NOTE

_PUBLISHED_PREFIX = "judge "


def read_calibration(path: Path) -> list[dict[str, Any]]:
    """The judges of a file that `p2r-judge calibrate --json` printed: name, items, agreement, interval, kappa.

    Raises:
        DataError: It is no such file.
    """
    value = read_json(path)
    try:
        return describe_calibration(value)
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path}: is not what p2r-judge calibrate --json prints"
        raise DataError(message) from error


def describe_calibration(measured: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same of what `Calibration.to_mapping` gives."""
    found = []
    for judge in measured["judges"]:
        overall = judge["overall"]
        low, high = (float(bound) for bound in overall["interval"])
        found.append(
            {
                "judge": str(judge["judge"]),
                "items": int(overall["items"]),
                "agreement": None if overall["accuracy"] is None else float(overall["accuracy"]),
                "interval": [low, high],
                "kappa": None if overall["kappa"] is None else float(overall["kappa"]),
                "unscored": float(overall["unscored"]),
            }
        )
    return found


def compare_judges(calibrated: Sequence[Mapping[str, Any]], runs: Sequence[NamedRun] = ()) -> dict[str, Any]:
    """The judges with the scores of the runs trained with them, as plain data.

    Args:
        calibrated: What was measured of each judge.
        runs: Scored runs, each called by the judge that it was trained with; one that was not measured has its scores
            alone.

    Raises:
        ConfigError: There is neither, or a judge is measured twice.
        DataError: A run was not scored.
    """
    names = [one["judge"] for one in calibrated]
    if len(set(names)) < len(names):
        message = f"a judge is measured twice: {', '.join(names)[:200]}"
        raise ConfigError(message)
    if not calibrated and not runs:
        message = "give labels with judges, a calibration, or scored runs"
        raise ConfigError(message)
    scored = {run.name: read_scored(run) for run in runs}
    judges = [dict(one) for one in calibrated]
    judges += [{"judge": name, "agreement": None} for name in scored if name not in names]
    for one in judges:
        found = scored.get(one["judge"], {})
        one["benchmarks"] = {
            name: {key: each.main[key] for key in ("value", "low", "high", "count")} for name, each in found.items()
        }
    return {"judges": judges}


def judge_table(found: Mapping[str, Any]) -> ScoreTable:
    """What `compare_judges` found, beside the paper's rows."""
    rows = [TableRow(one["judge"], _cells(one), published=False) for one in found["judges"]]
    printed = {row.model.removeprefix(_PUBLISHED_PREFIX): row for row in published_rows("judges")}
    rows += [
        TableRow(
            name,
            (
                Cell(100 * JUDGE_AGREEMENT[name]) if name in JUDGE_AGREEMENT else None,
                None,
                *(Cell(row.scores[benchmark]) for benchmark in BENCHMARKS),
                Cell(row.mean),
            ),
            published=True,
        )
        for name, row in printed.items()
    ]
    unread = [LEXICAL_NOTE.format(one["judge"]) + "." for one in found["judges"] if one["judge"] in LEXICAL]
    return ScoreTable(
        "Judges: agreement with labels, and scores of runs trained with each, in %",
        ("Agreement", "Kappa x 100", *(TITLES[name].title for name in BENCHMARKS), "Mean"),
        tuple(rows),
        (
            "Agreement: share of labels that the verdicts given are equal to; 95% Wilson intervals.",
            "Rows marked (paper) are as printed in arXiv 2511.11113: 200 labels by people, of other observations.",
            *(note[0].upper() + note[1:] for note in unread),
        ),
    )


def _cells(one: Mapping[str, Any]) -> tuple[Cell | None, ...]:
    agreement = kappa = None
    if one["agreement"] is not None:
        low, high = one["interval"]
        notes = (f"{one['unscored']:.1%} of {one['items']:,} items without a verdict",) if one["unscored"] else ()
        agreement = Cell(100 * one["agreement"], 100 * low, 100 * high, notes)
        kappa = None if one["kappa"] is None else Cell(100 * one["kappa"])
    scores = [one["benchmarks"].get(name) for name in BENCHMARKS]
    values = [each["value"] for each in scores if each is not None and each["value"] is not None]
    mean = Cell(100 * sum(values) / len(values)) if len(values) == len(BENCHMARKS) else None
    return (agreement, kappa, *(_score(each) for each in scores), mean)


def _score(one: Mapping[str, Any] | None) -> Cell | None:
    if one is None or one["value"] is None:
        return None
    return Cell(100 * one["value"], 100 * one["low"], 100 * one["high"])
