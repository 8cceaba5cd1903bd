"""How analyses give their tables: Markdown in the terminal, a file, or JSON for machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from p2r_rewards.commands.running import show_json
from p2r_rewards.errors import ConfigError

if TYPE_CHECKING:
    from p2r_rewards.experiments.evaluation.tables import ScoreTable

Function = TypeVar("Function", bound=Callable[..., Any])

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_SUFFIXES = (".md", ".tex", ".html")


def output_options(function: Function) -> Function:
    """Adds `-o`, `--json` and `--quiet` to a command."""
    for option in (
        click.option("--quiet", is_flag=True, help="Print nothing but errors."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object, in place of the table."),
        click.option("-o", "--output", metavar="OUT", help="Write the table: a .md, .tex or .html file."),
    ):
        function = option(function)
    return function


def check_output(output: str | None) -> None:
    """Refuses a name that tells no form, before the work is done.

    Raises:
        ConfigError: It ends in none of `.md`, `.tex`, `.html`.
    """
    if output is not None and Path(output).suffix.lower() not in _SUFFIXES:
        message = f"{output}: a table is written as {', '.join(_SUFFIXES)}; end its name so"
        raise ConfigError(message)


def give_table(
    table: ScoreTable, found: Mapping[str, Any] | None, output: str | None, *, as_json: bool, quiet: bool
) -> None:
    """Writes the table where a file is named, and prints it or, as JSON, what was found.

    Raises:
        DataError: It can't be written.
    """
    from p2r_rewards.experiments.evaluation.table_formats import save_table, write_table

    if output is not None:
        save_table(table, Path(output))
    if as_json and found is not None:
        show_json(found)
    elif not (as_json or quiet or output is not None):
        click.echo(write_table(table))
