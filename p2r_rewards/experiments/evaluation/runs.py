"""Scored runs as `p2r-eval score` left them, read back for tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.benchmarks.locate import BENCHMARKS
from p2r_rewards.experiments.benchmarks.records import read_json
from p2r_rewards.experiments.evaluation.rules import RULES
from p2r_rewards.experiments.evaluation.score_files import SCHEMA, SCORES

MAX_NAME = 120


class Run(NamedTuple):
    """One model's scores of one benchmark.

    Attributes:
        model: Its name; where none is known, the folder's.
        benchmark: The benchmark.
        scores: What `scores.json` holds.
        place: Where that stands.
    """

    model: str
    benchmark: str
    scores: Mapping[str, Any]
    place: str

    @property
    def incomplete(self) -> int:
        """How many questions have no answer."""
        return int(self.scores["failed"]) + int(self.scores["missing"])


def read_runs(places: Sequence[str]) -> list[Run]:
    """The runs of folders, or of `scores.json` files.

    Raises:
        DataError: One is no such folder or file, or two hold the same model and benchmark.
    """
    found: dict[tuple[str, str], Run] = {}
    for place in places:
        run = _read_run(Path(place))
        known = found.setdefault((run.model, run.benchmark), run)
        if known is not run:
            message = (
                f"{run.place}: scores {run.model} on {run.benchmark}, as {known.place} does; leave one out, or give "
                "one another name with: p2r-eval score --model NAME"
            )
            raise DataError(message)
    return list(found.values())


def _read_run(place: Path) -> Run:
    path = place / SCORES if place.is_dir() else place
    if not path.is_file():
        message = f"{place}: holds no {SCORES}; p2r-eval score writes it"
        raise DataError(message)
    record = read_json(path)
    try:
        schema, benchmark = record["schema"], record["benchmark"]
        _check_rules(record)
        int(record["failed"]), int(record["missing"]), int(record["questions"])
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path}: is not a file that p2r-eval score wrote"
        raise DataError(message) from error
    if schema != SCHEMA or benchmark not in BENCHMARKS:
        message = f"{path}: is of form {schema!r:.20} for {benchmark!r:.80}, which this version does not read"
        raise DataError(message)
    name = str(record.get("model") or path.resolve().parent.name)
    return Run(" ".join(name.split())[:MAX_NAME] or "unnamed", benchmark, record, str(path))


def _check_rules(record: Any) -> None:
    for rule in RULES:
        for one in record["rules"][rule]["measures"]:
            for name in ("value", "low", "high"):
                if one[name] is not None and not 0 <= float(one[name]) <= 1 and one["name"] != "knowledge gained":
                    raise ValueError(name)
