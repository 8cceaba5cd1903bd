"""`p2r-score`: rewards and advantages for rollouts on disk."""

from __future__ import annotations

import dataclasses
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn, get_args

import click

from p2r_rewards import __version__
from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError, DataError, MissingExtraError
from p2r_rewards.graders.registry import Mode
from p2r_rewards.scoring.job import STANDARD_OUTPUT, Engine, ScoringJob

EPILOG = """\b
Examples:
  p2r-score rollouts.jsonl
      Prints what the rollouts earn.
  p2r-score rollouts.jsonl -o scored.parquet
      Writes them with rewards, advantages and explanations as new columns.
  p2r-score dumps/ --map gold=label --sufficient judge_says_yes -o scored.jsonl
      Reads a folder whose columns have other names.
  p2r-score run.parquet --tokenizer Qwen2.5-VL-7B-Instruct/ --config rewards.toml
      Counts lengths with the policy's tokenizer.
  p2r-score completions/ --dataset Video-R1-260k.json --compare recorded
      Joins a trainer's dump with its data set, and shows where the recorded rewards differ.
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
) -> None:
    """Score rollouts on disk: rewards for perception and reasoning, and their advantages.

    INPUT is JSON Lines, a JSON list, Parquet (plain, .gz or .zst, told apart by content), a folder of them, or - for
    standard input. Each row holds a completion, and what is needed to grade it: the problem, its type, options and
    gold answer, under any of the usual names. Nothing is downloaded and nothing that a model wrote is executed.
    """
    from p2r_rewards.scoring import score_files
    from p2r_rewards.scoring.wording import counted

    with _errors_told(), _ended_cleanly(resumable=output not in (None, STANDARD_OUTPUT)):
        job = ScoringJob(
            inputs=inputs,
            output=output,
            rejects=rejects,
            config=_read_config(config_file, mode),
            mapping=_read_maps(maps, sufficient),
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
        with _progress(quiet or as_json) as progress:
            summary = score_files(job, progress=progress)
        if not quiet:
            _show(summary, as_json=as_json, to_stderr=output == "-", health=health)
    if strict and (summary["rejects"] or summary["unscored_rows"]):
        rejected = counted(summary["rejects"], "row")
        _fail(f"--strict: {rejected} rejected, {summary['unscored_rows']:,} not fully scored", 1)


def _read_config(file: str | None, mode: str | None) -> RewardConfig:
    config = RewardConfig.from_file(file) if file is not None else RewardConfig()
    return config if mode is None else dataclasses.replace(config, mode=mode)  # type: ignore[arg-type]


def _read_maps(maps: tuple[str, ...], sufficient: str | None) -> dict[str, str]:
    mapping = {} if sufficient is None else {"sufficient": sufficient}
    for one in maps:
        name, equals, column = one.partition("=")
        if not (name and equals and column):
            message = f"--map {one}: write FIELD=COLUMN, such as --map gold=label"
            raise ConfigError(message)
        if mapping.setdefault(name, column) != column:
            message = f"field {name} is mapped to {mapping[name]!r} and to {column!r}; choose one"
            raise ConfigError(message)
    return mapping


@contextmanager
def _errors_told() -> Iterator[None]:
    """Turns what a user can mend into one line and an exit status."""
    try:
        yield
    except (DataError, MissingExtraError) as error:
        _fail(str(error), 1)
    except ConfigError as error:
        _fail(str(error), 2)
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror or error}", 1)


@contextmanager
def _ended_cleanly(*, resumable: bool) -> Iterator[None]:
    """Lets SIGTERM end the run as Ctrl-C does, and tells how to go on."""

    def end(*_: object) -> NoReturn:
        raise SystemExit(128 + signal.SIGTERM)

    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, end) if in_main else None
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as error:
        status = 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else error.code
        if status not in (128 + signal.SIGINT, 128 + signal.SIGTERM):
            raise
        from p2r_rewards.scoring.work_folder import RESUME

        how = RESUME if resumable else "nothing was written"
        click.echo(f"p2r-score: interrupted; {how}", err=True)
        sys.exit(status)
    finally:
        if in_main:
            signal.signal(signal.SIGTERM, before)


def _fail(message: str, status: int) -> NoReturn:
    from p2r_rewards.commands.terminal import clean

    click.echo(f"p2r-score: {clean(message).plain}", err=True)
    sys.exit(status)


def _show(summary: dict[str, Any], *, as_json: bool, to_stderr: bool, health: bool) -> None:
    if as_json:
        from p2r_rewards.rollouts.json_text import dump_json

        click.echo(dump_json(summary)[0], err=to_stderr)
        return
    from rich.console import Console

    from p2r_rewards.commands.health_terminal import comparison_blocks, health_blocks
    from p2r_rewards.commands.terminal import print_summary

    stream = sys.stderr if to_stderr else sys.stdout
    if isinstance(stream, TextIOWrapper):  # what its encoding lacks must not fail a run that is done
        stream.reconfigure(errors="backslashreplace")
    console = Console(file=stream, highlight=False, soft_wrap=False)
    print_summary(summary, console)
    for block in health_blocks(summary["health"], whole=health):
        console.print(block)
    if summary["comparison"] is not None:
        for block in comparison_blocks(summary["comparison"], name=summary["compared_with"]):
            console.print(block)


@contextmanager
def _progress(hidden: bool) -> Iterator[Callable[[int], None]]:
    """Shows the number of rows so far on standard error, where that is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if hidden or not console.is_terminal:
        yield lambda rows: None
        return
    with console.status("reading") as status:
        yield lambda rows: status.update(f"{rows:,} rows scored")
