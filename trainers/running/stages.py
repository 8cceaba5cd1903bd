"""A recipe to a trainer: rows, model, judge, and TRL's own options put together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.data.dataset import BuiltRows, build_dataset
from p2r_rewards.trainers.data.training_rows import Stage
from p2r_rewards.trainers.recipes.recipe import Recipe
from p2r_rewards.trainers.recipes.settings import check_keys, read_value

# What a recipe says elsewhere, or what videos need.
_ELSEWHERE = {
    "output_dir": "output_dir",
    "seed": "seed",
    "report_to": "report_to",
    "rewards": "rewards",
    "video_frames": "video.frames",
    "video_min_pixels": "video.min_pixels",
    "video_max_pixels": "video.max_pixels",
    "model_init_kwargs": "dtype and attention",
}
_FIXED = ("dataset_kwargs", "remove_unused_columns", "max_length", "use_vllm", "resume_from_checkpoint")


def training_options(recipe: Recipe) -> Any:
    """TRL's `SFTConfig` or our `PAGRPOConfig` for a recipe.

    Raises:
        ConfigError: An option is unknown, of the wrong type, or does not go together with the others.
    """
    from trl.trainer.sft_config import SFTConfig

    from p2r_rewards.trainers.trl import SFT_OPTIONS, PAGRPOConfig

    kind: Any = SFTConfig if recipe.stage == "sft" else PAGRPOConfig
    own = {
        "output_dir": recipe.output_dir,
        "seed": recipe.seed,
        "report_to": recipe.report_to or "none",
        "bf16": recipe.dtype == "bfloat16",
    }
    own |= _read_options(kind, recipe.training)
    if recipe.stage == "sft":
        own |= SFT_OPTIONS
    else:
        own |= {
            "rewards": recipe.rewards,
            "video_frames": recipe.video.frames,
            "video_min_pixels": recipe.video.min_pixels,
            "video_max_pixels": recipe.video.max_pixels,
        }
    try:
        return kind(**own)
    except (ValueError, TypeError) as error:
        message = f"training: {error}"
        raise ConfigError(message) from error


def _read_options(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    for name in values:
        if name in _ELSEWHERE:
            message = f"training.{name} is set by {_ELSEWHERE[name]} of the recipe"
            raise ConfigError(message)
        if name in _FIXED:
            message = f"training.{name} can't be set: training with videos needs its own value"
            raise ConfigError(message)
    check_keys(values, [one.name for one in dataclasses.fields(kind)], "training.")
    hints = get_type_hints(kind)
    return {name: read_value(hints[name], value, f"training.{name}") for name, value in values.items()}


def build_rows(recipe: Recipe, files: list[str] | None = None, stage: Stage | None = None) -> BuiltRows:
    """The rows of a recipe, built by one process while the others wait."""
    from accelerate import PartialState

    with PartialState().main_process_first():
        return build_dataset(
            files or recipe.data.files,
            recipe.data.media_root,
            Path(recipe.output_dir) / "rows",
            stage=stage or recipe.stage,
            template=recipe.data.template,
            media_check=recipe.data.media_check,
            bad_rows=recipe.data.bad_rows,
            limit=recipe.data.limit if files is None else None,
        )


def build_trainer(recipe: Recipe, *, rows: Any = None) -> Any:
    """The trainer of a recipe that is ready.

    Raises:
        ConfigError: A setting is wrong.
        DataError: No row can be trained on.
    """
    args = training_options(recipe)
    rows = build_rows(recipe).dataset if rows is None else rows
    trainer = _sft_trainer(recipe, args, rows) if recipe.stage == "sft" else _rl_trainer(recipe, args, rows)
    if recipe.watch is not None:
        from p2r_rewards.trainers.running.watching import RewardWatch, log_beside

        problems = build_rows(recipe, recipe.watch.files, "rl").dataset
        log = partial(log_beside, trainer)
        trainer.add_callback(RewardWatch(recipe, trainer.processing_class, problems, log))
    return trainer


def load_model(recipe: Recipe) -> Any:
    """The model, in the recipe's precision."""
    from transformers import AutoModelForImageTextToText

    return AutoModelForImageTextToText.from_pretrained(recipe.model, **_loading(recipe))


def load_processor(recipe: Recipe) -> Any:
    """The model's processor."""
    from transformers import AutoProcessor

    processor: Any = AutoProcessor.from_pretrained(recipe.model)  # type: ignore[no-untyped-call]
    processor.tokenizer.padding_side = "left"
    return processor


def _loading(recipe: Recipe) -> dict[str, Any]:
    attention = {} if recipe.attention is None else {"attn_implementation": recipe.attention}
    return {"dtype": recipe.dtype, **attention}


def _sft_trainer(recipe: Recipe, args: Any, rows: Any) -> Any:
    from transformers import set_seed

    from p2r_rewards.trainers.trl import VideoCollator, VideoSFTTrainer, use_classic_positions

    set_seed(recipe.seed)
    model, processor = load_model(recipe), load_processor(recipe)
    _check_type(recipe, model)
    use_classic_positions(model)
    video = recipe.video
    trainer = VideoSFTTrainer(
        model,
        args=args,
        train_dataset=rows,
        processing_class=processor,
        data_collator=VideoCollator(
            processor,
            recipe.model_type,
            frames=video.frames,
            min_pixels=video.min_pixels,
            max_pixels=video.max_pixels,
        ),
        peft_config=_lora(recipe),
    )
    return trainer


def _rl_trainer(recipe: Recipe, args: Any, rows: Any) -> Any:
    from p2r_rewards.judges.opening import LEXICAL, open_judge
    from p2r_rewards.trainers.trl import PAGRPOTrainer

    judge: Any = recipe.judge
    if judge is not None and recipe.judge_cache is not None and judge not in LEXICAL:
        judge = open_judge(judge, cache=recipe.judge_cache)
    args.model_init_kwargs = _loading(recipe)  # of the reference model too
    trainer = PAGRPOTrainer(
        recipe.model,
        args=args,
        judge=judge,
        train_dataset=rows,
        processing_class=load_processor(recipe),
        peft_config=_lora(recipe),
    )
    _check_type(recipe, trainer.accelerator.unwrap_model(trainer.model))
    return trainer


def _check_type(recipe: Recipe, model: Any) -> None:
    found = model.config.model_type
    if found != recipe.model_type:
        message = f"model_type is {recipe.model_type!r}, but {recipe.model} is a {found!r}; set model_type"
        raise ConfigError(message)


def _lora(recipe: Recipe) -> Any:
    if recipe.lora is None:
        return None
    from peft import LoraConfig

    lora = recipe.lora
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.modules),
        task_type="CAUSAL_LM",
    )
