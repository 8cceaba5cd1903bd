"""`p2r-eval examine`: what observations are worth to a model that does not see the video, or sees it too."""

from __future__ import annotations

from typing import Any

import click

from p2r_rewards.commands.analysis_output import SETTINGS, check_output, give_table
from p2r_rewards.commands.asking_options import asking_options, read_choice, read_settings
from p2r_rewards.commands.running import ended_cleanly, errors_told, fail, show_blocks, show_json, shown_progress

EPILOG = """\b
Examples:
  p2r-eval examine VSI-Bench/ MVBench/ --model openai:NAME@http://localhost:8000/v1 -o runs/examined \\
      --own runs/base --observations VideoP2R=runs/videop2r
      The five rows of the paper's Table 5: text only; text, or video and text, with either's observations.

\b
The observations are those of answers to --prompt process-aware (p2r-eval run).
Exit status: 0 done, 1 the work failed or no question was answered, 2 wrong usage.
"""

_PROGRAM = "p2r-eval examine"
_RESUME = "the same command asks only what is not answered yet"


@click.command(context_settings=SETTINGS, epilog=EPILOG, name="examine")
@click.argument("folders", nargs=-1, required=True, metavar="DATA...", type=click.Path())
@click.option(
    "-o", "--output", "folder", metavar="RUN", type=click.Path(file_okay=False), help="The folder of the runs."
)
@click.option("--own", metavar="RUN", help="The asked model's own answers with observations.")
@click.option("--observations", multiple=True, metavar="NAME=RUN", help="Another model's; repeatable.")
@click.option("--table", metavar="OUT", help="Write the table: a .md, .tex or .html file.")
@click.option("--dry-run", is_flag=True, help="Ask nothing: print the first prompt of each condition, and the counts.")
@asking_options
def examine(
    folders: tuple[str, ...],
    folder: str | None,
    own: str | None,
    observations: tuple[str, ...],
    table: str | None,
    dry_run: bool,
    **options: Any,
) -> None:
    """Examine perception: ask a model with text alone, with observations, and with observations and the video.

    DATA are benchmarks' folders. Every condition and benchmark has its folder below RUN, with answers and scores; run
    again, it asks only what is not answered yet.
    """
    from p2r_rewards.experiments.analyses.examination import OWN
    from p2r_rewards.experiments.analyses.examine import (
        describe_examination,
        examination_table,
        plan_examination,
    )
    from p2r_rewards.experiments.analyses.examine import examine as ask_all
    from p2r_rewards.experiments.analyses.named_runs import read_named

    as_json, quiet, form = (options.pop(name) for name in ("as_json", "quiet", "form"))
    found: dict[str, Any] = {}
    with errors_told(_PROGRAM), ended_cleanly(_PROGRAM, _RESUME):
        check_output(table)
        if folder is None and not dry_run:
            message = "say where the answers go: -o RUN"
            raise click.UsageError(message)
        named = read_named([*([f"{OWN}={own}"] if own is not None else []), *observations])
        planned = plan_examination(folders, read_settings(options), read_choice(options), named)
        if dry_run:
            _show_plan(describe_examination(planned), as_json=as_json, quiet=quiet)
            return
        with shown_progress(quiet or as_json) as progress:
            found = ask_all(planned, str(folder), form=form, progress=progress)
        give_table(examination_table(found), found, table, as_json=as_json, quiet=quiet)
    if not any(one["answered"] for row in found["rows"] for one in row["benchmarks"].values()):
        fail(_PROGRAM, "no question was answered", 1)


def _show_plan(plan: dict[str, Any], *, as_json: bool, quiet: bool) -> None:
    if as_json:
        show_json(plan)
    elif not quiet:
        from p2r_rewards.commands.asking_terminal import examination_blocks

        show_blocks(examination_blocks(plan))
