"""The scores of a benchmark out of its verdicts: main ones, by task and the like, and what they leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from p2r_rewards.experiments.evaluation.intervals import Measure, measure
from p2r_rewards.experiments.evaluation.marks import Marked
from p2r_rewards.experiments.evaluation.rules import RULES, RuleName, for_breakdowns, summarise
from p2r_rewards.experiments.evaluation.verdicts import Verdict


class RuleScores(NamedTuple):
    """What one rule makes of a benchmark.

    Attributes:
        rule: Which rule.
        measures: Its scores, the main one first.
        by: Accuracy by each breakdown and its values, in their order among the questions.
        scored: How many questions have a mark.
        unscored: How many have none, by reason.
        unparsed: In how many replies the rule found no answer.
    """

    rule: RuleName
    measures: list[Measure]
    by: dict[str, list[Measure]]
    scored: int
    unscored: dict[str, int]
    unparsed: int


class Scores(NamedTuple):
    """The scores of a benchmark by every rule, and what became of its questions.

    Attributes:
        questions: How many there are.
        answered: How many have an answer.
        failed: How many have an error in its place.
        missing: How many have no row.
        cut_off: How many answers ended at the limit of tokens.
        empty: How many answers are empty.
        rules: The rules' scores.
    """

    questions: int
    answered: int
    failed: int
    missing: int
    cut_off: int
    empty: int
    rules: list[RuleScores]


def score_verdicts(benchmark: str, verdicts: Sequence[Verdict]) -> Scores:
    """The scores that all verdicts on a benchmark come to."""
    states = Counter(verdict.state for verdict in verdicts)
    given = [verdict.answer for verdict in verdicts if verdict.answer is not None and verdict.answer.output is not None]
    return Scores(
        questions=len(verdicts),
        answered=states["answered"],
        failed=states["failed"],
        missing=states["missing"],
        cut_off=sum(answer.finish_reason == "length" for answer in given),
        empty=sum(not (answer.output or "").strip() for answer in given),
        rules=[_score_rule(rule, benchmark, verdicts) for rule in RULES],
    )


def _score_rule(rule: RuleName, benchmark: str, verdicts: Sequence[Verdict]) -> RuleScores:
    marked = [Marked(verdict.question, verdict.marks[rule]) for verdict in verdicts]
    unscored = Counter(_kind(one.mark.how) for one in marked if one.mark.value is None)
    unparsed = sum(
        not verdict.marks[rule].parsed and verdict.marks[rule].value is not None
        for verdict in verdicts
        if verdict.state == "answered"
    )
    return RuleScores(
        rule,
        summarise(rule, benchmark, marked),
        break_down(for_breakdowns(rule, benchmark, marked)),
        scored=len(marked) - unscored.total(),
        unscored=dict(unscored.most_common()),
        unparsed=unparsed,
    )


def break_down(marked: Sequence[Marked]) -> dict[str, list[Measure]]:
    """The mean mark by each breakdown (task, domain, duration, …) and each of its values."""
    cells: dict[str, dict[str, list[float]]] = {}
    for question, mark in marked:
        for name, value in question.breakdown.items():
            listed = cells.setdefault(name, {}).setdefault(value, [])
            if mark.value is not None:
                listed.append(mark.value)
    return {name: [measure(value, listed) for value, listed in values.items()] for name, values in cells.items()}


def scores_record(scores: Scores) -> dict[str, Any]:
    """The scores as plain data, as `scores.json` holds them."""
    record: dict[str, Any] = scores._asdict()
    record["rules"] = {
        one.rule: {
            "measures": [asdict(each) for each in one.measures],
            "by": {name: [asdict(each) for each in cells] for name, cells in one.by.items()},
            "scored": one.scored,
            "unscored": one.unscored,
            "unparsed": one.unparsed,
        }
        for one in scores.rules
    }
    return record


def _kind(how: str) -> str:
    """The reason without what differs from question to question."""
    return how.partition(":")[0]
