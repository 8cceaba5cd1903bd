"""`p2r-score diff`: two scored runs of the same rollouts, with an exit status for CI."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

import click

from p2r_rewards.errors import ConfigError, DataError

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

    try:
        found = diff_runs(before, after, tolerance=tolerance, show=show)
    except DataError as error:
        _fail(str(error), 1)
    except ConfigError as error:
        _fail(str(error), 2)
    if not quiet:
        _show(found, as_json=as_json)
    sys.exit(0 if found["same"] else 1)


def _fail(message: str, status: int) -> NoReturn:
    from p2r_rewards.commands.terminal import clean

    click.echo(f"p2r-score diff: {clean(message).plain}", err=True)
    sys.exit(status)


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        from p2r_rewards.rollouts.json_text import dump_json

        click.echo(dump_json(found)[0])
        return
    from rich.console import Console

    from p2r_rewards.commands.diff_terminal import diff_blocks

    if isinstance(sys.stdout, TextIOWrapper):  # what its encoding lacks must not fail a run that is done
        sys.stdout.reconfigure(errors="backslashreplace")
    console = Console(file=sys.stdout, highlight=False, soft_wrap=False)
    for block in diff_blocks(found):
        console.print(block)
