"""`p2r-score`: rewards and advantages for rollouts on disk."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from p2r_rewards import __version__
from p2r_rewards.commands.judging_options import judging_options, open_pass
from p2r_rewards.commands.running import (
    ended_cleanly,
    errors_told,
    fail,
    read_maps,
    show_blocks,
    show_json,
    shown_progress,
)
from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError
from p2r_rewards.graders.registry import Mode
from p2r_rewards.scoring.job import STANDARD_OUTPUT, Engine, ScoringJob

if TYPE_CHECKING:
    from rich.console import RenderableType

EPILOG = """\b
Examples:
  p2r-score rollouts.jsonl
      Prints what the rollouts earn.
  p2r-score rollouts.jsonl -o scored.parquet
      Writes them with rewards, advantages and explanations as new columns.
  p2r-score dumps/ --map gold=label --sufficient judge_says_yes -o scored.jsonl
      Reads a folder whose columns have other names.
  p2r-score rollouts.jsonl --judge openai:llama@http://localhost:8000/v1 --extract -o scored.parquet
      Has a model judge the observations, and measures how often answers are not what the reasoning settled on.
  p2r-score run.parquet --tokenizer Qwen2.5-VL-7B-Instruct/ --config rewards.toml
      Counts lengths with the policy's tokenizer.
  p2r-score completions/ --dataset Video-R1-260k.json --compare recorded
      Joins a trainer's dump with its data set, and shows where the recorded rewards differ.
  p2r-score rollouts.jsonl --report report.html
      Writes one page to open in a browser: plots, and rollouts to look through.
  p2r-score diff before.parquet after.parquet
      Compares two scored runs; see p2r-score diff --help.
  zcat big.jsonl.gz | p2r-score - --group-size 8 --json
      Reads standard input, eight rows a group, and prints JSON for machines.

\b
Exit status: 0 done, 1 the work failed (or --strict found something), 2 wrong usage.
"""


class _ScoreCommand(click.Command):
    """Takes `diff` for the command of that name; a file called so is `./diff`."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *rest: Any, **extra: Any) -> Any:
        args = sys.argv[1:] if args is None else list(args)
        if args[:1] == ["diff"]:
            from p2r_rewards.commands.diff import diff

            return diff.main(args[1:], "p2r-score diff", *rest, **extra)
        return super().main(args, prog_name, *rest, **extra)


