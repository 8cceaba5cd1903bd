"""A stage run from its recipe: trained, resumed where it was killed, saved with all that it was made from."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.trainers.recipes.recipe import Recipe
from p2r_rewards.trainers.running.making import make_ready
from p2r_rewards.trainers.running.stages import build_trainer, training_options

STATE = "trainer_state.json"


def run_stage(recipe: Recipe, *, resume: bool = False) -> Path:
    """Trains, and gives the folder that holds the model, its processor, the recipe and the log.

    Args:
        recipe: The recipe.
        resume: Goes on from the last whole checkpoint, to the numbers that the run would have had; from the start
            where there is none.

    Raises:
        ConfigError: A setting is wrong, or the folder holds a run that is not to be resumed.
        DataError: No row can be trained on, or the rows ended before the steps did.
    """
    training_options(recipe)  # what is wrong with them is told before anything is made
    recipe = make_ready(recipe)
    folder = Path(recipe.output_dir)
    checkpoint = last_checkpoint(folder)
    if checkpoint is not None and not resume:
        message = f"{folder} holds {checkpoint.name}: go on with --resume, or set another output_dir"
        raise ConfigError(message)
    trainer = build_trainer(recipe)
    if trainer.is_world_process_zero():
        folder.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(recipe.to_mapping(), sort_keys=False, allow_unicode=True)
        (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    done, planned = trainer.state.global_step, trainer.state.max_steps
    if done < planned:  # transformers takes a StopIteration out of a batch for the end of the data
        message = f"training ended at step {done} of {planned}: no batch could be made of the rows that were next"
        raise DataError(message)
    trainer.save_model()
    trainer.save_state()
    if trainer.is_world_process_zero():
        trainer.processing_class.save_pretrained(folder)
    return folder


def last_checkpoint(folder: Path) -> Path | None:
    """The last checkpoint that was written to its end; a kill may have come in the midst of one.

    The state is what a trainer writes last.
    """
    found = []
    for state in folder.glob(f"checkpoint-*/{STATE}"):
        step = state.parent.name.removeprefix("checkpoint-")
        try:
            json.loads(state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if step.isdecimal():
            found.append((int(step), state.parent))
    return max(found)[1] if found else None


def merge_adapter(run: str | Path, output: str | Path) -> None:
    """Saves the model that a run with `lora` has trained, its adapter put into the weights.

    Raises:
        DataError: The run holds no adapter.
    """
    from peft import PeftModel
    from transformers import AutoModelForImageTextToText, AutoProcessor

    settings = Path(run, "adapter_config.json")
    if not settings.is_file():
        message = f"{run} holds no adapter: only a run with lora is merged"
        raise DataError(message)
    base = json.loads(settings.read_text(encoding="utf-8"))["base_model_name_or_path"]
    model = AutoModelForImageTextToText.from_pretrained(base, dtype="auto")
    PeftModel.from_pretrained(model, str(run)).merge_and_unload().save_pretrained(output)
    processor = AutoProcessor.from_pretrained(str(run))  # type: ignore[no-untyped-call]
    processor.save_pretrained(output)
