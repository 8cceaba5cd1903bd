"""`run_cot` and its parts: the pipeline of arXiv 2511.11113, Sec. 3.1.1, as one run or step by step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.cot.job import CotJob, Generating, Judging
from p2r_rewards.experiments.cot.rows import CotRow, find_inputs, read_cot_rows
from p2r_rewards.experiments.cot.steps import (
    Progress,
    StepFiles,
    claimed,
    open_cot_judge,
    run_generate,
    run_sufficiency,
    run_verify,
)
from p2r_rewards.judges.opening import LEXICAL, LEXICAL_NOTE
from p2r_rewards.rollouts.output_file import OutputFile, remove_abandoned
from p2r_rewards.scoring.wording import counted
from p2r_rewards.trainers.data.training_rows import TEMPLATE


def _silent(what: str, count: int) -> None:
    pass


def run_cot(job: CotJob, progress: Progress = _silent) -> dict[str, Any]:
    """The summary of a run of all three steps, with their outputs written.

    Between the steps stand `1-generated.jsonl` and `2-verified.jsonl` in the folder of work, beside the answers and
    the verdicts. A run that was killed is run again: what was answered or judged is neither asked for again nor lost,
    and the output has the bytes of a run that was never disturbed.

    Raises:
        DataError: An input can't be read, a server is down, or another run is at work in the folder.
        ConfigError: A setting is wrong or missing, or an input would be written over.
        MissingExtraError: A library is not installed.
    """
    generating, judging = _generating(job), _judging(job)
    _spare_inputs(job)
    work, mark = job.work_folder, job.mark
    first, second = work / f"1-generated{mark}.jsonl", work / f"2-verified{mark}.jsonl"
    rejects = [path.with_suffix(".rejects.jsonl") for path in (first, second)]
    judge = open_cot_judge(judging, work)
    with claimed(work, mark), ExitStack() as stack:
        rows = read_cot_rows(job.inputs, generating.template, shard=job.shard, limit=job.limit)
        one = StepFiles(first, rejects[0], "generate", stack)
        took = run_generate(rows, one, generating, work / "generations", progress)
        one.commit()
        two = StepFiles(second, rejects[1], "verify", stack)
        run_verify(_again(first, generating.template), two, job.verification, progress)
        two.commit()
        rejects.append(work / f"3-sufficiency{mark}.rejects.jsonl")
        three = StepFiles(job.target, rejects[-1], "sufficiency", stack, published=True, part_records=job.part_records)
        judged = run_sufficiency(_again(second, generating.template), three, judge, judging.concurrency, progress)
        three.commit(lambda: _join(rejects, job.rejects, stack))
    return _summary(job, [one, two, three], took, judged)


def run_step(job: CotJob, step: str, progress: Progress = _silent) -> dict[str, Any]:
    """The summary of one step: "generate", "verify" or "sufficiency".

    Raises:
        DataError: An input can't be read, a server is down, or another run is at work in the folder.
        ConfigError: A setting is wrong or missing, or an input would be written over.
        MissingExtraError: A library is not installed.
    """
    template = job.generating.template if job.generating is not None else TEMPLATE
    took = judged = None
    _spare_inputs(job)
    with claimed(job.work_folder, job.mark), ExitStack() as stack:
        rows = read_cot_rows(job.inputs, template, shard=job.shard, limit=job.limit)
        last = step == "sufficiency"
        files = StepFiles(
            job.target, job.rejects, step, stack, published=last, part_records=job.part_records if last else None
        )
        if step == "generate":
            took = run_generate(rows, files, _generating(job), job.work_folder / "generations", progress)
        elif step == "verify":
            run_verify(rows, files, job.verification, progress)
        else:
            judging = _judging(job)
            judge = open_cot_judge(judging, job.work_folder)
            judged = run_sufficiency(rows, files, judge, judging.concurrency, progress)
        files.commit()
    return _summary(job, [files], took, judged)


def _spare_inputs(job: CotJob) -> None:
    for source in find_inputs(job.inputs):
        if job.writes(source.path):
            message = f"{source.name}: is an input, and would be written over; choose another name for the output"
            raise ConfigError(message)


def _again(path: Path, template: str) -> Iterator[CotRow]:
    """The rows that the step before has kept."""
    return read_cot_rows([str(path)], template)


def _join(parts: list[Path], target: Path, stack: ExitStack) -> None:
    remove_abandoned(target)
    whole = OutputFile(target, stack)
    for part in parts:
        with part.open("rb") as file:
            while block := file.read(1 << 20):
                whole.stream.write(block)
    whole.commit()


def _summary(
    job: CotJob, files: list[StepFiles], took: dict[str, Any] | None, judged: dict[str, Any] | None
) -> dict[str, Any]:
    notes = []
    if job.judging is not None and job.judging.judge in LEXICAL:
        notes.append(LEXICAL_NOTE.format(job.output))
    unfinished = sum(one.tally.unfinished for one in files)
    if unfinished:
        notes.append(f"{counted(unfinished, 'row')} without answer or verdict, as servers failed: run it again to try")
    if files[0].tally.rows and not files[0].tally.kept:
        notes.append("not one row passed the first step: look at the rejects, and whether --media-root is right")
    left_over = files[-1].records.left_over()
    if left_over:
        notes.append(f"{counted(len(left_over), 'part')} from {left_over[0]} on were left by a run before: remove them")
    return {
        "steps": [one.tally.to_mapping() for one in files],
        "rows": files[0].tally.rows,
        "kept": files[-1].tally.kept,
        "unfinished": unfinished,
        "output": [str(path) for path in files[-1].records.paths],
        "rejects": str(job.rejects),
        "generation": took,
        "judging": judged,
        "notes": notes,
    }


def _generating(job: CotJob) -> Generating:
    if job.generating is None:
        message = "name the model that generates"
        raise ConfigError(message)
    return job.generating


def _judging(job: CotJob) -> Judging:
    if job.judging is None:
        message = "name a judge"
        raise ConfigError(message)
    return job.judging
