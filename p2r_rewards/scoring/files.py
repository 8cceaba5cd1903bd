"""From files of rollouts to scored files: parts scored by workers, joined by their groups, written in order."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.dataset_build import build_index
from p2r_rewards.rollouts.output_formats import choose_format
from p2r_rewards.rollouts.reading import STANDARD_INPUT, copy_standard_input, find_sources
from p2r_rewards.rollouts.source import Source
from p2r_rewards.rollouts.token_counts import TokenCounter
from p2r_rewards.scoring.engines import open_workers
from p2r_rewards.scoring.first_pass import FirstPass, Passed
from p2r_rewards.scoring.gathering import Gathered
from p2r_rewards.scoring.health import Health
from p2r_rewards.scoring.input_states import check_unchanged, file_states
from p2r_rewards.scoring.job import ScoringJob
from p2r_rewards.scoring.numbering import name_groups, number_parts
from p2r_rewards.scoring.outputs import ScoringOutputs
from p2r_rewards.scoring.parts import PartFiles, Plan, render_task
from p2r_rewards.scoring.provenance import hash_file, hash_files, make_stamp
from p2r_rewards.scoring.row_health import DEFECT_NAMES
from p2r_rewards.scoring.scheduling import score_parts
from p2r_rewards.scoring.scored_run import ScoredRun, Viewer
from p2r_rewards.scoring.summary import Figures, summarize
from p2r_rewards.scoring.wording import counted
from p2r_rewards.scoring.work_folder import WorkFolder

SAMPLED_BYTES = 64_000_000
SAMPLED_ROWS = 4
"""Of an input of so many bytes, 1 row in so many is looked at for leaks and repetition."""


def score_files(
    job: ScoringJob,
    *,
    first_pass: FirstPass | None = None,
    viewer: Viewer | None = None,
    standard_input: BinaryIO | None = None,
    standard_output: BinaryIO | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> dict[str, Any]:
    """Scores a job's rollouts, writes its outputs whole or not at all, and returns the summary.

    The same input and options give the same bytes, whoever does the work and however often it was taken up again.
    Memory grows by 36 to 90 bytes a row, measured, and not otherwise.

    Args:
        job: What is to be scored.
        first_pass: Goes through the rollouts before, and may give verdicts on them.
        viewer: Looks at rollouts when they are scored, before anything is written for good.
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
        states = file_states(job, sources)
        notes = folder.prepare(sources)
        outputs = ScoringOutputs(job, sources, standard_output, stack)
        form = (
            choose_format(sources, parquet=job.writes_parquet, overwrite=job.overwrite_columns) if job.output else None
        )
        dataset, dataset_notes = _index_dataset(job, folder.path)
        passed = Passed() if first_pass is None else first_pass(job, sources, folder.path, dataset)
        if passed.verdicts is not None:
            job = dataclasses.replace(job, verdicts=passed.verdicts)
        size = sum(source.path.stat().st_size for source in sources)
        health_every = 1 if size < SAMPLED_BYTES else SAMPLED_ROWS
        plan = Plan(job=job, folder=folder.path, format=form, dataset=dataset, health_every=health_every)
        hasher = stack.enter_context(ThreadPoolExecutor(1))
        hashes = [hasher.submit(hash_file, source.path) for source in sources]
        stack.callback(hasher.shutdown, wait=False, cancel_futures=True)
        workers = stack.enter_context(open_workers(job.engine, job.workers, size, arrow=_needs_arrow(job, sources)))

        gathered = Gathered(job)
        for key in score_parts(plan, sources, workers, gathered):
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
        check_unchanged(states, file_states(job, sources))
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
        numbered = number_parts(plan, gathered.parts, table, figures, health)
        if form is None:
            for _ in numbered:
                pass
        else:
            for key in workers.map(render_task, ((plan, part.key) for part in numbered)):
                files = PartFiles(plan.folder, key)
                outputs.append(files.rendered)
                files.rendered.unlink()
                files.numbers.unlink()
        if viewer is not None:
            viewer(ScoredRun(plan, sources, gathered.parts, table, stamp))
        found_health = health.result()
        prompts = None
        if outputs.prompts is not None:
            prompts = health.pass_rates.write_to(
                outputs.prompts.stream,
                name_groups(plan, gathered.parts, sources, table),
                parquet=str(job.prompts).endswith(".parquet"),
                keep_between=job.keep_between,
            )
        outputs.finish()
        notes = [
            *gathered.notes(),
            *figures.length_notes(counts_tokens=counter is not None),
            *_sampling_notes(health_every),
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


def _sampling_notes(every: int) -> list[str]:
    return [f"leaks and repetition are told from 1 row in {every}, as the input is large"] if every > 1 else []


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


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        message = "standard input is closed, so nothing can be read from it"
        raise DataError(message)
    return sys.stdin.buffer
