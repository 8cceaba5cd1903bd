"""From files of rollouts to scored files: parts scored by workers, joined by their groups, written in order."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.rollouts.chunks import split_source
from p2r_rewards.rollouts.columns import NUMBER_COLUMNS, CollisionError
from p2r_rewards.rollouts.dataset_build import build_index
from p2r_rewards.rollouts.fields import SPELLINGS
from p2r_rewards.rollouts.output_formats import choose_format
from p2r_rewards.rollouts.reading import STANDARD_INPUT, copy_standard_input, find_sources
from p2r_rewards.rollouts.source import Source
from p2r_rewards.rollouts.token_counts import TokenCounter
from p2r_rewards.scoring.compare import Comparison
from p2r_rewards.scoring.engines import Workers, open_workers
from p2r_rewards.scoring.first_pass import FirstPass, Passed
from p2r_rewards.scoring.group_names import read_names
from p2r_rewards.scoring.health import COLUMNS, Health
from p2r_rewards.scoring.job import ScoringJob
from p2r_rewards.scoring.outputs import ScoringOutputs
from p2r_rewards.scoring.parts import ChunkTask, PartFiles, PartInfo, PartKey, Plan, render_task, score_task
from p2r_rewards.scoring.pass_rates import GroupIdentity
from p2r_rewards.scoring.provenance import hash_file, hash_files, make_stamp
from p2r_rewards.scoring.record import RECORD_FIELDS, read_rows
from p2r_rewards.scoring.rows import DEFECT_NAMES
from p2r_rewards.scoring.summary import Figures, summarize
from p2r_rewards.scoring.table import PROCESSES, FinishedTable, RewardTable, reward_columns
from p2r_rewards.scoring.tally import Tally
from p2r_rewards.scoring.wording import counted
from p2r_rewards.scoring.work_folder import WorkFolder


def score_files(
    job: ScoringJob,
    *,
    first_pass: FirstPass | None = None,
    standard_input: BinaryIO | None = None,
    standard_output: BinaryIO | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> dict[str, Any]:
    """Scores a job's rollouts, writes its outputs whole or not at all, and returns the summary.

    The same input and options give the same bytes, whoever does the work and however often it was taken up again.
    Memory is constant but for some 50 bytes a row.

    Args:
        job: What is to be scored.
        first_pass: Goes through the rollouts before, and may give verdicts on them.
        standard_input: Where "-" is read from.
        standard_output: Where "-" is written to.
        progress: Called with the number of rows so far.

    Raises:
        DataError: An input can't be read, no row holds a rollout, or an output can't be written.
        ConfigError: Options don't fit one another or the input.
        MissingExtraError: The engine or the tokenizer needs a package that is not installed.
    """
    if first_pass is not None:
        job = dataclasses.replace(job, judge=first_pass.judge)
    with ExitStack() as stack:
        counter = TokenCounter(job.tokenizer) if job.tokenizer is not None else None
        folder = stack.enter_context(WorkFolder(job))
        stored_input = None
        if STANDARD_INPUT in job.inputs:
            stored_input = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="p2r-score-"))) / "input"
            copy_standard_input(standard_input or _standard_input(), stored_input)
        found = find_sources(job.inputs, standard_input=stored_input)
        sources = found.files
        states = _file_states(job, sources)
        notes = folder.prepare(sources)
        outputs = ScoringOutputs(job, sources, standard_output, stack)
        form = (
            choose_format(sources, parquet=job.writes_parquet, overwrite=job.overwrite_columns) if job.output else None
        )
        dataset, dataset_notes = _index_dataset(job, folder.path)
        passed = Passed() if first_pass is None else first_pass(job, sources, folder.path, dataset)
        if passed.verdicts is not None:
            job = dataclasses.replace(job, verdicts=passed.verdicts)
        plan = Plan(job=job, folder=folder.path, format=form, dataset=dataset)
        hasher = stack.enter_context(ThreadPoolExecutor(1))
        hashes = [hasher.submit(hash_file, source.path) for source in sources]
        stack.callback(hasher.shutdown, wait=False, cancel_futures=True)
        size = sum(source.path.stat().st_size for source in sources)
        workers = stack.enter_context(open_workers(job.engine, job.workers, size, arrow=_needs_arrow(job, sources)))

        gathered = _Gathered(job)
        for key in _score_parts(plan, sources, workers, gathered):
            files = PartFiles(plan.folder, key)
            info = files.read_info()
            lines = gathered.add(key, files, info, sources)
            outputs.add_rejects(sources[key.source], files, info, lines)
            progress(len(gathered.table))
        gathered.check(sources)

        if form is not None:
            form = form.settle([part.info.spool for part in gathered.parts])
            plan = dataclasses.replace(plan, format=form)
        table = gathered.table.finish()
        digests = [digest.result() for digest in hashes]
        dataset_digests = hash_files(job.dataset)
        _check_unchanged(states, _file_states(job, sources))
        stamp = make_stamp(
            job.config,
            inputs=[{"name": source.name, "sha256": digest} for source, digest in zip(sources, digests, strict=True)],
            fields=gathered.served,
            counts={"rows": len(table.groups), "groups": len(table.sizes), "rejects": gathered.rejects},
            group_size=job.group_size,
            tokenizer_sha256=counter.sha256 if counter else None,
            dataset=dataset_digests,
            judge=job.judge,
        )
        outputs.begin(form, stamp)
        figures, health = Figures(job.config), Health(DEFECT_NAMES, config=job.config)
        numbered = _number_parts(plan, gathered.parts, table, figures, health)
        if form is None:
            for _ in numbered:
                pass
        else:
            for key in workers.map(render_task, ((plan, part.key) for part in numbered)):
                files = PartFiles(plan.folder, key)
                outputs.append(files.rendered)
                files.rendered.unlink()
                files.numbers.unlink()
        found_health = health.result()
        prompts = None
        if outputs.prompts is not None:
            prompts = health.pass_rates.write_to(
                outputs.prompts.stream,
                _group_names(plan, gathered.parts, sources, table),
                parquet=str(job.prompts).endswith(".parquet"),
                keep_between=job.keep_between,
            )
        outputs.finish()
        notes = [
            *gathered.notes(),
            *figures.length_notes(counts_tokens=counter is not None),
            *passed.notes,
            *dataset_notes,
            *(form.notes if form is not None else []),
            *(f"passed over {one}" for one in found.passed_over),
            *notes,
        ]
        return {
            "inputs": [source.name for source in sources],
            "output": job.output,
            "rejects_file": outputs.rejects_file,
            **summarize(gathered.tally, table, figures, job.config, fields=gathered.served, notes=notes),
            "health": found_health,
            "compared_with": job.compare,
            "comparison": gathered.comparison.describe() if job.compare is not None else None,
            "judge": dict(job.judge) if job.judge is not None else None,
            "mismatch": None,
            **passed.summary,
            "prompts_file": job.prompts,
            "prompts": prompts,
        }


def _needs_arrow(job: ScoringJob, sources: Sequence[Source]) -> bool:
    return job.writes_parquet or any(source.format == "parquet" for source in sources)


def _index_dataset(job: ScoringJob, folder: Path) -> tuple[Path | None, list[str]]:
    """The index of the data set that is joined, and what the user should know of it."""
    if not job.dataset:
        return None, []
    path = folder / "dataset"
    summary = build_index(job.dataset, dict(job.mapping), path)
    notes = [f"{counted(summary.problems, 'problem')} of the dataset can be joined"]
    for reason, rows in summary.unusable.most_common(5):
        notes.append(f"{counted(rows, 'row')} of the dataset can't be joined: {reason} ({summary.examples[reason]})")
    return path, notes


def _file_states(job: ScoringJob, sources: Sequence[Source]) -> dict[str, tuple[int, int]]:
    """Of the files that are read, by their names, what tells that they were written to."""
    named = [(source.name, source.path) for source in sources]
    found = {}
    for name, path in [*named, *((str(one), one) for one in job.dataset_files)]:
        try:
            status = path.stat()
        except OSError as error:
            message = f"{name}: can't be read: {error.strerror or error}"
            raise DataError(message) from error
        found[name] = (status.st_size, status.st_mtime_ns)
    return found


def _check_unchanged(before: Mapping[str, tuple[int, int]], after: Mapping[str, tuple[int, int]]) -> None:
    """Refuses what was read in part from one state of a file and in part from another."""
    changed = [name for name in before if after.get(name) != before[name]]
    if changed:
        message = f"{changed[0]}: was written to while it was read; score it when that is done, or a copy of it"
        raise DataError(message)


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        message = "standard input is closed, so nothing can be read from it"
        raise DataError(message)
    return sys.stdin.buffer


class _Part(NamedTuple):
    """A part that was scored."""

    key: PartKey
    info: PartInfo


def _score_parts(plan: Plan, sources: Sequence[Source], workers: Workers, gathered: _Gathered) -> Iterator[PartKey]:
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


class _Gathered:
    """What is kept of the parts: what groups need of each row, and counts."""

    def __init__(self, job: ScoringJob) -> None:
        self._job = job
        self.table = RewardTable(job.config, job.group_size)
        self.tally = Tally()
        self.comparison = Comparison()
        self.parts: list[_Part] = []
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
        self.parts.append(_Part(key, info._replace(tally=Tally(), served={}, comparison=None)))
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


def _number_parts(
    plan: Plan, parts: Sequence[_Part], table: FinishedTable, figures: Figures, health: Health
) -> Iterator[_Part]:
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


_HEALTH_FIELDS = tuple(name for name in COLUMNS if name in RECORD_FIELDS and name != "group")


def _group_names(
    plan: Plan, parts: Sequence[_Part], sources: Sequence[Source], table: FinishedTable
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
