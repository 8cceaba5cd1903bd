"""`p2r-eval score`: answers scored by the benchmark's own rule, by the paper's and by this library's."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from p2r_rewards.commands.running import errors_told, show_blocks, show_json, shown_progress

PROGRAM = "p2r-eval"


@click.command()
@click.argument("answers", nargs=-1, required=True, metavar="ANSWERS...", type=click.Path(exists=True, dir_okay=False))
@click.option("--data", metavar="FOLDER", help="The benchmark's folder. Results of Video-R1's evaluation need none.")
@click.option("-o", "--output", metavar="DIR", help="Where to write.  [default: the folder of ANSWERS]")
@click.option("--benchmark", metavar="NAME", help="The benchmark that FOLDER must hold.")
@click.option("--variant", metavar="NAME", help="The selection of its questions.  [default: the usual one]")
@click.option(
    "--unanswered",
    type=click.Choice(["leave-out", "wrong"]),
    default="leave-out",
    show_default=True,
    help="Questions without an answer: unscored, or 0.",
)
@click.option("--model", metavar="NAME", help="Who answered, for tables.  [default: as ANSWERS say]")
@click.option(
    "--judge",
    metavar="JUDGE",
    help="Have open answers and captions judged: openai:MODEL@URL, anthropic:MODEL, vllm:PATH, hf:PATH.",
)
@click.option("--judge-cache", metavar="FILE", help="The cache of its verdicts.  [default: as p2r-judge's]")
@click.option("--no-judge-cache", is_flag=True, help="Ask everything anew and keep nothing.")
@click.option(
    "--verdicts",
    type=click.Choice(["jsonl", "parquet"]),
    default="jsonl",
    show_default=True,
    help="The format of the file of verdicts.",
)
@click.option("--report", metavar="OUT.html", help="Write one page with plots and answers to look through.")
@click.option("--json", "as_json", is_flag=True, help="Print scores.json.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def score(
    answers: tuple[str, ...],
    data: str | None,
    output: str | None,
    benchmark: str | None,
    variant: str | None,
    unanswered: Any,
    model: str | None,
    judge: str | None,
    judge_cache: str | None,
    no_judge_cache: bool,
    verdicts: Any,
    report: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Score ANSWERS to one benchmark's questions.

    ANSWERS are files that p2r-eval run wrote, JSON Lines or Parquet with the columns key and output, or results of
    Video-R1's evaluation. Writes scores.json and a file of verdicts, one row a question with each rule's reason.
    """
    from p2r_rewards.commands.evaluate_terminal import score_blocks
    from p2r_rewards.experiments.evaluation.score_files import score_answers

    place = Path(output) if output else Path(answers[0]).parent
    with errors_told(PROGRAM), shown_progress(quiet or as_json) as progress, ExitStack() as stack:
        if report is not None:
            from p2r_rewards.experiments.report.ready import check_report

            check_report(report, taken=answers)
        opened: Any = None
        if judge is not None:
            from p2r_rewards.experiments.evaluation.open_answers import open_answer_judges

            cache = False if no_judge_cache else judge_cache or True
            opened = stack.enter_context(open_answer_judges(judge, cache=cache))
        record = score_answers(
            answers,
            data,
            place,
            benchmark=benchmark,
            variant=variant,
            unanswered=unanswered,
            model=model,
            judges=opened,
            verdicts=verdicts,
            progress=progress,
        )
        if report is not None:
            from p2r_rewards.experiments.report.evaluation_report import write_evaluation_report

            write_evaluation_report(report, record, place / f"verdicts.{verdicts}")
    if as_json:
        show_json(record)
    elif not quiet:
        show_blocks(score_blocks(record))
