"""`p2r-eval judges`: judges' agreement with labels, beside the scores of runs trained with each."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import click

from p2r_rewards.commands.analysis_output import SETTINGS, check_output, give_table, output_options
from p2r_rewards.commands.running import ended_cleanly, errors_told, fail
from p2r_rewards.errors import ConfigError

EPILOG = """\b
Examples:
  p2r-eval judges --labels examples/judge_labels.jsonl --judge lexical --judge anthropic:claude-3-7-sonnet-latest
      Agreement with the labels, beside the paper's Table 4.
  p2r-eval judges --calibration calibrated.json --run lexical=runs/with-lexical -o table.html
      What p2r-judge calibrate --json printed, and the scores of a run trained with that judge.

\b
Exit status: 0 done, 1 the work failed, 2 wrong usage.
"""

_PROGRAM = "p2r-eval judges"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(context_settings=SETTINGS, epilog=EPILOG, name="judges")
@click.option(
    "--labels", type=_FILE, metavar="LABELS", help="Labelled observations, as p2r-judge calibrate takes them."
)
@click.option("--judge", "specs", multiple=True, metavar="JUDGE", help="Who is measured by them; repeatable.")
@click.option("--part", type=click.Choice(["all", "dev", "held-out"]), default="all", show_default=True)
@click.option("--calibration", type=_FILE, metavar="FILE", help="What p2r-judge calibrate --json printed.")
@click.option(
    "--run", "runs", multiple=True, metavar="JUDGE=RUN", help="A scored run trained with a judge; repeatable."
)
@click.option("--cache", metavar="FILE", help="The cache of verdicts.  [default: $P2R_JUDGE_CACHE, else your own]")
@click.option("--no-cache", is_flag=True, help="Ask everything anew and keep nothing.")
@output_options
def judges(
    labels: Path | None,
    specs: tuple[str, ...],
    part: Any,
    calibration: Path | None,
    runs: tuple[str, ...],
    cache: str | None,
    no_cache: bool,
    output: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Put judges side by side: agreement with people's labels, and what was trained with them.

    p2r-judge calibrate says more of a judge: agreement by type, steadiness, and resistance to attacks.
    """
    from p2r_rewards.experiments.analyses.judge_comparison import compare_judges, judge_table, read_calibration
    from p2r_rewards.experiments.analyses.named_runs import read_named

    with errors_told(_PROGRAM), ended_cleanly(_PROGRAM, "the same command asks only what the cache lacks"):
        check_output(output)
        if (labels is None) != (not specs):
            message = "--labels and --judge go together"
            raise click.UsageError(message)
        measured = read_calibration(calibration) if calibration is not None else []
        if labels is not None:
            measured += _calibrate(labels, specs, part, None if no_cache else cache or True)
        found = compare_judges(measured, read_named(runs))
        give_table(judge_table(found), found, output, as_json=as_json, quiet=quiet)
    silent = [one["judge"] for one in measured if one["agreement"] is None]
    if silent:
        fail(_PROGRAM, f"{', '.join(silent)}: no verdict on any item", 1)


def _calibrate(labels: Path, specs: tuple[str, ...], part: Any, cache: Any) -> list[dict[str, Any]]:
    import asyncio

    from p2r_rewards.experiments.analyses.judge_comparison import describe_calibration
    from p2r_rewards.judges.calibration import calibrate
    from p2r_rewards.judges.labels import choose_part, read_labels
    from p2r_rewards.judges.opening import LEXICAL, open_judge

    if len(set(specs)) < len(specs):
        message = "a judge is given twice; name each once"
        raise ConfigError(message)
    items = choose_part(read_labels(labels).items, part)
    with ExitStack() as stack:
        opened: dict[str, Any] = {}
        for spec in specs:
            opened[spec] = open_judge(spec) if spec in LEXICAL else open_judge(spec, cache=cache)
            if spec not in LEXICAL:
                stack.enter_context(closing(opened[spec]))
        measured = asyncio.run(calibrate(opened, items, attacks={}))
    return describe_calibration(measured.to_mapping())
