"""What a run's summary holds: figures on the way, and at the end one mapping for the terminal and for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from p2r_rewards.config import RewardConfig
from p2r_rewards.scoring.moments import Moments
from p2r_rewards.scoring.parts import MAX_TYPES, OTHER_TYPES
from p2r_rewards.scoring.quantiles import CountHistogram
from p2r_rewards.scoring.table import PROCESSES, FinishedTable, Floats
from p2r_rewards.scoring.tally import Tally
from p2r_rewards.scoring.wording import counted

PARTS = ("accuracy", "format", "length", "reward")


class Figures:
    """Figures over all rows, which pass by in parts.

    Args:
        config: The constants of the rewards.
    """

    def __init__(self, config: RewardConfig) -> None:
        self._config = config
        self.rows = 0
        self.ungrouped = 0
        self._parts = {(process, part): Moments() for process in PROCESSES for part in PARTS}
        self._by_type: dict[str, _TypeFigures] = {}
        self._lengths = {process: CountHistogram() for process in PROCESSES}
        self._lacking = dict.fromkeys(PROCESSES, 0)

    def add(
        self,
        records: npt.NDArray[Any],
        columns: Mapping[str, Floats],
        groups: npt.NDArray[np.int32],
        type_names: Sequence[str],
    ) -> None:
        """Takes the rows of a part.

        Args:
            records: The rows' records, shape (n,).
            columns: Their number columns, each of shape (n,).
            groups: The codes of their groups, shape (n,).
            type_names: The problem types by the codes in the records.
        """
        self.rows += len(records)
        self.ungrouped += int((groups < 0).sum())
        for (process, part), moments in self._parts.items():
            moments.add(columns[f"{process}_{part}"])
        for process, histogram in self._lengths.items():
            counts = records[f"{process}_count"]
            histogram.add(counts[counts >= 0])
            self._lacking[process] += int((counts < 0).sum())
        for code, name in enumerate(type_names):
            own = records["type"] == code
            known = name in self._by_type or len(self._by_type) < MAX_TYPES
            figures = self._by_type.setdefault(name if known else OTHER_TYPES, _TypeFigures())
            figures.rows += int(own.sum())
            figures.unscored += int(records["unscored"][own].sum())
            figures.accuracy.add(columns["reasoning_accuracy"][own])
            figures.perception.add(columns["perception_accuracy"][own])

    def processes(self) -> dict[str, dict[str, Any]]:
        """Mean and deviation of each part of each reward."""
        return {process: {part: self._parts[process, part].described() for part in PARTS} for process in PROCESSES}

    def types(self) -> list[dict[str, Any]]:
        """The figures by problem type, the most frequent one first."""
        described = [
            {
                "type": name,
                "rows": figures.rows,
                "unscored": figures.unscored,
                "accuracy": figures.accuracy.described(),
                "perception": figures.perception.described(),
            }
            for name, figures in self._by_type.items()
        ]
        return sorted(described, key=lambda one: (-one["rows"], one["type"]))

    def lengths(self) -> dict[str, Any]:
        """How long the processes are, against the bands."""
        config = self._config
        result: dict[str, Any] = {"unit": config.length_unit, "rule": config.length}
        for name, band in (("perception", config.perception_band), ("reasoning", config.reasoning_band)):
            histogram = self._lengths[name]
            result[name] = {
                "counted": histogram.total,
                "median": histogram.quantile(0.5),
                "in_band": histogram.within(*band),
                "band": list(band),
            }
        return result

    def length_notes(self, *, counts_tokens: bool) -> list[str]:
        """Where lengths are unscored for want of token counts, and the cure.

        Args:
            counts_tokens: Whether a tokenizer counted.
        """
        config = self._config
        if config.length == "off" or config.length_unit == "words":
            return []
        cure = (
            ""
            if counts_tokens
            else ": count tokens with --tokenizer PATH, or give them in columns perception_tokens and reasoning_tokens"
        )
        names = PROCESSES if config.template.observation is not None else ("reasoning",)
        lacking = {name: self._lacking[name] for name in names}
        if all(count == self.rows for count in lacking.values()):
            return [f"length is unscored and left out of the totals{cure}"]
        return [
            f"{name} length is unscored and left out of the total in {count:,} of {counted(self.rows, 'row')}{cure}"
            for name, count in lacking.items()
            if count
        ]


@dataclass(slots=True)
class _TypeFigures:
    rows: int = 0
    unscored: int = 0
    accuracy: Moments = field(default_factory=Moments)
    perception: Moments = field(default_factory=Moments)


def summarize(
    tally: Tally,
    table: FinishedTable,
    figures: Figures,
    config: RewardConfig,
    *,
    fields: Mapping[str, Sequence[str]],
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The summary as plain data that JSON holds; numbers that don't exist are None.

    Args:
        tally: The counts.
        table: What the groups gave.
        figures: The figures over all rows.
        config: The constants of the rewards.
        fields: The columns that served each field.
        notes: What else the reader should know.
    """
    sizes = table.sizes
    return {
        "rows": figures.rows,
        "rejects": tally.rejects.counts.total(),
        "groups": len(sizes),
        "group_size": {"least": int(sizes.min()), "most": int(sizes.max())} if len(sizes) else None,
        "mixed_groups": table.mixed_groups,
        "ungrouped_rows": figures.ungrouped,
        "processes": figures.processes(),
        "types": figures.types(),
        "collapsed": asdict(table.collapsed) if table.collapsed is not None else None,
        "lengths": figures.lengths(),
        "well_formed": tally.well_formed,
        "truncated": tally.truncated,
        "defects": dict(tally.defects.most_common()),
        "unscored_rows": tally.unscored_rows,
        "unscored": tally.unscored.described(),
        "reject_reasons": tally.rejects.described(),
        "examples": [tally.examples[key] for key in sorted(tally.examples, key=lambda key: (key[0], not key[1]))],
        "fields": {name: list(served) for name, served in fields.items()},
        "mode": config.mode,
        "notes": [*_notes(table, tally, figures, fields), *notes],
    }


def _notes(table: FinishedTable, tally: Tally, figures: Figures, fields: Mapping[str, Sequence[str]]) -> list[str]:
    notes = []
    for name, served in fields.items():
        if len(served) > 1:
            notes.append(f"{name} is read from {served[0]!r}, where it is null from {', '.join(map(repr, served[1:]))}")
    if tally.defects["missing answer"] == figures.rows:
        notes.append("no completion has an answer in tags, so none was graded: is it the right column, and template?")
    elif tally.defects["missing observation"] == figures.rows:
        notes.append(
            "no completion has an observation: for a model that only thinks and answers, a YAML --config "
            "with 'template: {observation: null}' leaves perception out"
        )
    groups = counted(len(table.sizes), "group")
    if table.mixed_groups:
        notes.append(
            f"{table.mixed_groups:,} of {groups} mix problems (question, options, gold, media or id differ), so that "
            "advantages compare what can't be compared: check the group ids and steps, or --group-size"
        )
    alone = int((table.sizes == 1).sum())
    if alone:
        notes.append(
            f"{alone:,} of {groups} {'holds' if alone == 1 else 'hold'} one rollout only: advantages there are 0"
        )
    missing = figures.ungrouped
    if missing:
        notes.append(
            f"{counted(missing, 'row')} can't be grouped and {'has' if missing == 1 else 'have'} no advantages: "
            "--map group=COLUMN or --group-size N"
        )
    return notes
