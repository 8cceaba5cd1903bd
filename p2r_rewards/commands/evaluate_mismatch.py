"""`p2r-eval mismatch`: how often answers are not what the reasoning settled on."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Any

import click

from p2r_rewards.commands.analysis_output import SETTINGS, check_output, give_table, output_options
from p2r_rewards.commands.running import ended_cleanly, errors_told, shown_progress

EPILOG = """\b
Examples:
  p2r-eval mismatch --sft mine=runs/mine-sft --rl mine=runs/mine-rl
      A row a stage, beside the paper's Table 6; rules read the reasoning.
  p2r-eval mismatch runs/mine --judge openai:NAME@http://localhost:8000/v1 -o table.md
      A model reads what the rules leave open.

\b
Exit status: 0 done, 1 the work failed, 2 wrong usage.
"""

_PROGRAM = "p2r-eval mismatch"


@click.command(context_settings=SETTINGS, epilog=EPILOG, name="mismatch")
@click.argument("runs", nargs=-1, metavar="[NAME=]RUN...")
@click.option("--sft", multiple=True, metavar="NAME=RUN", help="A model's answers after SFT; repeatable.")
@click.option("--rl", multiple=True, metavar="NAME=RUN", help="The same model's answers after RL; repeatable.")
@click.option(
    "--data", "folders", multiple=True, metavar="DATA", help="A benchmark's folder, where rows lack their questions."
)
@click.option(
    "--by", metavar="NAME", help="Count by a breakdown, such as task, in place of the benchmark; takes --data."
)
@click.option("--judge", "spec", metavar="JUDGE", help="A model that reads what rules leave open: openai:MODEL@URL, …")
@click.option("--cache", metavar="FILE", help="The cache of what it read.  [default: $P2R_JUDGE_CACHE, else your own]")
@click.option("--no-cache", is_flag=True, help="Ask everything anew and keep nothing.")
@output_options
def mismatch(
    runs: tuple[str, ...],
    sft: tuple[str, ...],
    rl: tuple[str, ...],
    folders: tuple[str, ...],
    by: str | None,
    spec: str | None,
    cache: str | None,
    no_cache: bool,
    output: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure think-answer mismatch on multiple-choice questions, by benchmark.

    RUN is a folder of p2r-eval run or above several, a file of answers, results of Video-R1's evaluation, or rollouts
    as p2r-score reads them. What neither rules nor model can read is counted as left open, and is in no rate.
    """
    from p2r_rewards.experiments.analyses.mismatch import MismatchRun, load_questions, measure_runs
    from p2r_rewards.experiments.analyses.mismatch_table import mismatch_table
    from p2r_rewards.experiments.analyses.named_runs import read_named

    with errors_told(_PROGRAM), ended_cleanly(_PROGRAM, "the same command asks only what the cache lacks"):
        check_output(output)
        if not (runs or sft or rl):
            message = "give at least one RUN, or --sft NAME=RUN, or --rl NAME=RUN"
            raise click.UsageError(message)
        named = [MismatchRun(one) for one in read_named(runs)]
        named += [MismatchRun(one, "sft") for one in read_named(sft)]
        named += [MismatchRun(one, "rl") for one in read_named(rl)]
        with ExitStack() as stack:
            extraction = _open(spec, stack, None if no_cache else cache or True)
            progress = stack.enter_context(shown_progress(quiet or as_json))
            questions = load_questions(folders)
            found = measure_runs(named, extraction=extraction, questions=questions, by=by, progress=progress)
        give_table(mismatch_table(found), found, output, as_json=as_json, quiet=quiet)


def _open(spec: str | None, stack: ExitStack, cache: Any) -> Any:
    if spec is None:
        return None
    from p2r_rewards.judges.model_extraction import open_extraction

    return stack.enter_context(closing(open_extraction(spec, cache=cache)))
