"""The input cut into tasks, and the parts that workers make of them, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from p2r_rewards.rollouts.chunks import split_source
from p2r_rewards.rollouts.columns import CollisionError
from p2r_rewards.rollouts.source import Source
from p2r_rewards.scoring.engines import Workers
from p2r_rewards.scoring.gathering import Gathered
from p2r_rewards.scoring.parts import ChunkTask, PartKey, Plan, score_task


def score_parts(plan: Plan, sources: Sequence[Source], workers: Workers, gathered: Gathered) -> Iterator[PartKey]:
    """The keys of all parts, in order, each when it is scored."""
    try:
        for keys in workers.map(score_task, _tasks(plan, sources, cut_all=workers.splits)):
            yield from keys
    except CollisionError as error:
        raise error.moved(gathered.lines_of(error.source, sources)) from error


def _tasks(plan: Plan, sources: Sequence[Source], *, cut_all: bool) -> Iterator[ChunkTask]:
    for number, source in enumerate(sources):
        if cut_all or source.can_seek:
            for chunk_number, chunk in enumerate(split_source(source, max_line=plan.job.max_line)):
                yield ChunkTask(plan, source, PartKey(number, chunk_number), chunk)
        else:
            yield ChunkTask(plan, source, PartKey(number, 0), None)
