"""`p2r-eval run`: a benchmark's questions put to a model."""

from __future__ import annotations

from typing import Any

import click

from p2r_rewards.commands.asking_options import asking_options, read_choice, read_settings
from p2r_rewards.commands.running import ended_cleanly, errors_told, fail, show_blocks, show_json, shown_progress

EPILOG = """\b
Examples:
  p2r-eval run VSI-Bench/ --model openai:NAME@http://localhost:8000/v1 -o runs/mine/vsi-bench
      Asks every question; run again, it asks only what is not answered yet.
  p2r-eval run VSI-Bench/ --model openai:NAME@http://localhost:8000/v1 -o runs/mine/vsi-bench --dry-run
      Asks nothing: prints the first prompt, and what is missing.
  p2r-eval run VSI-Bench/ --model vllm:PATH --task object_counting --sample 100 -o runs/try
      A sample of one task, by vLLM in this process.

\b
The key for a server goes into P2R_MODEL_API_KEY (OPENAI_API_KEY for OpenAI's own).
Exit status: 0 done, 1 the work failed or no question was answered, 2 wrong usage.
"""

_PROGRAM = "p2r-eval run"
_RESUME = "the same command asks only what is not answered yet"


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=EPILOG, name="run"
)
@click.argument("folder", required=False, metavar="[DATA]", type=click.Path())
@click.option("--data", metavar="DATA", type=click.Path(), help="The benchmark's folder, if not given before.")
@click.option("--benchmark", "name", metavar="NAME", help="Which benchmark it is.  [default: the one that lies there]")
@click.option("--variant", metavar="NAME", help="A selection of the benchmark's own, such as debiased.")
@click.option("-o", "--output", metavar="RUN", type=click.Path(file_okay=False), help="The run's folder.")
@click.option(
    "--prompt",
    "style",
    type=click.Choice(["process-aware", "think-answer", "direct"]),
    default="process-aware",
    show_default=True,
    help="The form of reply that is asked for.",
)
@click.option("--template", metavar="FILE", help="A prompt of yours, with the one field question.")
@asking_options
@click.option("--shard", default="1/1", show_default=True, metavar="I/N", help="Ask every N-th question from the I-th.")
@click.option("--dry-run", is_flag=True, help="Ask nothing: print the first prompt and the counts.")
@click.option("--score/--no-score", default=True, show_default=True, help="Score the answers of all shards at the end.")
@click.option("--strict", is_flag=True, help="Exit with 1 if a question is unanswered.")
def run(
    folder: str | None,
    data: str | None,
    name: str | None,
    variant: str | None,
    output: str | None,
    shard: str,
    dry_run: bool,
    score: bool,
    strict: bool,
    **options: Any,
) -> None:
    """Ask a model a benchmark's questions.

    DATA is a folder as the benchmark is published (p2r-eval layouts). RUN takes answers.jsonl, one row a question in
    their order, with its provenance; p2r-eval score reads it, and so do p2r-score and p2r-judge. A video that is
    missing and a server that fails leave a question unanswered, with the reason in its row.
    """
    as_json, quiet = options.pop("as_json"), options.pop("quiet")
    with errors_told(_PROGRAM), ended_cleanly(_PROGRAM, _RESUME):
        place = _one_folder(folder, data)
        if output is None and not dry_run:
            message = "say where the answers go: -o RUN"
            raise click.UsageError(message)
        from p2r_rewards.experiments.answering import benchmark_run

        form = options.pop("form")
        choice, settings = read_choice(options, shard=shard), read_settings(options)
        planned = benchmark_run.plan_run(place, settings, choice, name=name, variant=variant)
        if dry_run:
            summary = {**benchmark_run.describe_run(planned), "first_prompt": benchmark_run.show_first_prompt(planned)}
        else:
            with shown_progress(quiet or as_json) as progress:
                summary = benchmark_run.run_benchmark(planned, str(output), form=form, progress=progress)
            scored = score and summary["answered"] and planned.choice.shard == (1, 1)
            summary["scores"] = benchmark_run.score_run(planned, summary) if scored else []
    if as_json:
        show_json(summary)
    elif not quiet:
        from p2r_rewards.commands.asking_terminal import dry_run_blocks, run_blocks

        show_blocks(dry_run_blocks(summary) if dry_run else run_blocks(summary))
    if dry_run:
        return
    if summary["questions"] and not summary["answered"]:
        fail(_PROGRAM, "no question was answered", 1)
    if strict and summary["unanswered"]:
        fail(_PROGRAM, f"--strict: {summary['unanswered']:,} unanswered", 1)


def _one_folder(folder: str | None, data: str | None) -> str:
    if (folder is None) == (data is None):
        message = "give the benchmark's folder once: p2r-eval run DATA, or --data DATA"
        raise click.UsageError(message)
    return folder or data or ""
