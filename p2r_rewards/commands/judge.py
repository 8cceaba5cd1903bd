"""`p2r-judge`: verdicts on observations, and how far judges can be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click

from p2r_rewards import __version__
from p2r_rewards.commands.running import (
    ended_cleanly,
    errors_told,
    fail,
    plain,
    read_maps,
    show_blocks,
    show_json,
    shown_progress,
    store_input,
)
from p2r_rewards.errors import ConfigError, DataError

EPILOG = """\b
Examples:
  p2r-judge verdicts rollouts.jsonl --judge openai:llama@http://localhost:8000/v1 -o judged.jsonl
      Adds the columns sufficient, sufficient_how and judge; run again, it asks only what the cache lacks.
  p2r-judge calibrate examples/judge_labels.jsonl --judge lexical --judge anthropic:claude-3-7-sonnet-latest
      Compares judges with people's labels, and with themselves under attack.
  p2r-judge sample rollouts.jsonl -o sheet.csv --count 200
      Draws observations of your own rollouts to label; then: p2r-judge calibrate sheet.csv --judge ...
  p2r-judge cache show
      What the cache of verdicts holds.

\b
JUDGE is lexical, lexical+semantic, openai:MODEL@URL, anthropic:MODEL, vllm:PATH, hf:PATH or replay:FILE.
Keys come from the environment only.
Exit status: 0 done, 1 the work failed, 2 wrong usage.
"""

_RESUME = "the same command asks only what the cache lacks"

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_INPUTS = click.argument(
    "inputs", nargs=-1, required=True, metavar="INPUT...", type=click.Path(exists=True, allow_dash=True)
)
_MAPS = click.option(
    "--map", "maps", multiple=True, metavar="FIELD=COLUMN", help="Read a field from this column; repeatable."
)
_CACHE = click.option(
    "--cache", metavar="FILE", help="The cache of verdicts.  [default: $P2R_JUDGE_CACHE, else the user's cache folder]"
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_QUIET = click.option("--quiet", is_flag=True, help="Print nothing but errors.")


@click.group(context_settings=_SETTINGS, epilog=EPILOG)
@click.version_option(__version__, prog_name="p2r-judge")
def main() -> None:
    """Judge observations: verdicts, calibration against labels, sheets to label, and the cache."""


@main.command()
@_INPUTS
@click.option("--judge", "spec", required=True, metavar="JUDGE", help="Who judges.")
@click.option("-o", "--output", metavar="OUT", help="Write rows with verdicts: .jsonl, or - for standard output.")
@_MAPS
@click.option("--template", metavar="NAME|FILE", help="A model's prompt.  [default: observation-sufficiency]")
@_CACHE
@click.option("--no-cache", is_flag=True, help="Ask everything anew and keep nothing.")
@click.option("--concurrency", type=click.IntRange(1, 4096), metavar="N", help="Requests in flight.  [default: 64]")
@click.option("--overwrite-columns", is_flag=True, help="Replace verdict columns of the input.")
@click.option("--strict", is_flag=True, help="Exit with 1 if a row was rejected or is unscored.")
@_JSON
@_QUIET
def verdicts(
    inputs: tuple[str, ...],
    spec: str,
    output: str | None,
    maps: tuple[str, ...],
    template: str | None,
    cache: str | None,
    no_cache: bool,
    concurrency: int | None,
    overwrite_columns: bool,
    strict: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Judge the observations of rollouts: whether each suffices for the gold answer.

    INPUT is what p2r-score reads: rollouts with a completion, or rows with an observation, and each with question,
    gold, type and options. With -o the rows are written with the columns sufficient (true, false, or null: unscored),
    sufficient_how and judge; p2r-score reads the first one.
    """
    from p2r_rewards.judges.verdict_file import write_verdicts

    with errors_told("p2r-judge verdicts"), ended_cleanly("p2r-judge verdicts", _RESUME), ExitStack() as stack:
        mapping, stored = read_maps(maps), store_input(inputs, stack)
        judge = _open(
            spec, stack, template=template, cache=None if no_cache else cache or True, concurrency=concurrency
        )
        with shown_progress(quiet or as_json) as progress:
            summary = write_verdicts(
                inputs,
                output,
                judge,
                name=spec,
                mapping=mapping,
                overwrite_columns=overwrite_columns,
                standard_input=stored,
                progress=partial(progress, "rows judged"),
            )
        summary["notes"] = _lexical_notes([spec])
        if not quiet:
            _show(summary, "verdict_blocks", as_json=as_json, to_stderr=output == "-")
    if strict and (summary["unscored"] or summary["rejects"]):
        message = f"--strict: {summary['rejects']:,} rejected, {summary['unscored']:,} unscored"
        fail("p2r-judge verdicts", message, 1)


