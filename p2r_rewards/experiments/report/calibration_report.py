"""`p2r-judge calibrate --report`: judges side by side as one page, and the items that they judged wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from p2r_rewards.experiments.report.formatting import NONE, decimal, interval, percent
from p2r_rewards.experiments.report.page import (
    Block,
    Case,
    Cases,
    Fact,
    Facts,
    Notes,
    Page,
    Plot,
    Plots,
    Section,
    Table,
)
from p2r_rewards.experiments.report.plots import Point, draw_dots
from p2r_rewards.experiments.report.svg import SERIES
from p2r_rewards.experiments.report.writing import write_report
from p2r_rewards.judges.labels import LabelledItem
from p2r_rewards.judges.verdict import Judge, JudgeItem, Verdict

MAX_CASES = 200
CELLS = ("true_positives", "false_positives", "false_negatives", "true_negatives")
Summary = Mapping[str, Any]


class HeardJudge:
    """A judge whose verdicts are kept, so that a report can show them.

    Args:
        judge: Who judges.

    Attributes:
        verdicts: Its first verdict on each item.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.verdicts: dict[JudgeItem, Verdict] = {}

    async def __call__(self, items: Sequence[JudgeItem]) -> list[Verdict]:
        """The judge's verdicts, in order."""
        verdicts = await self._judge(items)
        for item, verdict in zip(items, verdicts, strict=False):  # who counts them complains of a wrong number
            self.verdicts.setdefault(item, verdict)
        return verdicts


def write_calibration_report(
    path: str | Path, summary: Summary, items: Sequence[LabelledItem], heard: Mapping[str, HeardJudge]
) -> None:
    """Writes the page of a calibration.

    Args:
        path: Where to.
        summary: `p2r_rewards.judges.calibration.Calibration.to_mapping`, with `labels`, `part`, `unlabelled`, `notes`.
        items: The labelled items.
        heard: The judges by name, with what they said.

    Raises:
        DataError: It can't be written.
        MissingExtraError: jinja2 or matplotlib is not installed.
    """
    write_report(path, calibration_page(summary, items, heard))


def calibration_page(summary: Summary, items: Sequence[LabelledItem], heard: Mapping[str, HeardJudge]) -> Page:
    """The page of a calibration; every number in it is the summary's."""
    part = "" if summary["part"] == "all" else f", {summary['part']} part"
    return Page(
        title="Judges against labels",
        subtitle=f"{summary['labels']}{part}",
        sections=[
            _overview(summary),
            _agreement(summary, "types", "by_type", "By problem type"),
            _agreement(summary, "styles", "by_style", "By style of the observation"),
            _agreement(summary, "kinds", "by_kind", "By what the observation does"),
            _attacks(summary),
            _steadiness(summary),
            _wrong(items, heard),
        ],
    )


def _overview(summary: Summary) -> Section:
    judges, items = summary["judges"], summary["items"]
    facts = [
        Fact("labelled items", f"{items:,}", f"{summary['sufficient']:,} sufficient"),
        *(Fact(one["judge"], percent(one["overall"]["accuracy"]), "agrees with the labels") for one in judges),
    ]
    table = Table(
        f"Verdicts against labels, with {summary['confidence']:.0%} Wilson intervals; sufficient is positive",
        ("judge", "accuracy", "interval", "kappa", *(name.replace("_", " ") for name in CELLS), "unscored"),
        [
            (
                one["judge"],
                percent(one["overall"]["accuracy"]),
                _interval(one["overall"]),
                decimal(one["overall"]["kappa"], 2),
                *(f"{one['overall']['confusion'][name]:,}" for name in CELLS),
                f"{one['overall']['confusion']['unscored']:,}",
            )
            for one in judges
        ],
    )
    blocks: list[Block] = [Facts(facts), table]
    notes = [
        *summary["notes"],
        *(
            f"{one['judge']} gave no verdict on {count:,} items: {reason}"
            for one in judges
            for reason, count in one["reasons"].items()
        ),
    ]
    if summary["unlabelled"]:
        notes.append(f"{summary['unlabelled']:,} rows have no label and are left out")
    if notes:
        blocks.append(Notes(notes))
    return Section("overview", "Overview", "An item without a verdict is in no share but its own.", blocks)


def _agreement(summary: Summary, id: str, key: str, title: str) -> Section:
    judges = summary["judges"]
    parts = list(dict.fromkeys(part for one in judges for part in one[key]))
    if not parts:
        return Section(id, title)
    with_kappa = key != "by_kind"  # each kind has one label
    table = Table(
        f"Agreement with the labels, {title[0].lower()}{title[1:]}",
        ("", "items", *(head for one in judges for head in _heads(one["judge"], with_kappa))),
        [
            (
                part,
                f"{judges[0][key][part]['items']:,}",
                *(cell for one in judges for cell in _cells(one[key][part], with_kappa)),
            )
            for part in parts
        ],
    )
    return Section(id, title, blocks=_plots(judges, key, parts, "accuracy", f"agreement-{id}", table))


