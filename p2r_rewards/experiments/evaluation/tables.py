"""Model by benchmark: measured scores with their intervals, beside the paper's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from p2r_rewards.experiments.benchmarks import video_r1_eval
from p2r_rewards.experiments.benchmarks.locate import BENCHMARKS
from p2r_rewards.experiments.evaluation.published import BENCHMARKS as COLUMNS
from p2r_rewards.experiments.evaluation.published import DIFFICULTY, Group, published_rows
from p2r_rewards.experiments.evaluation.rules import RuleName
from p2r_rewards.experiments.evaluation.runs import Run

VIDEO_R1_COLUMNS = {
    "vsibench": "vsi-bench",
    "videommmu": "videommmu",
    "mmvu": "mmvu",
    "mvbench": "mvbench",
    "tempcompass": "tempcompass",
    "videomme": "video-mme",
}
"""Which benchmark each of Video-R1's evaluation files is taken from."""

MEASURES = {
    "official": "the benchmark's own score",
    "paper": "the score that the paper reports",
    "default": "the score by this library's graders",
}


class Cell(NamedTuple):
    """A score in %.

    Attributes:
        value: The score.
        low: The lower end of its 95% interval; None: none is known, as of the paper's numbers.
        high: The upper end.
        notes: What is to be known of it.
    """

    value: float
    low: float | None = None
    high: float | None = None
    notes: tuple[str, ...] = ()


class TableRow(NamedTuple):
    """A model's row.

    Attributes:
        model: Its name, as somebody wrote it.
        cells: By column; None: no score.
        published: Whether these are the paper's numbers.
    """

    model: str
    cells: tuple[Cell | None, ...]
    published: bool


class ScoreTable(NamedTuple):
    """A table.

    Attributes:
        caption: What is shown.
        columns: The heads of the columns behind the models'.
        rows: Measured rows, then the paper's.
        remarks: What is to be known of all of it.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    remarks: tuple[str, ...]


def build_table(runs: Sequence[Run], *, rule: RuleName = "paper", beside: Group | None = "main") -> ScoreTable:
    """The table of some runs.

    The mean stands where all seven benchmarks are there, and is of measured numbers only.

    Args:
        runs: Scored runs.
        rule: By which rule.
        beside: Which of the paper's tables to show below; None: none.
    """
    cells: dict[str, dict[str, Cell]] = {}
    for run in runs:
        for label, column, cell in _cells(run, rule):
            cells.setdefault(label, {})[column] = cell
    rows = [TableRow(model, _line(by_column), published=False) for model, by_column in cells.items()]
    if beside is not None:
        rows += [
            TableRow(row.model, (*(Cell(row.scores[name]) for name in COLUMNS), Cell(row.mean)), published=True)
            for row in published_rows(beside)
        ]
    return ScoreTable(
        f"Scores in %: {MEASURES[rule]}",
        (*(BENCHMARKS[name].title for name in COLUMNS), "Mean"),
        tuple(rows),
        _remarks(rule, beside is not None),
    )


def build_difficulty_table(runs: Sequence[Run], *, rule: RuleName = "paper", beside: bool = True) -> ScoreTable:
    """Scores by difficulty, as in Table 7: Video-MME by duration, VideoMMMU by track.

    Args:
        runs: Scored runs; those of other benchmarks take no part.
        rule: By which rule.
        beside: Whether the paper's rows stand below.
    """
    cells: dict[str, dict[tuple[str, str, str], Cell]] = {}
    for run in runs:
        for place in DIFFICULTY:
            benchmark, breakdown, value = place
            listed = run.scores["rules"][rule]["by"].get(breakdown, ()) if run.benchmark == benchmark else ()
            for one in listed:
                cell = _cell(run, one) if one["name"] == value else None
                if cell is not None:
                    cells.setdefault(run.model, {})[place] = cell
    rows = [TableRow(model, tuple(map(found.get, DIFFICULTY)), published=False) for model, found in cells.items()]
    for model in next(iter(DIFFICULTY.values())) if beside else ():
        rows.append(TableRow(model, tuple(Cell(scores[model]) for scores in DIFFICULTY.values()), published=True))
    columns = tuple(f"{BENCHMARKS[benchmark].title} {value}" for benchmark, _, value in DIFFICULTY)
    return ScoreTable(f"Scores by difficulty in %: {MEASURES[rule]}", columns, tuple(rows), _remarks(rule, beside))


def _remarks(rule: RuleName, beside: bool) -> tuple[str, ...]:
    remarks = ["Square brackets: 95% intervals, taking questions as independent; several on one video are not quite."]
    if beside:
        remarks.append("Rows marked (paper) are as printed in arXiv 2511.11113.")
        if rule != "paper":
            remarks.append("The paper's numbers are by its own protocols: compare them with --rule paper.")
    return tuple(remarks)


def _cells(run: Run, rule: RuleName) -> Iterator[tuple[str, str, Cell]]:
    """The label of a run's row, the columns, and their cells."""
    measures = run.scores["rules"][rule]["measures"]
    if run.benchmark != video_r1_eval.NAME:
        cell = _cell(run, measures[0]) if measures else None
        if cell is not None:
            yield run.model, run.benchmark, cell
        return
    for one in measures:
        subset, _, what = str(one["name"]).partition(": ")
        column = VIDEO_R1_COLUMNS.get(subset)
        cell = _cell(run, one) if what == "reported" and column else None
        if cell is not None and column is not None:
            yield f"{run.model} (Video-R1's files)", column, cell


def _cell(run: Run, one: dict[str, Any]) -> Cell | None:
    if one["value"] is None:
        return None
    notes = [str(one["note"])] if one["note"] else []
    if run.incomplete:
        fate = "counted as wrong" if run.scores["unanswered"] == "wrong" else "left out"
        notes.append(f"{run.incomplete:,} of {run.scores['questions']:,} questions unanswered, {fate}")
    low, high = (None if one[name] is None else 100 * float(one[name]) for name in ("low", "high"))
    return Cell(100 * float(one["value"]), low, high, tuple(notes))


def _line(by_column: dict[str, Cell]) -> tuple[Cell | None, ...]:
    line = tuple(by_column.get(name) for name in COLUMNS)
    known = [cell.value for cell in line if cell is not None]
    mean = Cell(sum(known) / len(known)) if len(known) == len(COLUMNS) else None
    return (*line, mean)
