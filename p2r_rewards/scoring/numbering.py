"""The second way through the parts, when the groups are known: their numbers, and what each group is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from p2r_rewards.rollouts.columns import NUMBER_COLUMNS
from p2r_rewards.rollouts.source import Source
from p2r_rewards.scoring.gathering import GatheredPart
from p2r_rewards.scoring.group_names import read_names
from p2r_rewards.scoring.health import COLUMNS, Health
from p2r_rewards.scoring.parts import PartFiles, Plan
from p2r_rewards.scoring.pass_rates import GroupIdentity
from p2r_rewards.scoring.record import RECORD_FIELDS, read_rows
from p2r_rewards.scoring.summary import Figures
from p2r_rewards.scoring.table import PROCESSES, FinishedTable, reward_columns

_HEALTH_FIELDS = tuple(name for name in COLUMNS if name in RECORD_FIELDS and name != "group")


def number_parts(
    plan: Plan, parts: Sequence[GatheredPart], table: FinishedTable, figures: Figures, health: Health
) -> Iterator[GatheredPart]:
    """The parts in order, each when its numbers are in its folder; figures and health see every one."""
    first = 0
    for part in parts:
        files = PartFiles(plan.folder, part.key)
        records = read_rows(files.records.read_bytes())
        rows = slice(first, first + len(records))
        first = rows.stop
        lengths = table.lengths[:, rows] if table.lengths is not None else None
        columns = reward_columns(records, plan.job.config, lengths=lengths)
        columns |= {f"{name}_advantage": table.advantages[code, rows] for code, name in enumerate(PROCESSES)}
        figures.add(records, columns, table.groups[rows], part.info.types)
        health.add({name: records[name] for name in _HEALTH_FIELDS} | columns | {"group": table.groups[rows]})
        if plan.format is not None:
            np.stack([columns[name] for name in NUMBER_COLUMNS]).tofile(files.numbers)
        yield part


def name_groups(
    plan: Plan, parts: Sequence[GatheredPart], sources: Sequence[Source], table: FinishedTable
) -> Iterator[tuple[int, GroupIdentity]]:
    """The code of each group with what it is about, in the order in which groups first appear."""
    first_row = lines = known = 0
    source = -1
    for part in parts:
        if part.key.source != source:
            source, lines = part.key.source, 0
        for index, problem_id, question, line in read_names(PartFiles(plan.folder, part.key).groups):
            code = int(table.groups[first_row + index])
            if code == known:
                yield code, GroupIdentity(problem_id, question, sources[source].name, line + lines)
                known += 1
        first_row += part.info.rows
        lines += part.info.lines
