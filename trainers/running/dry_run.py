"""What a run would do: the resolved recipe, the first prompt as rendered, tokens of rows against the context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from p2r_rewards.trainers.recipes.recipe import Recipe
from p2r_rewards.trainers.running.making import make_ready
from p2r_rewards.trainers.running.stages import build_rows, load_processor, training_options


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a run would do.

    Attributes:
        recipe: The recipe with all settings, as plain data.
        read: Records read.
        rows: Of those, how many would be trained on.
        skipped: The others, by fault.
        prompt: The first prompt, rendered.
        tokens: Of each row looked at: those of the prompt with its media, and of the reply, or the most it may have.
        context: How many both may have together.
    """

    recipe: dict[str, Any]
    read: int
    rows: int
    skipped: dict[str, int]
    prompt: str
    tokens: list[tuple[int, int]]
    context: int

    @property
    def too_long(self) -> list[int]:
        """The rows looked at that don't fit into the context."""
        return [row for row, counts in enumerate(self.tokens) if sum(counts) > self.context]


def dry_run(recipe: Recipe, *, rows: int = 16) -> DryRun:
    """What a run of the recipe would do; the model is not loaded, its processor is.

    Args:
        recipe: The recipe.
        rows: How many rows are looked at.

    Raises:
        ConfigError: A setting is wrong.
        DataError: No row can be trained on.
    """
    from p2r_rewards.trainers.trl.media import MediaReader

    args = training_options(recipe)
    recipe = make_ready(recipe)
    built = build_rows(recipe)
    processor, video = load_processor(recipe), recipe.video
    reader = MediaReader(
        processor, recipe.model_type, frames=video.frames, min_pixels=video.min_pixels, max_pixels=video.max_pixels
    )
    tokens, prompt = [], ""
    for number in range(min(rows, len(built.dataset))):
        row = built.dataset[number]
        ids = reader.read(row["prompt"]).ids
        prompt = prompt or shorten(processor.tokenizer.decode(ids))
        if recipe.stage == "rl":
            reply = args.max_completion_length
        else:
            reply = len(processor.tokenizer(row["completion"])["input_ids"]) + 1
        tokens.append((len(ids), int(reply)))
    return DryRun(recipe.to_mapping(), built.read, len(built.dataset), built.skipped, prompt, tokens, recipe.context)


def shorten(text: str) -> str:
    """The text with runs of one placeholder counted.

    Example:
        >>> shorten("<|video_pad|><|video_pad|><|video_pad|>What?")
        '<|video_pad|> x 3 What?'
    """
    for pad in ("<|video_pad|>", "<|image_pad|>"):
        head, *rest = text.split(pad)
        parts, run = [head], 1
        for piece in rest:
            if piece:
                parts += [f"{pad} x {run} ", piece]
                run = 1
            else:
                run += 1
        text = "".join(parts) + (f"{pad} x {run - 1}" if run > 1 else "")
    return text