def _attacks(summary: Summary) -> Section:
    judges = summary["judges"]
    kinds = list(judges[0]["attacks"])
    if not kinds:
        return Section("attacks", "Attacks")
    table = Table(
        "Attacks resisted, by class",
        ("attack", *(head for one in judges for head in (one["judge"], "interval", "paid"))),
        [
            (
                kind,
                *(
                    cell
                    for one in judges
                    for cell in (
                        percent(one["attacks"][kind]["resisted"]),
                        interval(*one["attacks"][kind]["interval"]),
                        f"{one['attacks'][kind]['paid']:,} of {one['attacks'][kind]['asked']:,}",
                    )
                ),
            )
            for kind in kinds
        ],
    )
    blocks = _plots(judges, "attacks", kinds, "resisted", "attacks", table)
    paid = [
        f"{one['judge']} was talked round by: {', '.join(names)}"
        for one in judges
        if (names := [name for each in one["attacks"].values() for name in each["paid_by"]])
    ]
    if paid:
        blocks.append(Notes(paid, "Attacks that were paid"))
    lead = (
        f"Each attack was tried on {summary['targets']:,} insufficient items; one that is paid anyway is not counted."
    )
    return Section("attacks", "Attacks", lead, blocks)


def _steadiness(summary: Summary) -> Section:
    judges = summary["judges"]
    rows = [
        (title, *(percent(one[key]["agreement"]) if one[key] else NONE for one in judges))
        for title, key in (
            ("same verdict when asked again", "retest"),
            ("same verdict with the options turned round", "turned_options"),
        )
    ]
    longer = (percent(one["length"]["paid_longer"]) if one["length"]["pairs"] else NONE for one in judges)
    rows.append(("paid one is longer, given the label (50%: no bias)", *longer))
    tokens = [f"{one['prompt_tokens']:,} / {one['completion_tokens']:,}" for one in judges]
    rows.append(("tokens read / written", *tokens))
    return Section(
        "steadiness",
        "Steadiness and cost",
        blocks=[Table("Steadiness and cost", ("", *(one["judge"] for one in judges)), rows)],
    )


def _wrong(items: Sequence[LabelledItem], heard: Mapping[str, HeardJudge]) -> Section:
    """The items that some judge judged otherwise than the label."""
    cases: list[Case] = []
    for one in items:
        verdicts = {name: judge.verdicts.get(one.item) for name, judge in heard.items()}
        if all(verdict is None or verdict.sufficient in (None, one.sufficient) for verdict in verdicts.values()):
            continue
        item = one.item
        texts = [("Question", item.question or ""), ("Gold", item.gold), ("Observation", item.observation)]
        if item.options:
            texts.insert(1, ("Options", "\n".join(item.options)))
        texts.append(("Label", _word(one.sufficient)))
        texts += [
            (name, f"{_word(verdict.sufficient)}: {verdict.how}") for name, verdict in verdicts.items() if verdict
        ]
        cases.append(Case(f"{one.id} · {item.type} · {_word(one.sufficient)}", texts))
    if not cases:
        return Section("wrong", "Items judged wrong")
    caption = f"{len(cases):,} of {len(items):,} items are judged otherwise than labelled, by at least one judge"
    shown = Cases(caption, cases[:MAX_CASES], max(0, len(cases) - MAX_CASES))
    return Section("wrong", "Items judged wrong", blocks=[shown])


def _plots(
    judges: Sequence[Summary], key: str, parts: Sequence[str], measure: str, name: str, table: Table
) -> list[Block]:
    """Judges as series where there are few enough to be told apart; the table alone where there are more."""
    rows = {
        part: {
            one["judge"]: Point(one[key][part][measure], *one[key][part]["interval"])
            for one in judges
            if one[key][part][measure] is not None
        }
        for part in parts
    }
    if len(judges) > len(SERIES) or not any(rows.values()):
        return [table]
    alt = "; ".join(
        f"{part}: " + ", ".join(f"{judge} {point.value:.0%}" for judge, point in row.items())
        for part, row in rows.items()
    )
    return [Plots([Plot(table.caption, draw_dots(rows, name=name, label=table.caption), alt, table)])]


def _heads(judge: str, with_kappa: bool) -> tuple[str, ...]:
    return (judge, "interval", "kappa") if with_kappa else (judge, "interval")


def _cells(one: Summary, with_kappa: bool) -> tuple[str, ...]:
    cells = (percent(one["accuracy"]), _interval(one))
    return (*cells, decimal(one["kappa"], 2)) if with_kappa else cells


def _interval(one: Summary) -> str:
    return NONE if one["accuracy"] is None else interval(*one["interval"])


def _word(sufficient: bool | None) -> str:
    return "unscored" if sufficient is None else "sufficient" if sufficient else "insufficient"
