"""A fair draw of whole groups out of a scored run, read again from its input with all that is known of each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from p2r_rewards.experiments.report.rollouts import ShownRollout, show_rollout
from p2r_rewards.rollouts.batch import Batch
from p2r_rewards.rollouts.chunks import read_chunk, split_source
from p2r_rewards.rollouts.dataset_index import DatasetIndex
from p2r_rewards.rollouts.fields import FieldFinder
from p2r_rewards.rollouts.rollout import RolloutReader
from p2r_rewards.rollouts.token_counts import TokenCounter
from p2r_rewards.rollouts.verdict_store import VerdictStore
from p2r_rewards.scoring.parts import PartFiles
from p2r_rewards.scoring.record import read_rows
from p2r_rewards.scoring.rows import score_rows
from p2r_rewards.scoring.scored_run import ScoredRun
from p2r_rewards.scoring.table import PROCESSES, reward_columns

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
        >>> choose_rows(np.array([0, 0, 1, 1, 2, 2], np.int32), most=4).tolist()
        [2, 3, 4, 5]
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
    job = run.plan.job
    finder = FieldFinder(job.fields)
    reader = RolloutReader(finder, DatasetIndex(run.plan.dataset) if run.plan.dataset is not None else None)
    counter = TokenCounter(job.tokenizer) if job.tokenizer is not None else None
    verdicts = VerdictStore(job.verdicts) if job.verdicts is not None else None
    compare = "recorded" if job.compare is not None and job.compared_mode is None else job.compared_mode
    first = lines = 0
    source, chunks = -1, iter(())
    for part in run.parts:
        if part.key.source != source:
            source, lines = part.key.source, 0
            chunks = split_source(run.sources[source], max_line=job.max_line)
        chunk = next(chunks)
        rows = slice(first, first + part.info.rows)
        own = chosen[(chosen >= rows.start) & (chosen < rows.stop)]
        first = rows.stop
        if len(own):
            records = read_rows(PartFiles(run.plan.folder, part.key).records.read_bytes())[own - rows.start]
            lengths = run.table.lengths[:, own] if run.table.lengths is not None else None
            numbers = reward_columns(records, job.config, lengths=lengths)
            numbers |= {f"{name}_advantage": run.table.advantages[code, own] for code, name in enumerate(PROCESSES)}
            at = 0
            ranks = frozenset(records["rank"].tolist())
            for batch in read_chunk(run.sources[source], chunk, finder.select, max_line=job.max_line):
                picked = _pick(batch, ranks)
                scored = score_rows(
                    picked.rows,
                    reader,
                    job.config,
                    count_tokens=counter.count if counter else None,
                    verdicts=verdicts,
                    compare=compare,
                    group_by_data=job.group_size is None,
                )
                for number, row in enumerate(scored.rows):
                    yield show_rollout(
                        reader.read(picked.rows[row.position]),
                        row,
                        {name: float(values[at]) for name, values in numbers.items()},
                        number=int(own[at]) + 1,
                        group=int(run.table.groups[own[at]]) + 1,
                        place=f"{batch.source}:{picked.places[row.position].line + lines}",
                        counts=(int(records["perception_count"][at]), int(records["reasoning_count"][at])),
                        compared=scored.compared[number] if compare is not None else None,
                        config=job.config,
                        verdicts=verdicts,
                    )
                    at += 1
        lines += part.info.lines


def _pick(batch: Batch, ranks: frozenset[int]) -> Batch:
    """The rows of a batch with these ranks."""
    kept: Sequence[int] = [index for index, place in enumerate(batch.places) if place.rank in ranks]
    return Batch(batch.source, [batch.rows[index] for index in kept], [batch.places[index] for index in kept])
