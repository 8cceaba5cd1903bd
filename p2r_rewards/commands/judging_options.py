"""The options of `p2r-score` that name a judge, or a model that reads what reasoning settles on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, TypeVar

import click

from p2r_rewards.commands.running import Progress
from p2r_rewards.errors import ConfigError

Function = TypeVar("Function", bound=Callable[..., Any])

_EMBEDDED_JUDGES = ("lexical", "lexical+semantic")


def judging_options(function: Function) -> Function:
    """Adds the options to a command, which takes them as keywords."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def open_pass(
    stack: ExitStack,
    progress: Progress,
    *,
    judge: str | None,
    judge_template: str | None,
    judge_cache: str | None,
    no_judge_cache: bool,
    judge_concurrency: int | None,
    extract: str | None,
) -> Any:
    """The pass over the rollouts that the options ask for, with what it opens closed by the stack; None: none.

    Raises:
        ConfigError: An option names nothing, or is of no use.
        MissingExtraError: A library that a judge needs is not installed.
    """
    judge_asks = judge is not None and judge not in _EMBEDDED_JUDGES
    asks = judge_asks or extract not in (None, "rules")
    if judge_template is not None and not judge_asks:
        message = "--judge-template is a model's prompt; name the model with --judge"
        raise ConfigError(message)
    if not asks and (judge_cache is not None or judge_concurrency is not None):
        name = "--judge-cache" if judge_cache is not None else "--judge-concurrency"
        message = f"{name} is for models; name one with --judge or --extract"
        raise ConfigError(message)
    if extract in _EMBEDDED_JUDGES:
        message = f"--extract {extract}: takes a model, or nothing for rules alone"
        raise ConfigError(message)
    if judge_cache is not None and no_judge_cache:
        message = "--judge-cache and --no-judge-cache contradict each other; choose one"
        raise ConfigError(message)
    if judge is None and extract is None:
        return None

    from p2r_rewards.judges.limits import Limits
    from p2r_rewards.judges.opening import open_judge
    from p2r_rewards.judges.rollout_pass import RolloutPass

    options: dict[str, Any] = {"cache": False if no_judge_cache else judge_cache or True}
    if judge_concurrency is not None:
        options["limits"] = Limits(concurrency=judge_concurrency)
    opened: Any = None
    if judge in _EMBEDDED_JUDGES:
        opened = open_judge(judge)
    elif judge is not None:
        opened = open_judge(judge, template=judge_template, **options)
        stack.enter_context(closing(opened))
    model = None
    if extract not in (None, "rules"):
        from p2r_rewards.judges.model_extraction import open_extraction

        model = stack.enter_context(closing(open_extraction(extract, **options)))
    return RolloutPass(opened, name=judge or "", mismatch=extract is not None, extraction=model, progress=progress)


def _refuse_file(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The value, unless it is the input, which an option with an optional value takes for its own."""
    if value is None or value in (*_EMBEDDED_JUDGES, "rules") or not (value == "-" or Path(value).exists()):
        return value
    option = parameter.opts[0]
    bare = "lexical" if option == "--judge" else "rules"
    message = f"{option} {value}: is an input, not a judge; write {option}={bare} {value}"
    raise click.UsageError(message, context)


_OPTIONS = (
    click.option(
        "--judge",
        metavar="[SPEC]",
        is_flag=False,
        flag_value="lexical",
        is_eager=True,  # told of before the input is missed
        callback=_refuse_file,
        help="Have observations judged: openai:MODEL@URL, anthropic:MODEL, vllm:PATH, hf:PATH, replay:FILE, "
        "or lexical, which is no model.  [bare: lexical]",
    ),
    click.option(
        "--judge-template", metavar="NAME|FILE", help="The judge's prompt.  [default: observation-sufficiency]"
    ),
    click.option(
        "--judge-cache",
        metavar="FILE",
        help="The cache of verdicts.  [default: $P2R_JUDGE_CACHE, else the user's cache folder]",
    ),
    click.option("--no-judge-cache", is_flag=True, help="Ask everything anew and keep nothing."),
    click.option(
        "--judge-concurrency", type=click.IntRange(1, 4096), metavar="N", help="Requests in flight.  [default: 64]"
    ),
    click.option(
        "--extract",
        metavar="[SPEC]",
        is_flag=False,
        flag_value="rules",
        is_eager=True,
        callback=_refuse_file,
        help="Measure how often choice answers are not what the reasoning settled on: by rules, and by this model "
        "where they leave it open.  [bare: rules]",
    ),
)