@click.command(
    cls=_ScoreCommand, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=EPILOG
)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...", type=click.Path(exists=True, allow_dash=True))
@click.option("-o", "--output", metavar="OUT", help="Write scored rollouts: .parquet, .jsonl, or - (JSON Lines).")
@click.option("--config", "config_file", metavar="FILE", help="Constants of the rewards, as TOML or YAML.")
@click.option("--mode", type=click.Choice(get_args(Mode)), help="Whose rules grade the answers.  [default: default]")
@click.option("--map", "maps", multiple=True, metavar="FIELD=COLUMN", help="Read a field from this column; repeatable.")
@click.option("--sufficient", metavar="COLUMN", help="The judge's verdicts on observations.  [default: sufficient]")
@judging_options
@click.option(
    "--dataset",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True),
    help="Join type, options and gold from this data set; repeatable.",
)
@click.option(
    "--compare", metavar="MODE|COLUMN", help="Show where a peer's rules, or the rewards in a column, disagree."
)
@click.option("--prompts", metavar="OUT", help="Write the pass rate of every prompt: .parquet or .jsonl.")
@click.option(
    "--keep-between",
    nargs=2,
    type=float,
    metavar="LOW HIGH",
    help="Of those, only prompts with a pass rate between these two: 0 1 leaves out what teaches nothing.",
)
@click.option("--health", is_flag=True, help="Show how the policy fares, over steps where there are any.")
@click.option("--report", metavar="OUT.html", help="Write one page with plots and rollouts to look through.")
@click.option("--tokenizer", metavar="PATH", help="Count lengths with this local tokenizer.json, or folder with one.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes that score.  [default: all cores]")
@click.option(
    "--engine", type=click.Choice(get_args(Engine)), default="local", help="Who scores: local processes, or Ray."
)
@click.option("--resume", is_flag=True, help="Take up a run of the same command that was interrupted or killed.")
@click.option("--group-size", type=click.IntRange(min=1), metavar="N", help="Each N rows in a row are one group.")
@click.option("--rejects", metavar="FILE", help="Where unreadable rows go.  [default: OUT.rejects.jsonl]")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.option("--strict", is_flag=True, help="Exit with 1 if a row was rejected, or a part of one has no score.")
@click.option("--overwrite-columns", is_flag=True, help="Replace columns of the input that scoring adds.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.version_option(__version__, prog_name="p2r-score")
def main(
    inputs: tuple[str, ...],
    output: str | None,
    config_file: str | None,
    mode: str | None,
    maps: tuple[str, ...],
    sufficient: str | None,
    dataset: tuple[str, ...],
    compare: str | None,
    prompts: str | None,
    keep_between: tuple[float, float] | None,
    health: bool,
    report: str | None,
    tokenizer: str | None,
    workers: int | None,
    engine: Engine,
    resume: bool,
    group_size: int | None,
    rejects: str | None,
    as_json: bool,
    strict: bool,
    overwrite_columns: bool,
    quiet: bool,
    **judging: Any,
) -> None:
    """Score rollouts on disk: rewards for perception and reasoning, and their advantages.

    INPUT is JSON Lines, a JSON list, Parquet (plain, .gz or .zst, told apart by content), a folder of them, or - for
    standard input. Each row holds a completion, and what is needed to grade it: the problem, its type, options and
    gold answer, under any of the usual names. Nothing is downloaded and nothing that a model wrote is executed.
    """
    from p2r_rewards.scoring import score_files
    from p2r_rewards.scoring.wording import counted
    from p2r_rewards.scoring.work_folder import RESUME

    resumable = output not in (None, STANDARD_OUTPUT)
    how_to_go_on = RESUME if resumable else "nothing was written"
    with errors_told("p2r-score"), ended_cleanly("p2r-score", how_to_go_on), ExitStack() as stack:
        mapping = read_maps(maps, {} if sufficient is None else {"sufficient": sufficient})
        if judging["judge"] is not None and "sufficient" in mapping:
            message = "--judge and --sufficient (or --map sufficient=) both give verdicts; choose one"
            raise ConfigError(message)
        progress = stack.enter_context(shown_progress(quiet or as_json))
        job = ScoringJob(
            inputs=inputs,
            output=output,
            rejects=rejects,
            config=_read_config(config_file, mode),
            mapping=mapping,
            dataset=dataset,
            compare=compare,
            prompts=prompts,
            keep_between=keep_between,
            group_size=group_size,
            tokenizer=Path(tokenizer) if tokenizer is not None else None,
            overwrite_columns=overwrite_columns,
            workers=workers,
            engine=engine,
            resume=resume,
        )
        viewer = _open_report(report, job)
        first_pass = open_pass(stack, progress, **judging)
        summary = score_files(job, first_pass=first_pass, viewer=viewer, progress=partial(progress, "rows scored"))
        stack.close()
        if report is not None:
            from p2r_rewards.experiments.report.score_report import write_score_report

            write_score_report(report, summary, viewer)
        if as_json and not quiet:
            show_json(summary, to_stderr=output == "-")
        elif not quiet:
            show_blocks(_blocks(summary, health=health), to_stderr=output == "-")
    if strict and (summary["rejects"] or summary["unscored_rows"]):
        rejected = counted(summary["rejects"], "row")
        fail("p2r-score", f"--strict: {rejected} rejected, {summary['unscored_rows']:,} not fully scored", 1)


def _read_config(file: str | None, mode: str | None) -> RewardConfig:
    config = RewardConfig.from_file(file) if file is not None else RewardConfig()
    return config if mode is None else dataclasses.replace(config, mode=mode)  # type: ignore[arg-type]


def _open_report(path: str | None, job: ScoringJob) -> Any:
    """What looks at the rollouts for a report; None where none is asked for."""
    if path is None:
        return None
    from p2r_rewards.experiments.report.ready import check_report

    check_report(path, taken=[*job.inputs, *job.dataset, job.output, job.rejects_path, job.prompts])
    from p2r_rewards.experiments.report.sampling import RolloutSample

    return RolloutSample()


def _blocks(summary: dict[str, Any], *, health: bool) -> Iterator[RenderableType]:
    from p2r_rewards.commands.health_terminal import comparison_blocks, health_blocks
    from p2r_rewards.commands.judging_terminal import judge_line, mismatch_blocks
    from p2r_rewards.commands.terminal import summary_blocks

    yield from summary_blocks(summary)
    if summary["judge"] is not None:
        yield judge_line(summary["judge"])
    if summary["mismatch"] is not None:
        yield from mismatch_blocks(summary["mismatch"])
    yield from health_blocks(summary["health"], whole=health)
    if summary["comparison"] is not None:
        yield from comparison_blocks(summary["comparison"], name=summary["compared_with"])
