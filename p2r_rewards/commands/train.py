"""`p2r-train`: published data checked, both stages trained from recipes, runs plotted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from p2r_rewards import __version__
from p2r_rewards.errors import ConfigError, DataError, MissingExtraError

EPILOG = """\b
Examples:
  p2r-train data --check VideoP2R-RL-263K/ --media-root Video-R1-data/
      Reads every row and looks into every clip, before a GPU is rented.
  p2r-train sft tiny && p2r-train rl tiny
      Both stages on a CPU, on clips that it makes.
  p2r-train rl videop2r-7b --set data.files=[rl.json] --set data.media_root=media --dry-run
      Shows what would be done: settings, the first prompt, tokens against the context.
  accelerate launch --config_file "$(p2r-train recipes --launch zero3)" -m p2r_rewards.commands.train rl mine.yaml
      Trains on several GPUs.
  p2r-train plot runs/tiny-rl
      Draws the curves: PNG files and one HTML page.

\b
RECIPE is a built-in name (p2r-train recipes) or a YAML file of yours.
Exit status: 0 done, 1 the work failed (or data --check found something), 2 wrong usage.
"""

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_RECIPE = click.argument("recipe", metavar="RECIPE")
_CHANGES = click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a setting, such as video.frames=8; repeatable."
)
_DRY = click.option("--dry-run", "dry", is_flag=True, help="Show what would be done, and do nothing.")
_ROWS = click.option("--rows", type=click.IntRange(1), default=16, show_default=True, help="Rows a dry run looks at.")
_RESUME = click.option("--resume", is_flag=True, help="Go on from the last checkpoint in output_dir, if there is one.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group(context_settings=_SETTINGS, epilog=EPILOG)
@click.version_option(__version__, prog_name="p2r-train")
def main() -> None:
    """Train as VideoP2R does: check data, fine-tune, reinforce, plot."""


@main.command()
@click.argument("inputs", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True))
@click.option("--check", is_flag=True, required=True, help="Read everything, and report.")
@click.option("--media-root", metavar="DIR", help="What paths are relative to; without it media are not looked at.")
@click.option("--stage", type=click.Choice(["sft", "rl"]), default="rl", show_default=True, help="What rows are for.")
@click.option("--template", metavar="NAME|FILE", default="process-aware-cot", show_default=True, help="The prompt.")
@click.option("--tokenizer", metavar="DIR|NAME", help="Measure prompts with it.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes.  [default: one a core]")
@_JSON
def data(
    inputs: tuple[str, ...],
    check: bool,
    media_root: str | None,
    stage: Any,
    template: str,
    tokenizer: str | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Check data sets: every row, every gold, every clip.

    FILE is a file or folder of VideoP2R-CoT-162K, VideoP2R-RL-263K, Video-R1 or their like: JSON, JSON Lines or
    Parquet, packed or not. Exit status 1 says that some rows can't be trained on.
    """
    from p2r_rewards.trainers.data.check import check_data
    from p2r_rewards.trainers.data.tally import check_lines

    with _errors_told("data"):
        found = check_data(inputs, media_root, stage=stage, template=template, tokenizer=tokenizer, workers=workers)
        if as_json:
            _show_json(found.to_mapping())
        else:
            for line in check_lines(found.to_mapping()):
                click.echo(_plain(line))
    sys.exit(0 if found.clean else 1)


@main.command()
@_RECIPE
@_CHANGES
@_DRY
@_ROWS
@_RESUME
@_JSON
def sft(recipe: str, changes: tuple[str, ...], dry: bool, rows: int, resume: bool, as_json: bool) -> None:
    """Fine-tune on process-aware traces."""
    _stage("sft", recipe, changes, dry, rows, resume, as_json)


@main.command()
@_RECIPE
@_CHANGES
@_DRY
@_ROWS
@_RESUME
@_JSON
def rl(recipe: str, changes: tuple[str, ...], dry: bool, rows: int, resume: bool, as_json: bool) -> None:
    """Reinforce by PA-GRPO, or by one of its ablations."""
    _stage("rl", recipe, changes, dry, rows, resume, as_json)


