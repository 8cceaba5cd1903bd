"""Think-answer mismatch as a table, beside the paper's (arXiv 2511.11113, Table 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from p2r_rewards.experiments.analyses.published import EXTRACTION_AGREEMENT, MISMATCH
from p2r_rewards.experiments.benchmarks.locate import BENCHMARKS as TITLES
from p2r_rewards.experiments.evaluation.published import BENCHMARKS
from p2r_rewards.experiments.evaluation.tables import Cell, ScoreTable, TableRow


def mismatch_table(found: Mapping[str, Any]) -> ScoreTable:
    """What `measure_runs` found: a row a run, SFT before RL, then the paper's rows."""
    there = list(dict.fromkeys(name for run in found["runs"] for name in run["benchmarks"]))
    columns = [name for name in BENCHMARKS if name in there] + [name for name in there if name not in BENCHMARKS]
    models = list(dict.fromkeys(run["model"] for run in found["runs"]))
    runs = sorted(found["runs"], key=lambda run: (models.index(run["model"]), run["stage"] == "rl"))
    rows = [TableRow(_label(run["model"], run["stage"]), _cells(run, columns), published=False) for run in runs]
    for printed in MISMATCH if found["by"] is None else ():
        shown = (Cell(100 * printed.rates[name]) if name in printed.rates else None for name in columns)
        rows.append(TableRow(_label(printed.model, printed.stage), (*shown, Cell(100 * printed.mean)), published=True))
    remarks = [
        "Square brackets: 95% Wilson intervals, of means by recovery of their variances. Left open: reasoning that "
        "settles on no option, or an answer that names none; these are in no rate."
    ]
    if found["by"] is None:
        remarks.append(
            "Rows marked (paper) are as printed in arXiv 2511.11113, where a model read all reasoning; it agreed with "
            f"people on {EXTRACTION_AGREEMENT:.1%}. Their mean is over all seven benchmarks."
        )
    what = f"by {found['by']}, " if found["by"] is not None else ""
    return ScoreTable(
        f"Think-answer mismatch in % of choice questions, {what}read by {found['extraction']}; lower is better",
        (*(TITLES[name].title if name in TITLES else name for name in columns), "Mean"),
        tuple(rows),
        tuple(remarks),
    )


def _cells(run: Mapping[str, Any], columns: list[str]) -> tuple[Cell | None, ...]:
    mean = run["mean"]
    shown = [_cell(run["benchmarks"].get(name)) for name in columns]
    if mean is None:
        return (*shown, None)
    low, high = mean["interval"]
    notes = () if set(columns) == set(BENCHMARKS) == set(run["benchmarks"]) else (f"mean over {mean['of']}",)
    return (*shown, Cell(100 * mean["rate"], 100 * low, 100 * high, notes))


def _cell(one: Mapping[str, Any] | None) -> Cell | None:
    if one is None or one["rate"] is None:
        return None
    low, high = one["interval"]
    notes = (f"{one['undecided']:,} of {one['rows']:,} left open",) if one["undecided"] else ()
    return Cell(100 * one["rate"], 100 * low, 100 * high, notes)


def _label(model: str, stage: str | None) -> str:
    return f"{model}, {stage.upper()}" if stage else model
