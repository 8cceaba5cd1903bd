"""What is kept of the parts of a run, in order: what groups need of each row, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.rollouts.fields import SPELLINGS
from p2r_rewards.rollouts.source import Source
from p2r_rewards.scoring.compare import Comparison
from p2r_rewards.scoring.job import ScoringJob
from p2r_rewards.scoring.parts import PartFiles, PartInfo, PartKey
from p2r_rewards.scoring.record import read_rows
from p2r_rewards.scoring.table import RewardTable
from p2r_rewards.scoring.tally import Tally
from p2r_rewards.scoring.wording import counted


class GatheredPart(NamedTuple):
    """A part that was scored."""

    key: PartKey
    info: PartInfo


class Gathered:
    """What is kept of the parts: what groups need of each row, and counts."""

    def __init__(self, job: ScoringJob) -> None:
        self._job = job
        self.table = RewardTable(job.config, job.group_size)
        self.tally = Tally()
        self.comparison = Comparison()
        self.parts: list[GatheredPart] = []
        self._notes: Counter[str] = Counter()
        self._served: dict[str, dict[str, None]] = {}
        self._source = -1
        self._lines = self._ranks = 0

    @property
    def served(self) -> dict[str, list[str]]:
        """The columns that served each field; verdicts in a column served nothing where a judge gave others."""
        unused = "sufficient" if self._job.verdicts is not None else None
        return {name: list(self._served[name]) for name in SPELLINGS if name in self._served and name != unused}

    @property
    def rejects(self) -> int:
        """How many rows could not be read."""
        return self.tally.rejects.counts.total()

    def add(self, key: PartKey, files: PartFiles, info: PartInfo, sources: Sequence[Source]) -> int:
        """Takes the next part; returns how many lines of its file stand before it."""
        if key.source != self._source:
            self._end_source(sources)
            self._source, self._lines, self._ranks = key.source, 0, 0
        before = self._lines
        self.table.add(read_rows(files.records.read_bytes()), source=key.source, ranks=self._ranks)
        self.tally.merge(info.tally, before)
        for name, columns in info.served.items():
            self._served.setdefault(name, {}).update(dict.fromkeys(columns))
        self._notes.update(info.notes)
        if info.comparison is not None:
            self.comparison.merge(info.comparison.moved(before))
        # What has been added up is not needed again.
        self.parts.append(GatheredPart(key, info._replace(tally=Tally(), served={}, comparison=None)))
        self._lines += info.lines
        self._ranks += info.ranks
        return before

    def lines_of(self, name: str, sources: Sequence[Source]) -> int:
        """How many lines of a file stand before the part that comes next."""
        return self._lines if self._source >= 0 and sources[self._source].name == name else 0

    def check(self, sources: Sequence[Source]) -> None:
        """Refuses a run that has scored nothing, and options that don't fit the rows."""
        self._end_source(sources)
        for name, column in self._job.fields.items():
            if name not in self._served:
                message = f"no row has the column {column!r} that is to serve as {name}"
                raise ConfigError(message)
        if not len(self.table):
            first = next(iter(self.tally.rejects.first.values()), None)
            why = f"; first {first['file']}, line {first['line']}: {first['reason']}" if first else ""
            message = f"no row holds a rollout{why}"
            raise DataError(message)

    def notes(self) -> list[str]:
        """What is odd about rows, or not scored in the whole run, and the cure."""
        notes = [f"{note}: {counted(rows, 'row')}" for note, rows in self._notes.items()]
        columns = list(self._served.get("sufficient", ()))
        if self._job.verdicts is not None and columns:
            notes.append(f"column {columns[0]!r} holds verdicts too: the judge's count in its place")
        if self._job.verdicts is not None or columns or self._job.config.template.observation is None:
            return notes
        return [
            *notes,
            "perception accuracy is unscored wherever there is an observation: no column holds verdicts; "
            "name one with --sufficient COLUMN, or give a --judge",
        ]

    def _end_source(self, sources: Sequence[Source]) -> None:
        size = self._job.group_size
        if size is not None and self._ranks % size:
            message = f"{sources[self._source].name}: --group-size {size} does not divide its {self._ranks:,} rows"
            raise ConfigError(message)
