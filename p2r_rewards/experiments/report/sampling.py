"""A fair draw of whole groups out of a scored run, read again from its input with all that is known of each row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from p2r_rewards.experiments.report.rollouts import ShownRollout, show_rollout
from p2r_rewards.graders.registry import Mode
from p2r_rewards.rollouts.chunks import Chunk, read_chunk, split_source
from p2r_rewards.rollouts.dataset_index import DatasetIndex
from p2r_rewards.rollouts.fields import FieldFinder
from p2r_rewards.rollouts.rollout import RolloutReader
from p2r_rewards.rollouts.source import Source
from p2r_rewards.rollouts.token_counts import TokenCounter
from p2r_rewards.rollouts.verdict_store import VerdictStore
from p2r_rewards.scoring.parts import PartFiles
from p2r_rewards.scoring.record import read_rows
from p2r_rewards.scoring.rows import score_rows
from p2r_rewards.scoring.scored_run import ScoredRun
from p2r_rewards.scoring.table import PROCESSES, Floats, reward_columns

MAX_ROLLOUTS = 2_000
"""How many rollouts a page holds at most."""

Indices = npt.NDArray[np.intp]


def choose_rows(groups: npt.NDArray[np.int32], *, most: int = MAX_ROLLOUTS, seed: int = 0) -> Indices:
    """The indices of the rows of whole groups, drawn with equal chances until no more fit; in order.

    A row without a group is drawn like a group of one. Of a single group that is larger than `most`, and drawn
    first, the first rows are taken.

    Args:
        groups: The code of each row's group, -1 for none, shape (N,).
        most: How many rows are drawn at most.
        seed: Another one draws others.

    Example:
        >>> choose_rows(np.array([0, 1, 0, 1, 2, 2], np.int32), most=3, seed=1).tolist()
        [0, 2]
    """
    if len(groups) <= most:
        return np.arange(len(groups))
    alone = groups < 0
    units = groups.astype(np.int64)
    units[alone] = groups.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    sizes = np.bincount(units)
    drawn = np.random.default_rng(seed).permutation(len(sizes))
    fitting = drawn[np.cumsum(sizes[drawn]) <= most]
    chosen = np.flatnonzero(np.isin(units, fitting if len(fitting) else drawn[:1]))
    return chosen[:most]


class RolloutSample:
    """Draws rollouts from a run when it is scored; a `p2r_rewards.scoring.scored_run.Viewer`.

    Args:
        most: How many at most.
        seed: Another one draws others.

    Attributes:
        rollouts: What was drawn, in the order of the input.
        rows: How many rollouts the run has.
        stamp: What made its output.
    """

    def __init__(self, *, most: int = MAX_ROLLOUTS, seed: int = 0) -> None:
        self.most, self.seed = most, seed
        self.rollouts: list[ShownRollout] = []
        self.rows = 0
        self.stamp: dict[str, Any] = {}

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return len(self.rollouts) == self.rows

    def __call__(self, run: ScoredRun) -> None:
        """Reads what is drawn."""
        self.rows, self.stamp = len(run.table.groups), dict(run.stamp)
        chosen = choose_rows(run.table.groups, most=self.most, seed=self.seed)
        self.rollouts = list(_read_chosen(run, chosen))


def _read_chosen(run: ScoredRun, chosen: Indices) -> Iterator[ShownRollout]:
    reading = _Reading(run)
    first = lines = 0
    source = -1
    chunks: Iterator[Chunk] = iter(())
    for part in run.parts:
        if part.key.source != source:
            source, lines = part.key.source, 0
            chunks = split_source(run.sources[source], max_line=run.plan.job.max_line)
        chunk = next(chunks)
        own = chosen[(chosen >= first) & (chosen < first + part.info.rows)]
        if len(own):
            records = read_rows(PartFiles(run.plan.folder, part.key).records.read_bytes())[own - first]
            yield from reading.read(chunk, run.sources[source], own, records, lines)
        first += part.info.rows
        lines += part.info.lines


class _Reading:
    """Reads and scores rows once more, as the run did, for the texts that it did not keep."""

    def __init__(self, run: ScoredRun) -> None:
        job = run.plan.job
        self._run, self._job = run, job
        self._finder = FieldFinder(job.fields)
        dataset = DatasetIndex(run.plan.dataset) if run.plan.dataset is not None else None
        self._reader = RolloutReader(self._finder, dataset)
        self._count = TokenCounter(job.tokenizer).count if job.tokenizer is not None else None
        self._verdicts = VerdictStore(job.verdicts) if job.verdicts is not None else None
        self._compare: Mode | Literal["recorded"] | None = job.compared_mode
        if job.compare is not None and job.compared_mode is None:
            self._compare = "recorded"

    def read(
        self, chunk: Chunk, source: Source, own: Indices, records: npt.NDArray[Any], lines: int
    ) -> Iterator[ShownRollout]:
        """The rollouts of a chunk that have these records and indices, with so many lines before the chunk."""
        numbers, at = self._numbers(own, records), 0
        ranks = frozenset(records["rank"].tolist())
        for batch in read_chunk(source, chunk, self._finder.select, max_line=self._job.max_line):
            kept = [index for index, place in enumerate(batch.places) if place.rank in ranks]
            rows = [batch.rows[index] for index in kept]
            scored = score_rows(
                rows,
                self._reader,
                self._job.config,
                count_tokens=self._count,
                verdicts=self._verdicts,
                compare=self._compare,
                group_by_data=self._job.group_size is None,
            )
            for number, row in enumerate(scored.rows):
                yield show_rollout(
                    self._reader.read(rows[row.position]),
                    row,
                    {name: float(values[at]) for name, values in numbers.items()},
                    number=int(own[at]) + 1,
                    group=int(self._run.table.groups[own[at]]) + 1,
                    place=f"{batch.source}:{batch.places[kept[row.position]].line + lines}",
                    counts=(int(records["perception_count"][at]), int(records["reasoning_count"][at])),
                    compared=scored.compared[number] if self._compare is not None else None,
                    compared_with=self._job.compare or "",
                    config=self._job.config,
                    verdicts=self._verdicts,
                )
                at += 1

    def _numbers(self, own: Indices, records: npt.NDArray[Any]) -> dict[str, Floats]:
        """The number columns of the output for some rows."""
        table = self._run.table
        lengths = table.lengths[:, own] if table.lengths is not None else None
        columns = reward_columns(records, self._job.config, lengths=lengths)
        return columns | {f"{name}_advantage": table.advantages[code, own] for code, name in enumerate(PROCESSES)}
