"""The options of `p2r-eval` commands that put questions to a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from p2r_rewards.experiments.answering.benchmark_run import RunSettings
    from p2r_rewards.experiments.answering.choosing import Choice

Function = TypeVar("Function", bound=Callable[..., Any])

PIXELS = 256 * 28 * 28


def asking_options(function: Function) -> Function:
    """Adds the options to a command, which takes them as keywords."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def read_choice(options: dict[str, Any], *, shard: str = "1/1") -> Choice:
    """Which questions the options choose.

    Raises:
        ConfigError: They contradict each other, or mean nothing.
    """
    from p2r_rewards.experiments.answering.choosing import Choice, read_shard

    names = ("tasks", "limit", "sample", "seed")
    return Choice(**{name: options[name] for name in names}, shard=read_shard(shard))


def read_settings(options: dict[str, Any]) -> RunSettings:
    """How the options put questions to a model.

    Raises:
        ConfigError: A value is outside its range.
    """
    import dataclasses

    from p2r_rewards.experiments.answering.benchmark_run import PAPER_DECODING, RunSettings
    from p2r_rewards.experiments.generation.generators import make_limits
    from p2r_rewards.experiments.generation.media_parts import MediaSettings

    decoding = dataclasses.replace(
        PAPER_DECODING,
        temperature=options["temperature"],
        top_p=options["top_p"],
        max_tokens=options["max_tokens"],
        seed=options["decoding_seed"],
    )
    limits = make_limits(options["concurrency"], options["timeout"])
    more = {name: options[name] for name in ("style", "template") if options.get(name) is not None}
    media = MediaSettings(frames=options["frames"], max_pixels=options["max_pixels"], send=options["send"])
    return RunSettings(model=options["model"], media=media, decoding=decoding, limits=limits, **more)


_OPTIONS = (
    click.option(
        "--model", required=True, metavar="MODEL", help="openai:MODEL@URL, openai:MODEL or vllm:PATH: who answers."
    ),
    click.option("--frames", type=int, default=32, show_default=True, help="Frames of a video at most."),
    click.option(
        "--max-pixels", type=int, default=PIXELS, show_default="256*28*28", help="Pixels of a frame or image at most."
    ),
    click.option(
        "--send",
        type=click.Choice(["frames", "video", "file"]),
        default="frames",
        show_default=True,
        help="A video as images (any server), as vLLM's video/jpeg, or as its whole file.",
    ),
    click.option("--temperature", type=float, default=0.01, show_default=True),
    click.option("--top-p", type=float, default=0.001, show_default=True),
    click.option("--max-tokens", type=int, default=1024, show_default=True, help="Tokens of a reply at most."),
    click.option("--decoding-seed", type=int, metavar="N", help="The server's seed, where it takes one."),
    click.option("--task", "tasks", multiple=True, metavar="NAME", help="Only this task, track, …; repeatable."),
    click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N questions."),
    click.option("--sample", type=click.IntRange(1), metavar="N", help="Only N questions, drawn at random."),
    click.option("--seed", type=int, default=0, show_default=True, help="Another one draws others."),
    click.option(
        "--concurrency", type=click.IntRange(1, 4096), default=16, show_default=True, help="Requests in flight."
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        default=900.0,
        show_default=True,
        metavar="SECONDS",
        help="How long a request may take.",
    ),
    click.option(
        "--format", "form", type=click.Choice(["jsonl", "parquet"]), default="jsonl", show_default=True, help="Of RUN."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    click.option("--quiet", is_flag=True, help="Print nothing but errors."),
)