@main.command()
@click.argument("labels", metavar="LABELS", type=click.Path(exists=True, dir_okay=False))
@click.option("--judge", "specs", required=True, multiple=True, metavar="JUDGE", help="Who is measured; repeatable.")
@click.option("--part", type=click.Choice(["all", "dev", "held-out"]), default="all", show_default=True)
@click.option("--retest/--no-retest", default=True, show_default=True, help="Ask everything twice, round the cache.")
@click.option("--targets", type=click.IntRange(0), default=5, show_default=True, help="Items each attack is tried on.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals.")
@click.option("--template", metavar="NAME|FILE", help="The models' prompt.  [default: observation-sufficiency]")
@_CACHE
@click.option("--no-cache", is_flag=True, help="Ask everything anew and keep nothing.")
@click.option("--concurrency", type=click.IntRange(1, 4096), metavar="N", help="Requests in flight.  [default: 64]")
@click.option("--report", metavar="OUT.html", help="Write one page with plots and the items judged wrong.")
@_JSON
def calibrate(
    labels: str,
    specs: tuple[str, ...],
    part: str,
    retest: bool,
    targets: int,
    confidence: float,
    template: str | None,
    cache: str | None,
    no_cache: bool,
    concurrency: int | None,
    report: str | None,
    as_json: bool,
) -> None:
    """Measure judges against labels: agreement, test-retest, and resistance to attacks.

    LABELS is JSON Lines or CSV with the columns question, gold, observation and label (sufficient or insufficient):
    examples/judge_labels.jsonl, or a filled-in sheet of p2r-judge sample. Rows without a label are left out.
    """
    import asyncio

    from p2r_rewards.judges.calibration import calibrate as measure
    from p2r_rewards.judges.labels import choose_part, read_labels

    with errors_told("p2r-judge calibrate"), ExitStack() as stack:
        if len(set(specs)) < len(specs):
            message = "a judge is given twice; name each once"
            raise ConfigError(message)
        if report is not None:
            from p2r_rewards.experiments.report.ready import check_report

            check_report(report, taken=[labels])
        file = read_labels(labels)
        items = choose_part(file.items, part)
        kept = None if no_cache else cache or True
        judges = {spec: _open(spec, stack, template=template, cache=kept, concurrency=concurrency) for spec in specs}
        again = {spec: _Again(judge) for spec, judge in judges.items()} if retest else None
        if report is not None:
            from p2r_rewards.experiments.report.calibration_report import HeardJudge, write_calibration_report

            judges = {spec: HeardJudge(judge) for spec, judge in judges.items()}
        measured = asyncio.run(measure(judges, items, again=again, targets=targets, confidence=confidence))
        summary = {"labels": labels, "part": part, "unlabelled": file.unlabelled, **measured.to_mapping()}
        summary["notes"] = _lexical_notes(specs)
        if report is not None:
            write_calibration_report(report, summary, items, judges)
        _show(summary, "calibration_blocks", as_json=as_json)
    silent = [one.judge for one in measured.judges if one.overall.accuracy is None]
    if silent:
        fail("p2r-judge calibrate", f"{', '.join(silent)}: no verdict on any item", 1)


