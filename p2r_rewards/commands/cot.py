"""`p2r-cot`: process-aware CoT data, generated, verified and judged as VideoP2R's was."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from p2r_rewards import __version__
from p2r_rewards.commands.cot_options import (
    FILES,
    GENERATING,
    JUDGING,
    STATISTICS,
    VERIFYING,
    make_job,
    with_options,
)
from p2r_rewards.commands.running import ended_cleanly, errors_told, show_blocks, show_json, shown_progress

EPILOG = """\b
Examples:
  p2r-cot run Video-R1-260k.json --media-root Video-R1-data/ -o cot.json.gz --dry-run \\
      --model openai:Qwen/Qwen2.5-VL-72B-Instruct@http://localhost:8000/v1 --send video --judge lexical
      Shows how many rows can be used and the first prompt, before a server is paid.
  p2r-cot run Video-R1-260k.json --media-root Video-R1-data/ -o cot.json.gz --shard 2/8 \\
      --model vllm:Qwen2.5-VL-72B-Instruct/ --judge openai:llama@http://judge:8000/v1
      All three steps on an eighth of the rows; run again, it goes on where it was killed.
  p2r-cot verify traces.jsonl -o verified.jsonl --mode paper
      One step alone, here on traces from elsewhere.
  p2r-cot stats cot.json.gz -o statistics/ --embeddings
      Table 3, word counts and the map of embeddings.

\b
Exit status: 0 done, 1 the work failed (or --strict found rows without answer), 2 wrong usage.
"""
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_GO_ON = "run the same command again to go on"


@click.group(context_settings=_SETTINGS, epilog=EPILOG)
@click.version_option(__version__, prog_name="p2r-cot")
def main() -> None:
    """Make process-aware chain-of-thought data in three steps: generate, verify, judge sufficiency."""


@main.command()
@with_options(FILES, GENERATING, VERIFYING, JUDGING)
def run(**given: Any) -> None:
    """Run all three steps on the questions of FILE.

    FILE holds records of Video-R1, VideoP2R or their like. OUT gets what is kept, in VideoP2R-CoT's schema, and
    OUT's name with .rejects.jsonl every other row, with the step and the reason.
    """
    _run("run", given)


@main.command()
@with_options(FILES, GENERATING)
def generate(**given: Any) -> None:
    """Step 1: have a vision-language model write a trace for each row of FILE."""
    _run("generate", given)


@main.command()
@with_options(FILES, VERIFYING)
def verify(**given: Any) -> None:
    """Step 2: keep the traces of FILE whose form is the template's and whose answer is right.

    A trace stands in the column `output`.
    """
    _run("verify", given)


@main.command()
@with_options(FILES, JUDGING)
def sufficiency(**given: Any) -> None:
    """Step 3: keep the traces of FILE whose observation suffices for the correct answer, in the published schema."""
    _run("sufficiency", given)


@main.command()
@with_options(STATISTICS)
def stats(
    inputs: tuple[str, ...], output: str | None, embeddings: str | None, projection: Any, sample: int, as_json: bool
) -> None:
    """Count traces by type and modality (Table 3), and draw word counts and a map of embeddings."""
    from p2r_rewards.commands.cot_terminal import statistics_blocks
    from p2r_rewards.experiments.cot.report import report_statistics

    with errors_told("p2r-cot stats"):
        found = report_statistics(
            inputs, None if output is None else Path(output), model=embeddings, projection=projection, sample=sample
        )
        if as_json:
            show_json(found)
        else:
            show_blocks(statistics_blocks(found))


def _run(step: str, given: dict[str, Any]) -> None:
    from p2r_rewards.commands.cot_terminal import preview_blocks, summary_blocks
    from p2r_rewards.experiments.cot.preview import preview_run
    from p2r_rewards.experiments.cot.run import run_cot, run_step

    program, as_json = f"p2r-cot {step}", given["as_json"]
    with errors_told(program), ended_cleanly(program, _GO_ON):
        job = make_job(given)
        if given.get("dry"):
            found = preview_run(job)
            show_json(found) if as_json else show_blocks(preview_blocks(found))
            return
        with shown_progress(given["quiet"] or as_json) as progress:
            summary = run_cot(job, progress) if step == "run" else run_step(job, step, progress)
        show_json(summary) if as_json else show_blocks(summary_blocks(summary))
    sys.exit(1 if given["strict"] and summary["unfinished"] else 0)


if __name__ == "__main__":
    main()
