"""The options of `p2r-cot`, and the settings that they make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from p2r_rewards.graders.registry import Mode

Function = TypeVar("Function", bound=Callable[..., Any])
Option = Callable[[Function], Function]

INPUTS = click.argument("inputs", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True))
_OUTPUT = click.option(
    "-o", "--output", required=True, metavar="OUT", help="Where what is kept goes: .jsonl or .json, also with .gz."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_QUIET = click.option("-q", "--quiet", is_flag=True, help="Show no progress.")

FILES = (
    INPUTS,
    _OUTPUT,
    click.option("--work", metavar="DIR", help="Where answers and verdicts are kept.  [default: OUT.work]"),
    click.option("--shard", metavar="I/N", help="Take the I-th of every N rows; OUT gets the shard's number."),
    click.option("--limit", type=click.IntRange(1), metavar="N", help="Read the first N records alone."),
    click.option("--strict", is_flag=True, help="End with status 1 where servers left rows without answer or verdict."),
    _JSON,
    _QUIET,
)
GENERATING = (
    click.option(
        "--model", required=True, metavar="SPEC", help="Who generates: openai:MODEL@http://HOST:PORT/v1 or vllm:PATH."
    ),
    click.option("--media-root", metavar="DIR", help="What paths of videos and images are relative to."),
    click.option(
        "--send",
        type=click.Choice(["frames", "video", "file"]),
        default="frames",
        show_default=True,
        help="Frames as images, as one video (vLLM), or the whole file.",
    ),
    click.option("--frames", type=click.IntRange(1, 4096), default=32, show_default=True, help="Frames of a video."),
    click.option(
        "--max-pixels",
        type=click.IntRange(784),
        default=256 * 28 * 28,
        show_default=True,
        help="Pixels of a frame or an image.",
    ),
    click.option("--template", default="process-aware-cot", show_default=True, metavar="NAME|FILE", help="The prompt."),
    click.option("--temperature", type=float, default=0.0, show_default=True, help="Of sampling."),
    click.option("--top-p", type=float, metavar="P", help="Of sampling.  [default: the server's]"),
    click.option("--seed", type=int, metavar="N", help="Of sampling.  [default: the server's]"),
    click.option("--max-tokens", type=click.IntRange(1), default=2048, show_default=True, help="Of a trace."),
    click.option(
        "--concurrency", type=click.IntRange(1, 4096), default=16, show_default=True, help="Requests in flight."
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(1),
        default=900.0,
        show_default=True,
        metavar="SECONDS",
        help="How long a request may take.",
    ),
    click.option("--dry-run", "dry", is_flag=True, help="Show counts and the first prompt, and ask nothing."),
)
VERIFYING = (
    click.option(
        "--min-accuracy",
        type=click.FloatRange(0, 1),
        default=0.6,
        show_default=True,
        help="The least accuracy of a trace's answer.",
    ),
    click.option(
        "--mode", type=click.Choice(get_args(Mode)), default="default", show_default=True, help="Whose rules grade."
    ),
)
JUDGING = (
    click.option(
        "--judge",
        required=True,
        metavar="SPEC",
        help="Who judges: openai:MODEL@URL, anthropic:MODEL, vllm:PATH, hf:PATH, replay:FILE, or lexical.",
    ),
    click.option("--judge-template", metavar="NAME|FILE", help="Its prompt.  [default: observation-sufficiency]"),
    click.option("--judge-cache", metavar="FILE", help="Its verdicts.  [default: verdicts.sqlite in the work folder]"),
    click.option(
        "--judge-concurrency", type=click.IntRange(1, 4096), default=64, show_default=True, help="Requests in flight."
    ),
    click.option("--part-records", type=click.IntRange(1), metavar="N", help="Split OUT into parts of N records."),
)
STATISTICS = (
    INPUTS,
    click.option("-o", "--output", metavar="DIR", help="Where drawings and counts go; without it they are printed."),
    click.option(
        "--embeddings",
        is_flag=False,
        flag_value="sentence-transformers/all-MiniLM-L6-v2",
        metavar="[MODEL]",
        help="Draw a map of embeddings by this model.  [bare: all-MiniLM-L6-v2]",
    ),
    click.option(
        "--map",
        "projection",
        type=click.Choice(["tsne", "pca"]),
        default="tsne",
        show_default=True,
        help="How embeddings become a map.",
    ),
    click.option("--sample", type=click.IntRange(4), default=2000, show_default=True, help="Traces on the map."),
    _JSON,
)


def with_options(*groups: tuple[Any, ...]) -> Callable[[Function], Function]:
    """A decorator that adds groups of options to a command, in their order."""

    def add(function: Function) -> Function:
        for option in reversed([option for group in groups for option in group]):
            function = option(function)
        return function

    return add


def make_job(given: dict[str, Any]) -> Any:
    """The job that options ask for.

    Raises:
        ConfigError: A value is outside its range, or contradicts another.
    """
    from p2r_rewards.experiments.cot.job import CotJob, Generating, Judging
    from p2r_rewards.experiments.cot.rows import Shard, read_shard
    from p2r_rewards.experiments.cot.verify import Verification
    from p2r_rewards.experiments.generation.generators import make_limits
    from p2r_rewards.experiments.generation.media_parts import MediaSettings
    from p2r_rewards.judges.decoding import Decoding

    generating = judging = None
    if "model" in given:
        sampling = {name: given[name] for name in ("temperature", "top_p", "seed", "max_tokens")}
        generating = Generating(
            model=given["model"],
            media_root=_path(given["media_root"]),
            template=given["template"],
            decoding=Decoding(**sampling),
            media=MediaSettings(frames=given["frames"], max_pixels=given["max_pixels"], send=given["send"]),
            limits=make_limits(given["concurrency"], given["timeout"]),
        )
    if "judge" in given:
        judging = Judging(
            judge=given["judge"],
            template=given["judge_template"],
            cache=_path(given["judge_cache"]),
            concurrency=given["judge_concurrency"],
        )
    verifies = "min_accuracy" in given
    return CotJob(
        inputs=given["inputs"],
        output=Path(given["output"]),
        work=_path(given["work"]),
        shard=Shard() if given["shard"] is None else read_shard(given["shard"]),
        limit=given["limit"],
        part_records=given.get("part_records"),
        generating=generating,
        verification=Verification(minimum=given["min_accuracy"], mode=given["mode"]) if verifies else Verification(),
        judging=judging,
    )


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)
