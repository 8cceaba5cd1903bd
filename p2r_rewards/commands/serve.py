"""`p2r-serve`: rewards over HTTP."""

from __future__ import annotations

from typing import Any

import click

from p2r_rewards import __version__
from p2r_rewards.commands.running import errors_told, plain

EPILOG = """\b
Examples:
  p2r-serve rewards.yaml --port 5000
      Serves POST /score (JSON), POST /get_reward (OpenRLHF), GET /health and GET /metrics on this machine.
  curl -s localhost:5000/score -H 'Content-Type: application/json' -d '{"samples": [{"completion":
      "<observation>Two cups.</observation><think>2.</think><answer>2</answer>", "problem": "How many cups?",
      "solution": "2", "problem_type": "numerical"}]}'
  P2R_SERVER_TOKEN=$(openssl rand -hex 32) p2r-serve rewards.yaml --host 0.0.0.0 --port 5000
      Serves other machines too, if they send the token.

\b
SETTINGS is the .yaml or .toml file that every adapter reads, such as `judge: openai:MODEL@URL`.
SIGTERM and Ctrl-C end it when what is under way is answered.
Exit status: 0 done, 1 the work failed, 2 wrong usage.
"""


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110, "show_default": True},
    epilog=EPILOG,
)
@click.version_option(__version__, prog_name="p2r-serve")
@click.argument("settings", metavar="SETTINGS", type=click.Path(exists=True, dir_okay=False))
@click.option("--host", default="127.0.0.1", help="Where to listen; beyond this machine only by this option.")
@click.option("--port", type=click.IntRange(0, 65_535), default=5000, help="0 takes a free one, and prints it.")
@click.option(
    "--unscored", type=click.Choice(["stop", "filter"]), default="stop", help="For /get_reward; see the docs."
)
@click.option("--deadline", type=click.FloatRange(0.1), default=170.0, metavar="SECONDS", help="For a request.")
@click.option(
    "--head-timeout", type=click.FloatRange(0.1), default=10.0, metavar="SECONDS", help="For a request's head."
)
@click.option(
    "--body-timeout", type=click.FloatRange(0.1), default=30.0, metavar="SECONDS", help="For body, and reply."
)
@click.option("--body-mib", type=click.IntRange(1, 1024), default=16, metavar="N", help="The longest body.")
@click.option("--samples", type=click.IntRange(1), default=1024, metavar="N", help="The most samples of a request.")
@click.option("--concurrency", type=click.IntRange(1), default=1024, metavar="N", help="Requests scored at once.")
@click.option("--queue", type=click.IntRange(0), default=4096, metavar="N", help="Requests that wait; others get 503.")
@click.option("--judge-concurrency", type=click.IntRange(1, 4096), default=64, metavar="N", help="Asked at once.")
def main(settings: str, host: str, port: int, unscored: Any, judge_concurrency: int, **bounds: Any) -> None:
    """Serve the rewards that SETTINGS describe, for trainers that call out."""
    from p2r_rewards.trainers.samples import RewardSettings
    from p2r_rewards.trainers.server.limits import ServerLimits
    from p2r_rewards.trainers.server.serving import serve

    with errors_told("p2r-serve"):
        body_bytes = bounds.pop("body_mib") * 2**20
        serve(
            RewardSettings.from_file(settings),
            host=host,
            port=port,
            limits=ServerLimits(body_bytes=body_bytes, held_bytes=max(512 * 2**20, body_bytes), **bounds),
            unscored=unscored,
            judge_concurrency=judge_concurrency,
            told=lambda line: click.echo(f"p2r-serve: {plain(line)}"),
            warned=lambda line: click.echo(f"p2r-serve: warning: {plain(line)}", err=True),
        )
