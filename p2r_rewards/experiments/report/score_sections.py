"""The parts of a scored run's report that come from its summary: rewards, groups, form, answers, faults of data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from p2r_rewards.experiments.report.formatting import decimal, mean, percent, share
from p2r_rewards.experiments.report.page import Block, Fact, Facts, Notes, Plot, Plots, Section, Table
from p2r_rewards.experiments.report.plots import Point, draw_bars, draw_dots
from p2r_rewards.experiments.report.svg import REASONING, THIRD

MAX_ROWS = 60
MAX_DRAWN = 12
PARTS = ("accuracy", "format", "length", "reward")
Summary = Mapping[str, Any]


def overview(summary: Summary) -> Section:
    """The numbers to see first, and what is odd about them."""
    processes = summary["processes"]
    facts = [
        Fact("rollouts", f"{summary['rows']:,}", _groups_text(summary)),
        *(
            Fact(
                f"{name} reward",
                mean(processes[name]["reward"]),
                f"accuracy {mean(processes[name]['accuracy'])}",
                process=name,
            )
            for name in ("perception", "reasoning")
        ),
        Fact("well formed", f"{summary['well_formed'] / summary['rows']:.1%}", f"{summary['well_formed']:,} rollouts"),
        Fact("not fully scored", f"{summary['unscored_rows']:,}", "rollouts with an unscored part"),
    ]
    if summary["rejects"]:
        facts.append(Fact("rejected", f"{summary['rejects']:,}", "rows that could not be read"))
    if summary["truncated"]:
        facts.append(Fact("cut off", f"{summary['truncated']:,}", "completions"))
    blocks: list[Block] = [Facts(facts)]
    if summary["health"]["findings"]:
        blocks.append(Notes(summary["health"]["findings"], "Warning signs"))
    if summary["notes"]:
        blocks.append(Notes(summary["notes"]))
    return Section("overview", "Overview", blocks=blocks)


def rewards(summary: Summary) -> Section:
    """Rewards by process and by problem type."""
    processes, types = summary["processes"], summary["types"]
    table = Table(
        "Rewards of each process, mean ± standard deviation",
        ("process", *PARTS),
        [(name, *(mean(parts[part], spread=True) for part in PARTS)) for name, parts in processes.items()],
    )
    by_type = Table(
        "Accuracy by problem type",
        ("problem type", "rollouts", "perception", "reasoning", "not fully scored"),
        [
            (
                one["type"] or "(none)",
                f"{one['rows']:,}",
                mean(one["perception"]),
                mean(one["accuracy"]),
                f"{one['unscored']:,}",
            )
            for one in types[:MAX_ROWS]
        ],
        more=max(0, len(types) - MAX_ROWS),
    )
    rows = {
        one["type"]: {
            name: Point(one[key]["mean"]) for name, key in (("perception", "perception"), ("reasoning", "accuracy"))
        }
        for one in types[:MAX_DRAWN]
        if one["perception"]["mean"] is not None or one["accuracy"]["mean"] is not None
    }
    blocks: list[Block] = [table]
    if rows:
        title = "Mean accuracy by problem type"
        alt = "; ".join(_pair(name, row) for name, row in rows.items())
        blocks.append(Plots([Plot(title, draw_dots(rows, name="types", label=title), alt, by_type)]))
    else:
        blocks.append(by_type)
    lead = (
        "Accuracy is in [0, 1], format 0 or 1, length 0 or its bonus; a reward is their sum (VideoP2R, Eq. 5). "
        "Unscored parts are in no mean."
    )
    return Section("rewards", "Rewards", lead, blocks)


def unscored(summary: Summary) -> Section:
    """Why parts have no score, and why rows were rejected."""
    blocks: list[Block] = []
    for caption, key in (
        ("A part of these rows has no score", "unscored"),
        ("These rows could not be read", "reject_reasons"),
    ):
        reasons = summary[key]
        if reasons:
            rows = [
                (one["first"]["reason"], f"{one['rows']:,}", f"{one['first']['file']}:{one['first']['line']}")
                for one in reasons[:MAX_ROWS]
            ]
            more = max(0, len(reasons) - MAX_ROWS)
            blocks.append(Table(caption, ("reason", "rows", "first"), rows, frozenset({0, 2}), more))
    lead = "Unscored is never 0: it is what the model can't help, and it trains nothing."
    return Section("unscored", "Unscored and rejected", lead, blocks)


def form(summary: Summary) -> Section:
    """Faults of form."""
    defects = summary["defects"]
    if not defects:
        return Section("form", "Form")
    rows = summary["rows"]
    title = "Rollouts with a fault of form"
    table = Table(title, ("fault", "rollouts"), [(name, share(count, rows)) for name, count in defects.items()])
    shown = dict(list(defects.items())[:MAX_DRAWN])
    drawing = draw_bars(
        shown, [share(count, rows) for count in shown.values()], name="defects", label=title, colour=REASONING
    )
    alt = ", ".join(f"{name} {count:,}" for name, count in shown.items())
    lead = f"{share(summary['well_formed'], rows)} of the rollouts have none. One rollout can have several."
    return Section("form", "Form", lead, [Plots([Plot(title, drawing, alt, table)])])


def examples(summary: Summary) -> Section:
    """How answers were graded, by example."""
    rows = [
        (one["type"] or "(none)", f"{one['accuracy']:.2f}", one["how"] or "", f"{one['file']}:{one['line']}")
        for one in summary["examples"][:MAX_ROWS]
    ]
    caption = "Of each problem type the first full score, and the first below it"
    blocks = [Table(caption, ("problem type", "grade", "how", "row"), rows, frozenset({2, 3}))] if rows else []
    return Section("grading", "How answers were graded", blocks=blocks)


def mismatch(summary: Summary) -> Section:
    """How often the answer is not what the reasoning settled on."""
    found = summary["mismatch"]
    if found is None or not found["rows"]:
        return Section("mismatch", "Think-answer mismatch")
    named = [(one["type"], one) for one in found["types"]] + [(one["subset"], one) for one in found["subsets"]]
    table = Table(
        "Think-answer mismatch of choice questions",
        ("", "rollouts", "decided", "mismatches", "rate", "undecided"),
        [
            (
                name or "(none)",
                *(f"{one[key]:,}" for key in ("rows", "decided", "mismatches")),
                percent(one["rate"]),
                f"{one['undecided']:,}",
            )
            for name, one in named[:MAX_ROWS]
        ],
    )
    blocks: list[Block] = [table]
    drawn = {name: one["rate"] for name, one in named[:MAX_DRAWN] if one["rate"] is not None}
    if len(drawn) > 1:
        drawing = draw_bars(
            drawn, [percent(rate) for rate in drawn.values()], name="mismatch", label=table.caption, colour=THIRD
        )
        alt = ", ".join(f"{name} {percent(rate)}" for name, rate in drawn.items())
        blocks = [Plots([Plot(table.caption, drawing, alt, table)])]
    if found["first"]:
        rows = [(one["think"], one["answer"], one["how"], f"{one['file']}:{one['line']}") for one in found["first"]]
        columns = ("reasoning settles on", "answer", "how the reasoning was read", "row")
        blocks.append(Table("The first mismatches", columns, rows, frozenset({0, 1, 2, 3})))
    lead = (
        f"The answer is not what the reasoning settled on in {percent(found['rate'])} of the rollouts where that can "
        f"be told (read by {found['extraction']})."
    )
    return Section("mismatch", "Think-answer mismatch", lead, blocks)


def comparison(summary: Summary) -> Section:
    """Where others' grades, or recorded rewards, differ from ours."""
    found, theirs = summary["comparison"], summary["compared_with"]
    if found is None or not found["rows"]:
        return Section("disagreements", "Disagreements")
    names = ("rows", "agree", "ours_higher", "theirs_higher", "ours_unscored", "theirs_unscored")
    types = found["types"]
    table = Table(
        f"Our grades beside {theirs}",
        ("problem type", *(name.replace("_", " ") for name in names), "our mean", "their mean"),
        [
            (
                one["type"] or "(none)",
                *(f"{one[name]:,}" for name in names),
                *(decimal(one[f"{side}_mean"]) for side in ("ours", "theirs")),
            )
            for one in types[:MAX_ROWS]
        ],
        more=max(0, len(types) - MAX_ROWS),
    )
    blocks: list[Block] = []
    low, high = found["theirs_range"] or (0.0, 1.0)
    rows = {
        one["type"]: {"ours": Point(one["ours_mean"]), theirs: Point(one["theirs_mean"])}
        for one in types[:MAX_DRAWN]
        if one["ours_mean"] is not None
    }
    if rows and 0 <= low <= high <= 1:
        title = "Mean grade by problem type, ours and theirs"
        alt = "; ".join(_pair(name, row) for name, row in rows.items())
        blocks.append(Plots([Plot(title, draw_dots(rows, name="compared", label=title), alt, table)]))
    else:
        blocks.append(table)
    kinds = [
        (
            kind["direction"],
            f"{kind['rows']:,}",
            *(_side(first, side) for side in ("ours", "theirs")),
            first["answer"] or "",
            first["gold"] or "",
            f"{first['file']}:{first['line']}",
        )
        for kind in found["kinds"][:MAX_ROWS]
        for first in kind["first"][:1]
    ]
    if kinds:
        columns = ("direction", "rows", "ours", "theirs", "answer", "gold", "first row")
        more = max(0, len(found["kinds"]) - MAX_ROWS)
        caption = "Kinds of disagreement, each with its first row"
        blocks.append(Table(caption, columns, kinds, frozenset({0, 2, 3, 4, 5, 6}), more))
    agreed = "no row has both values" if found["agreement"] is None else f"{found['agreement']:.1%} of rows agree"
    return Section("disagreements", "Disagreements", f"Compared with {theirs}: {agreed}.", blocks)


