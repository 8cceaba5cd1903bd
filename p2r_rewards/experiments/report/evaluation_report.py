"""`p2r-eval score --report`: a benchmark's scores by three rules as one page, and its answers to look through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from p2r_rewards.experiments.report.formatting import NONE, percent
from p2r_rewards.experiments.report.page import Block, Browser, Fact, Facts, Page, Plot, Plots, Section, Table
from p2r_rewards.experiments.report.pieces import cut_completion, shorten
from p2r_rewards.experiments.report.plots import Point, draw_dots
from p2r_rewards.experiments.report.rollouts import ShownRollout, fit_rollouts
from p2r_rewards.experiments.report.sampling import MAX_ROLLOUTS, choose_rows
from p2r_rewards.experiments.report.writing import write_report
from p2r_rewards.parsing import parse_completion
from p2r_rewards.scoring.scored_file import open_scored
from p2r_rewards.scoring.wording import counted

RULES = {"official": "the benchmark's own", "paper": "the paper's", "default": "this library's"}
SETTINGS = {
    "processes": list(RULES),
    "parts": ["score"],
    "measure": "score",
    "most": 1,
    "noun": "Answer",
    "nouns": "answers",
}
MAX_DRAWN, MAX_ROWS = 12, 60
_CHUNK = 1_000
_COLUMNS = ("key", "question", "gold", "problem_type", "state", "output", "answer")
Record = Mapping[str, Any]


def write_evaluation_report(path: str | Path, record: Record, verdicts: str | Path) -> None:
    """Writes the page of a scored benchmark.

    Args:
        path: Where to.
        record: What `scores.json` holds.
        verdicts: The file of verdicts, one row a question, `.jsonl` or `.parquet`.

    Raises:
        DataError: The verdicts can't be read, or the page can't be written.
        MissingExtraError: jinja2 or matplotlib is not installed.
    """
    write_report(path, evaluation_page(record, Path(verdicts)))


def evaluation_page(record: Record, verdicts: Path) -> Page:
    """The page of a scored benchmark; every number in it is the record's."""
    names = record["rules"]["official"]["by"]
    return Page(
        title=f"{record['model'] or 'Unnamed model'} on {record['benchmark']}",
        subtitle=f"{record['variant']} · {record['answered']:,} of {record['questions']:,} questions answered",
        sections=[_overview(record), *(_breakdown(record, number, name) for number, name in enumerate(names))],
        browser=_answers(record, verdicts),
        appendix=[_provenance(record)],
    )


def _overview(record: Record) -> Section:
    facts = [
        Fact(title, percent(found["measures"][0]["value"]), found["measures"][0]["name"])
        for rule, title in RULES.items()
        if (found := record["rules"][rule])["measures"]
    ]
    facts += [Fact(name, f"{record[name]:,}") for name in ("missing", "failed", "empty") if record[name]]
    if record["cut_off"]:
        facts.append(Fact("cut off", f"{record['cut_off']:,}"))
    measures = [
        (title, one["name"], percent(one["value"]), _interval(one), f"{one['count']:,}", one["note"])
        for rule, title in RULES.items()
        for one in record["rules"][rule]["measures"]
    ]
    columns = ("rule", "score", "value", "95% interval", "questions", "note")
    blocks: list[Block] = [Facts(facts), Table("Scores by each rule", columns, measures, frozenset({1, 5}))]
    counts = [
        (title, *(f"{record['rules'][rule][key]:,}" for rule in RULES))
        for title, key in (("scored", "scored"), ("no answer found in the reply", "unparsed"))
    ]
    reasons = dict.fromkeys(reason for rule in RULES for reason in record["rules"][rule]["unscored"])
    counts += [
        (f"unscored: {reason}", *(f"{record['rules'][rule]['unscored'].get(reason, 0):,}" for rule in RULES))
        for reason in list(reasons)[:MAX_ROWS]
    ]
    more = max(0, len(reasons) - MAX_ROWS)
    blocks.append(Table("What is in them, and what is not", ("", *RULES.values()), counts, more=more))
    fate = "count as wrong" if record["unanswered"] == "wrong" else "are left out"
    return Section("overview", "Scores", f"Questions without an answer {fate}.", blocks)