@main.command()
@_INPUTS
@click.option("-o", "--output", required=True, metavar="SHEET", help="Where to: .csv or .jsonl.")
@click.option("--count", type=click.IntRange(1), default=200, show_default=True, help="How many to draw.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another one draws others.")
@_MAPS
@click.option("--force", is_flag=True, help="Write over a sheet that is there already.")
@_JSON
@_QUIET
def sample(
    inputs: tuple[str, ...],
    output: str,
    count: int,
    seed: int,
    maps: tuple[str, ...],
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Draw a sheet to label from your own rollouts.

    As many observations as can be come from each problem type, and from right and wrong answers alike. The sheet shows
    neither the answer nor any verdict. Fill in the column label: sufficient, if the gold follows from the observation
    alone without guessing, else insufficient. Then calibrate with it.
    """
    from p2r_rewards.judges.observed_rows import read_observed
    from p2r_rewards.judges.sheet import draw_sample, write_sheet

    with errors_told("p2r-judge sample"), ExitStack() as stack:
        mapping, stored = read_maps(maps), store_input(inputs, stack)
        with shown_progress(quiet or as_json) as progress:
            batches = read_observed(
                inputs, mapping=mapping, standard_input=stored, progress=partial(progress, "rows read")
            )
            drawn = draw_sample((one for batch in batches for one in batch.rows), count, seed=seed)
        write_sheet(drawn, Path(output), force=force)
        strata = [
            {"type": kind, "answer": answer, "drawn": taken, "observations": there}
            for (kind, answer), (taken, there) in drawn.counts.items()
        ]
        summary = {"output": output, "drawn": len(drawn.drawn), "asked": count, "seed": seed, "strata": strata}
        if not quiet:
            _show(summary, "sample_blocks", as_json=as_json)


@main.group()
def cache() -> None:
    """Look at the cache of verdicts, shorten it, or write it out."""


@cache.command()
@_CACHE
@_JSON
def show(cache: str | None, as_json: bool) -> None:
    """What the cache holds."""
    import dataclasses

    with errors_told("p2r-judge cache show"), _cache(cache) as opened:
        info = opened.show()
        _show({**dataclasses.asdict(info), "path": str(info.path)}, "cache_blocks", as_json=as_json)


@cache.command()
@_CACHE
@click.option("--max-age", type=click.FloatRange(0, min_open=True), metavar="DAYS", help="Drop what is older.")
@click.option("--max-size", type=click.FloatRange(0), metavar="MB", help="Drop the oldest until it is this small.")
def prune(cache: str | None, max_age: float | None, max_size: float | None) -> None:
    """Drop old verdicts."""
    with errors_told("p2r-judge cache prune"):
        if max_age is None and max_size is None:
            message = "say what goes: --max-age DAYS, --max-size MB, or both"
            raise ConfigError(message)
        with _cache(cache) as opened:
            size = None if max_size is None else int(max_size * 1e6)
            dropped = opened.prune(max_bytes=size, max_age_days=max_age)
            click.echo(f"dropped {dropped:,} verdicts")


@cache.command()
@click.argument("output", metavar="OUT", type=click.Path(dir_okay=False))
@_CACHE
def export(output: str, cache: str | None) -> None:
    """Write all verdicts as JSON Lines, readable by you alone."""
    with errors_told("p2r-judge cache export"), _cache(cache) as opened:
        count = opened.export_to(output)
        click.echo(f"wrote {count:,} verdicts to {plain(output)}")


class _Again:
    """A judge asked anew: round its cache where it has one."""

    def __init__(self, judge: Any) -> None:
        self._judge = judge

    async def __call__(self, items: Any) -> Any:
        from p2r_rewards.judges.model_judge import ModelJudge

        if isinstance(self._judge, ModelJudge):
            return await self._judge(items, bypass=True)
        return await self._judge(items)


def _show(summary: dict[str, Any], blocks: str, *, as_json: bool, to_stderr: bool = False) -> None:
    """Prints a summary: as tables by that function of `judge_terminal`, or as JSON."""
    if as_json:
        show_json(summary, to_stderr=to_stderr)
        return
    from p2r_rewards.commands import judge_terminal

    show_blocks(getattr(judge_terminal, blocks)(summary), to_stderr=to_stderr)


def _lexical_notes(specs: Sequence[str]) -> list[str]:
    from p2r_rewards.judges.opening import LEXICAL, LEXICAL_NOTE

    return [LEXICAL_NOTE.format(spec) for spec in specs if spec in LEXICAL]


def _open(spec: str, stack: ExitStack, *, template: str | None, cache: Any, concurrency: int | None) -> Any:
    from p2r_rewards.judges.opening import LEXICAL, open_judge

    if spec in LEXICAL:
        return open_judge(spec)
    options: dict[str, Any] = {}
    if concurrency is not None:
        from p2r_rewards.judges.limits import Limits

        options["limits"] = Limits(concurrency=concurrency)
    judge: Any = open_judge(spec, template=template, cache=cache, **options)
    return stack.enter_context(closing(judge))


@contextmanager
def _cache(path: str | None) -> Iterator[Any]:
    from p2r_rewards.judges.cache import VerdictCache, default_path

    place = Path(path) if path is not None else default_path()
    if not place.is_file():
        message = f"{place}: there is no cache of verdicts; name another with --cache FILE"
        raise DataError(message)
    with closing(VerdictCache(place)) as opened:
        yield opened
