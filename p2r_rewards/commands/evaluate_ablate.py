"""`p2r-eval ablate`: runs of ablations, and ablations on the same rollouts."""

from __future__ import annotations

from pathlib import Path

import click

from p2r_rewards.commands.analysis_output import SETTINGS, check_output, give_table, output_options
from p2r_rewards.commands.running import errors_told, show_blocks, show_json

EPILOG = """\b
Examples:
  p2r-eval ablate full=runs/full "without R_P=runs/grpo" "without R_len=runs/no-length" -o table.tex
      Scores with intervals, differences from the first run on the same questions, and the paper's Table 2.
  p2r-eval ablate --rollouts scored.parquet
      What each ablation's advantages would have been on rollouts that p2r-score scored.

\b
Exit status: 0 done, 1 the work failed, 2 wrong usage.
"""

_PROGRAM = "p2r-eval ablate"


@click.command(context_settings=SETTINGS, epilog=EPILOG, name="ablate")
@click.argument("runs", nargs=-1, metavar="[[NAME=]RUN...]")
@click.option("--full", metavar="NAME", help="The run that others are compared with.  [default: the first]")
@click.option(
    "--rollouts",
    metavar="SCORED",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rollouts that p2r-score has scored, with verdicts.",
)
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the differences' intervals.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap.")
@output_options
def ablate(
    runs: tuple[str, ...],
    full: str | None,
    rollouts: Path | None,
    confidence: float,
    seed: int,
    output: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compare runs of ablations, or what ablations would teach from the same rollouts.

    RUN is a folder that holds scored benchmarks (p2r-eval run or score), below it too. Differences are paired: over the
    questions that both runs answer, with whole videos drawn by a bootstrap.
    """
    from p2r_rewards.experiments.analyses.named_runs import read_named
    from p2r_rewards.experiments.analyses.rollout_ablations import compare_variants, read_scored_rollouts
    from p2r_rewards.experiments.analyses.run_ablations import ablation_table, compare_runs

    with errors_told(_PROGRAM):
        check_output(output)
        if not runs and rollouts is None:
            message = "give scored RUNs, or --rollouts SCORED"
            raise click.UsageError(message)
        if output is not None and not runs:
            message = "-o writes the table of RUNs; --rollouts alone is printed, or as --json"
            raise click.UsageError(message)
        found = compare_runs(read_named(runs), full=full, confidence=confidence, seed=seed) if runs else None
        variants = compare_variants(read_scored_rollouts(rollouts)) if rollouts is not None else None
        if found is not None:
            give_table(ablation_table(found), None, output, as_json=as_json, quiet=quiet)
    if as_json:
        show_json({**(found or {}), **({"rollouts": variants} if variants else {})})
    elif variants is not None and not quiet:
        from p2r_rewards.commands.ablation_terminal import variant_blocks

        show_blocks(variant_blocks(variants))