def _breakdown(record: Record, number: int, name: str) -> Section:
    by = {rule: {one["name"]: one for one in record["rules"][rule]["by"][name]} for rule in RULES}
    values = list(by["official"])
    title = f"By {name}"
    table = Table(
        title,
        (name, "questions", *(head for one in RULES.values() for head in (one, "95% interval"))),
        [
            (
                value,
                f"{max(by[rule][value]['count'] for rule in RULES):,}",
                *(cell for rule in RULES for cell in (percent(by[rule][value]["value"]), _interval(by[rule][value]))),
            )
            for value in values[:MAX_ROWS]
        ],
        more=max(0, len(values) - MAX_ROWS),
    )
    rows = {
        value: {
            title: Point(one["value"], one["low"], one["high"])
            for rule, title in RULES.items()
            if (one := by[rule][value])["value"] is not None
        }
        for value in values[:MAX_DRAWN]
    }
    rows = {value: points for value, points in rows.items() if points}
    blocks: list[Block] = [table]
    if rows:
        alt = "; ".join(
            f"{value}: " + ", ".join(f"{rule} {percent(point.value)}" for rule, point in points.items())
            for value, points in rows.items()
        )
        blocks = [Plots([Plot(title, draw_dots(rows, name=f"by-{number}", label=title), alt, table)])]
    return Section(f"by-{number}", title, blocks=blocks)


def _answers(record: Record, verdicts: Path) -> Browser:
    rows = record["questions"]
    chosen = frozenset(choose_rows(np.full(rows, -1, np.int32), most=MAX_ROLLOUTS).tolist())
    fitted, cut = fit_rollouts(list(_read(verdicts, chosen)))
    lead = f"All {counted(rows, 'question')}."
    if len(chosen) < rows:
        lead = f"{len(chosen):,} of {rows:,} questions, drawn with equal chances. The numbers above are of all."
    if cut:
        lead += f" {counted(cut, 'long reply')} shown without the middle."
    return Browser("Answers", lead, fitted, SETTINGS)


def _read(verdicts: Path, chosen: frozenset[int]) -> Iterator[ShownRollout]:
    columns = [*_COLUMNS, *RULES, *(f"{rule}_how" for rule in RULES)]
    first = 0
    for chunk in open_scored(verdicts).chunks(columns, _CHUNK):
        size = len(chunk["key"])
        for at in range(size):
            if first + at in chosen:
                yield _show({name: values[at] for name, values in chunk.items()}, first + at + 1)
        first += size


def _show(row: Mapping[str, Any], number: int) -> ShownRollout:
    done = parse_completion(row["output"] or "")
    facts = {
        "n": number,
        "group": 0,
        "place": str(row["key"])[:500],
        "id": str(row["key"])[:500],
        "type": row["problem_type"] or "",
        "question": (row["question"] or "")[:2_000],
        "options": [],
        "gold": (row["gold"] or "")[:500],
        "grade": row["official"],
        "scores": {rule: {"score": row[rule]} for rule in RULES},
        "why": [("Read as", (row["answer"] or "")[:500] or NONE, "")]
        + [(title, _value(row[rule]), (row[f"{rule}_how"] or "")[:500]) for rule, title in RULES.items()],
        "unscored": [f"{title}: {row[f'{rule}_how']}"[:500] for rule, title in RULES.items() if row[rule] is None],
        "defects": [],
        "flags": [] if row["state"] == "answered" else [row["state"]],
    }
    if len({row[rule] for rule in RULES}) > 1:
        facts["flags"].append("rules differ")
    return ShownRollout(facts=facts, pieces=shorten(cut_completion(done)))


def _provenance(record: Record) -> Section:
    names = ("version", "prompt", "data", "layout", "variant", "unanswered", "judge")
    settings = [(name, str(record[name])) for name in names if record[name] is not None]
    files = [(one["file"], one["sha256"]) for one in record["answers"]]
    blocks: list[Block] = [Table("Settings", ("setting", "value"), settings, frozenset({1}))]
    if files:
        more = max(0, len(files) - MAX_ROWS)
        blocks.insert(0, Table("Answers that were read", ("file", "SHA-256"), files[:MAX_ROWS], frozenset({1}), more))
    return Section("provenance", "Provenance", blocks=blocks)


def _interval(one: Record) -> str:
    return NONE if one["low"] is None else f"{one['low']:.1%}–{one['high']:.1%}"


def _value(value: float | None) -> str:
    return "unscored" if value is None else f"{value:.4g}"
