"""`p2r-eval layouts` and `p2r-eval check`: what is expected of a benchmark's folder, and whether it is there."""

from __future__ import annotations

import sys
from typing import Any

import click

from p2r_rewards.commands.running import errors_told, plain, show_json

PROGRAM = "p2r-eval"


@click.command()
def layouts() -> None:
    """List the benchmarks, and what is expected in their folders."""
    from p2r_rewards.experiments.benchmarks.locate import BENCHMARKS

    for name, benchmark in BENCHMARKS.items():
        variants = f" (variants: {', '.join(benchmark.variants)})" if len(benchmark.variants) > 1 else ""
        click.echo(f"{name}{variants}")
        for layout in benchmark.layouts:
            click.echo(f"  {layout.name}: {layout.expected}")


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path())
@click.option("--benchmark", metavar="NAME", help="The benchmark that it must be.  [default: whichever it is]")
@click.option("--variant", metavar="NAME", help="The selection of its questions.  [default: the usual one]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(folder: str, benchmark: str | None, variant: str | None, as_json: bool) -> None:
    """Say which benchmark lies in FOLDER, and whether all of it does.

    Exit status 1 says that the folder holds none, or that media are missing or broken.
    """
    from p2r_rewards.experiments.benchmarks.inventory import take_inventory

    with errors_told(PROGRAM):
        found = take_inventory(folder, benchmark, variant)
        if as_json:
            show_json(found.record())
        else:
            _show(found)
    sys.exit(0 if found.media.complete else 1)


def _show(found: Any) -> None:
    for line in found.lines():
        click.echo(plain(line))
    if not found.media.complete:
        click.echo(plain(f"{PROGRAM}: {found.message()}"), err=True)
