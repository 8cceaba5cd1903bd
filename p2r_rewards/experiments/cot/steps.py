"""The three steps, from files to files; each may be killed at any moment and run again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from filelock import FileLock, Timeout

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.cot.generate import generate_traces
from p2r_rewards.experiments.cot.job import Generating, Judging
from p2r_rewards.experiments.cot.published import Reject, published_record, reject_record
from p2r_rewards.experiments.cot.record_files import RecordFiles
from p2r_rewards.experiments.cot.rows import CotRow
from p2r_rewards.experiments.cot.sufficiency import judge_rows
from p2r_rewards.experiments.cot.tally import StepTally
from p2r_rewards.experiments.cot.verify import Verification, verify_row
from p2r_rewards.experiments.generation.generators import open_generator
from p2r_rewards.experiments.generation.run import GenerationCounts, GenerationDesk
from p2r_rewards.experiments.generation.store import GenerationStore
from p2r_rewards.judges.limits import Limits
from p2r_rewards.judges.opening import LEXICAL, open_judge
from p2r_rewards.judges.verdict import Judge
from p2r_rewards.rollouts.output_file import OutputFile, remove_abandoned

Progress: TypeAlias = Callable[[str, int], None]


class StepFiles:
    """What a step writes: the rows it keeps, and its rejects; both appear whole or not at all.

    Args:
        output: Where kept records go.
        rejects: Where rejects go.
        step: The step's name.
        stack: Discards what was not committed when it unwinds.
        published: Whether records are written in the published schema, as the last step does.
        part_records: Records of a part of the output.
    """

    def __init__(
        self,
        output: Path,
        rejects: Path,
        step: str,
        stack: ExitStack,
        *,
        published: bool = False,
        part_records: int | None = None,
    ) -> None:
        self.tally = StepTally(step)
        self.records = RecordFiles(output, stack, part_records)
        remove_abandoned(rejects)
        self._rejects = OutputFile(rejects, stack)
        self._published = published

    def add(self, found: CotRow | Reject) -> None:
        """Writes a row to where it belongs."""
        self.tally.add(found)
        if isinstance(found, Reject):
            write_line(self._rejects, reject_record(found))
        else:
            self.records.write(published_record(found) if self._published else found.record)

    def commit(self, after_rejects: Callable[[], None] = lambda: None) -> None:
        """Gives the files their names, the output last: where it stands, its rejects do."""
        self._rejects.commit()
        after_rejects()
        self.records.commit()


def write_line(file: OutputFile, record: dict[str, Any]) -> None:
    """Writes a record as a line of JSON."""
    from p2r_rewards.rollouts.json_text import dump_json

    file.stream.write(dump_json(record)[0] + b"\n")


def run_generate(
    rows: Iterator[CotRow], files: StepFiles, settings: Generating, store_folder: Path, progress: Progress
) -> dict[str, Any]:
    """What generating took, with the rows and their traces written; no answer in the store is asked for again.

    Raises:
        DataError: The server failed too many times in a row.
        ConfigError: The model, its address or the media root is wrong.
        MissingExtraError: A library is not installed.
    """
    generator = open_generator(
        settings.model,
        media_root=settings.media_root,
        decoding=settings.decoding,
        settings=settings.media,
        limits=settings.limits,
    )
    counts = GenerationCounts()

    async def work() -> None:
        with GenerationStore(store_folder) as store:
            desk = GenerationDesk(generator, store, counts)
            try:
                await _write_all(generate_traces(rows, desk), files, "traces", progress)
            finally:
                await desk.close()
                await generator.aclose()

    asyncio.run(work())
    return {"known": counts.known, **generator.ledger.to_mapping()}


def run_verify(rows: Iterator[CotRow], files: StepFiles, wanted: Verification, progress: Progress) -> None:
    """Writes the rows whose traces have the form and the accuracy that is wanted."""
    for row in rows:
        files.add(verify_row(row, wanted))
        progress("traces verified", files.tally.rows)


def open_cot_judge(settings: Judging, work_folder: Path) -> Judge:
    """The judge, before anything is paid for; its verdicts are kept in the folder of work, unless told otherwise.

    Raises:
        ConfigError: The judge or its address is wrong.
        MissingExtraError: A library is not installed.
    """
    if settings.judge in LEXICAL:
        return open_judge(settings.judge)
    return open_judge(
        settings.judge,
        template=settings.template,
        cache=settings.cache or work_folder / "verdicts.sqlite",
        limits=Limits(concurrency=settings.concurrency),
    )


def run_sufficiency(
    rows: Iterator[CotRow], files: StepFiles, judge: Judge, concurrency: int, progress: Progress
) -> dict[str, Any] | None:
    """What judging took, None for a judge that is no model, with the rows whose observations suffice written."""

    async def work() -> None:
        await _write_all(judge_rows(rows, judge, concurrency), files, "observations judged", progress)

    try:
        asyncio.run(work())
    finally:
        close = getattr(judge, "close", None)
        if close is not None:
            close()
    ledger = getattr(judge, "ledger", None)
    return None if ledger is None else ledger.to_mapping()


@contextmanager
def claimed(folder: Path, mark: str) -> Iterator[None]:
    """Holds the folder of work for this shard.

    Raises:
        DataError: Another run holds it, or it can't be made.
    """
    lock = FileLock(folder / f"running{mark}.lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        message = f"{folder}: another run of this shard is at work there; wait for it, or name another --work"
        raise DataError(message) from error
    except OSError as error:
        message = f"{folder}: can't be used: {error.strerror or error}"
        raise DataError(message) from error
    try:
        yield
    finally:
        lock.release()


async def _write_all(found: AsyncIterator[CotRow | Reject], files: StepFiles, what: str, progress: Progress) -> None:
    async for one in found:
        files.add(one)
        progress(what, files.tally.rows)