@main.command()
@click.argument("run", metavar="RUN", type=click.Path(exists=True, file_okay=False))
@click.option("-o", "--output", metavar="DIR", help="Where to.  [default: RUN/plots]")
@click.option("--smooth", type=click.IntRange(0), default=0, metavar="N", help="Points averaged.  [default: a 20th]")
def plot(run: str, output: str | None, smooth: int) -> None:
    """Draw a run's curves: accuracies, format, segment lengths, groups that teach nothing, loss."""
    from p2r_rewards.trainers.running.plots import plot_run

    with _errors_told("plot"):
        for path in plot_run(run, output, width=smooth):
            click.echo(_plain(str(path)))


@main.command()
@click.argument("name", required=False)
@click.option("--stage", type=click.Choice(["sft", "rl"]), default="rl", help="Which recipe of that name.")
@click.option("--launch", metavar="NAME", help="Print the path of a launch file: fsdp, zero3, one-gpu.")
def recipes(name: str | None, stage: str, launch: str | None) -> None:
    """List the built-in recipes, or print where the one called NAME lies."""
    from p2r_rewards.trainers.recipes import find_launch, list_recipes
    from p2r_rewards.trainers.recipes.reading import find_recipe

    with _errors_told("recipes"):
        if launch is not None:
            click.echo(find_launch(launch))
        elif name is not None:
            click.echo(find_recipe(stage, name))
        else:
            for one, stages in list_recipes().items():
                click.echo(f"{one}  ({', '.join(stages)})")


@main.command()
@click.argument("run", metavar="RUN", type=click.Path(exists=True, file_okay=False))
@click.option("-o", "--output", required=True, metavar="DIR", help="Where to.")
def merge(run: str, output: str) -> None:
    """Put the adapter of a run with LoRA into its model's weights."""
    with _errors_told("merge"):
        _need("peft")
        from p2r_rewards.trainers.running.run import merge_adapter

        merge_adapter(run, output)
        click.echo(_plain(output))


def _stage(stage: str, name: str, changes: tuple[str, ...], dry: bool, rows: int, resume: bool, as_json: bool) -> None:
    from p2r_rewards.trainers.recipes import load_recipe

    with _errors_told(stage):
        recipe = load_recipe(stage, name, changes)
        recipe.check_ready()
        _need("trl")
        if dry:
            from p2r_rewards.trainers.running.dry_run import dry_run

            _show_dry_run(dry_run(recipe, rows=rows), as_json)
            return
        from p2r_rewards.trainers.running.run import run_stage

        folder = run_stage(recipe, resume=resume)
        click.echo(_plain(str(folder)))


def _show_dry_run(found: Any, as_json: bool) -> None:
    import dataclasses

    if as_json:
        _show_json({**dataclasses.asdict(found), "too_long": found.too_long})
        return
    import yaml

    click.echo(yaml.safe_dump(found.recipe, sort_keys=False, allow_unicode=True))
    click.echo(f"{found.rows:,} rows of {found.read:,}")
    for kind, count in found.skipped.items():
        click.echo(_plain(f"  left out, {kind}: {count:,}"))
    click.echo("\nThe first prompt:\n")
    for line in found.prompt.splitlines():
        click.echo(_plain(line))
    click.echo(f"\nTokens against a context of {found.context:,}:\n   row  prompt   reply   whole")
    for row, (prompt, reply) in enumerate(found.tokens):
        over = "  too long" if prompt + reply > found.context else ""
        click.echo(f"{row:6}{prompt:8,}{reply:8,}{prompt + reply:8,}{over}")


def _show_json(values: dict[str, Any]) -> None:
    from p2r_rewards.rollouts.json_text import dump_json

    click.echo(dump_json(values)[0])


def _need(package: str) -> None:
    import importlib.util

    if importlib.util.find_spec(package) is None:
        raise MissingExtraError(package, "trl")


@contextmanager
def _errors_told(command: str) -> Iterator[None]:
    """Turns what a user can mend into one line and an exit status."""
    try:
        yield
    except (DataError, MissingExtraError) as error:
        _fail(command, str(error), 1)
    except ConfigError as error:
        _fail(command, str(error), 2)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(command, f"{place}{error.strerror or error}", 1)


def _fail(command: str, message: str, status: int) -> NoReturn:
    click.echo(f"p2r-train {command}: {_plain(message)}", err=True)
    sys.exit(status)


def _plain(text: str) -> str:
    """The text without control characters."""
    from p2r_rewards.commands.terminal import clean

    return clean(text).plain


if __name__ == "__main__":
    main()