def provenance(summary: Summary, stamp: Mapping[str, Any]) -> Section:
    """What made these numbers."""
    settings = [("p2r-rewards", str(stamp.get("version", "")))]
    settings += [("mode", summary["mode"])]
    settings += [(f"column for {name}", ", ".join(columns)) for name, columns in summary["fields"].items()]
    settings += [(f"config: {name}", text) for name, text in _flatten(stamp.get("config", {}))]
    for name in ("group_size", "tokenizer_sha256"):
        if stamp.get(name) is not None:
            settings.append((name.replace("_", " "), str(stamp[name])))
    if summary["judge"] is not None:
        settings += [
            (f"judge: {name.replace('_', ' ')}", str(value))
            for name, value in summary["judge"].items()
            if value is not None
        ]
    files = [(one["name"], one["sha256"]) for key in ("inputs", "dataset") for one in stamp.get(key, ())]
    blocks: list[Block] = [Table("Settings", ("setting", "value"), settings, frozenset({1}), folded=True)]
    if files:
        more = max(0, len(files) - MAX_ROWS)
        blocks.insert(0, Table("Files that were read", ("file", "SHA-256"), files[:MAX_ROWS], frozenset({1}), more))
    return Section("provenance", "Provenance", "The same input and settings give the same numbers.", blocks)


def _groups_text(summary: Summary) -> str:
    size = summary["group_size"]
    if size is None:
        return "in no groups"
    of = f"{size['least']}" if size["least"] == size["most"] else f"{size['least']} to {size['most']}"
    return f"{summary['groups']:,} groups of {of}"


def _pair(name: str, row: Mapping[str, Point]) -> str:
    known = ", ".join(f"{key} {point.value:.2f}" for key, point in row.items() if point.value is not None)
    return f"{name or '(none)'}: {known}"


def _side(first: Mapping[str, Any], side: str) -> str:
    value = first[side]
    return f"{'unscored' if value is None else f'{value:.4g}'}: {first[f'{side}_how']}"


def _flatten(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, item in value.items():
        if isinstance(item, Mapping):
            yield from _flatten(item, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(item)
