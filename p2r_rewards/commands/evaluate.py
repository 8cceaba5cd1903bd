"""`p2r-eval`: benchmarks asked, scored and tabled, and the analyses of the paper."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import click

from p2r_rewards import __version__

EPILOG = """\b
Examples:
  p2r-eval check VSI-Bench/
      Says which benchmark lies there, whether all of it does, and how many questions it has.
  p2r-eval run VSI-Bench/ --model openai:NAME@http://localhost:8000/v1 -o runs/mine/vsi-bench
      Asks every question; run again, it asks only what is not answered yet.
  p2r-eval score runs/mine/vsi-bench/answers.jsonl --data VSI-Bench/
      Scores by the benchmark's own rule, by the paper's and by this library's.
  p2r-eval table runs/*/* -o table.md
      Model by benchmark, with confidence intervals, beside the paper's numbers.

\b
Exit status: 0 done, 1 the work failed, 2 wrong usage.
"""

SUBCOMMANDS = {
    "layouts": "p2r_rewards.commands.evaluate_check:layouts",
    "check": "p2r_rewards.commands.evaluate_check:check",
    "run": "p2r_rewards.commands.evaluate_run:run",
    "score": "p2r_rewards.commands.evaluate_score:score",
    "table": "p2r_rewards.commands.evaluate_table:table",
    "examine": "p2r_rewards.commands.evaluate_analyses:examine",
    "mismatch": "p2r_rewards.commands.evaluate_analyses:mismatch",
    "ablate": "p2r_rewards.commands.evaluate_analyses:ablate",
    "judges": "p2r_rewards.commands.evaluate_analyses:judges",
}
"""Each subcommand with the module and the name of its `click.Command`; it is imported when it is asked for."""


class LazyGroup(click.Group):
    """A group whose subcommands are imported when they are needed, so that none waits for the others' imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The subcommands that are there, in the order of their use."""
        return [name for name, place in SUBCOMMANDS.items() if find_spec(place.partition(":")[0])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand of a name; None where there is none."""
        if cmd_name not in SUBCOMMANDS:
            return None
        module, _, attribute = SUBCOMMANDS[cmd_name].partition(":")
        if find_spec(module) is None:
            message = f"{cmd_name} is not part of this installation ({module} is missing)"
            raise click.UsageError(message, ctx)
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=EPILOG
)
@click.version_option(__version__, prog_name="p2r-eval")
def main() -> None:
    """Evaluate on the seven benchmarks of VideoP2R, and analyse what models see and think."""
