"""`p2r-eval table`: model by benchmark, beside the paper's numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from p2r_rewards.commands.running import errors_told

PROGRAM = "p2r-eval"


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(exists=True))
@click.option("-o", "--output", metavar="OUT", help="A .md, .tex or .html file.  [default: Markdown to the terminal]")
@click.option(
    "--rule",
    type=click.Choice(["paper", "official", "default"]),
    default="paper",
    show_default=True,
    help="Whose score: the paper's, the benchmark's own, or this library's.",
)
@click.option(
    "--beside",
    type=click.Choice(["main", "ablations", "judges", "examination", "none"]),
    default="main",
    show_default=True,
    help="Which of the paper's tables to show below.",
)
@click.option("--by-difficulty", is_flag=True, help="Video-MME by duration and VideoMMMU by track (Table 7).")
def table(runs: tuple[str, ...], output: str | None, rule: Any, beside: Any, by_difficulty: bool) -> None:
    """Put scored RUNs into one table: folders with the scores.json that p2r-eval score wrote."""
    from p2r_rewards.experiments.evaluation.runs import read_runs
    from p2r_rewards.experiments.evaluation.table_formats import save_table, write_table
    from p2r_rewards.experiments.evaluation.tables import build_difficulty_table, build_table

    with errors_told(PROGRAM):
        found = read_runs(runs)
        if by_difficulty:
            built = build_difficulty_table(found, rule=rule, beside=beside != "none")
        else:
            built = build_table(found, rule=rule, beside=None if beside == "none" else beside)
        if output is None:
            click.echo(write_table(built))
        else:
            save_table(built, Path(output))
