"""`p2r-score diff`: two scored runs of the same rollouts, with an exit status for CI."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from p2r_rewards.commands.running import errors_told, show_blocks, show_json

EPILOG = """\b
Examples:
  p2r-score diff before.parquet after.parquet
      Prints what changed in each column, and under which settings.
  p2r-score diff main.jsonl branch.parquet --tolerance 0.001 --json
      Compares across formats, and prints JSON for machines.

\b
Exit status: 0 no number changed by more than the tolerance, 1 some did (or the work failed), 2 wrong usage.
"""

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    name="diff", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=EPILOG
)
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option("--tolerance", type=float, default=1e-9, show_default=True, help="Equal numbers may differ by this much.")
@click.option("--show", type=click.IntRange(min=0), default=5, show_default=True, metavar="N", help="Rows per column.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def diff(before: Path, after: Path, tolerance: float, show: int, as_json: bool, quiet: bool) -> None:
    """Compare two scored runs of the same rollouts in the same order.

    BEFORE and AFTER are files that p2r-score has written, .parquet or .jsonl, in any combination.
    """
    from p2r_rewards.scoring.diff import diff_runs

    with errors_told("p2r-score diff"):
        found = diff_runs(before, after, tolerance=tolerance, show=show)
    if as_json and not quiet:
        show_json(found)
    elif not quiet:
        from p2r_rewards.commands.diff_terminal import diff_blocks

        show_blocks(diff_blocks(found))
    sys.exit(0 if found["same"] else 1)
