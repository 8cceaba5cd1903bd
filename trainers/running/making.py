"""What a recipe makes itself: clips, records and the tiny model, made once and found again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.data.training_rows import TrainingRowReader, read_training_rows
from p2r_rewards.trainers.recipes.recipe import MadeSettings, Recipe

MADE = "made"
READY = "ready.json"
"""What is written last: the settings that the rest was made with."""


def make_ready(recipe: Recipe) -> Recipe:
    """The recipe with what it makes itself in place: clips, records, the tiny model. Safe on several processes."""
    if recipe.made is None:
        recipe.check_ready()
        return recipe
    from accelerate import PartialState

    folder = Path(recipe.made.folder)
    state = PartialState()
    if state.is_main_process and not _is_made(recipe.made):
        _make(recipe.made, _template(recipe))
    state.wait_for_everyone()
    data = dataclasses.replace(
        recipe.data,
        template=_template(recipe),
        files=recipe.data.files or [str(folder / ("cot.json" if recipe.stage == "sft" else "rl.json"))],
        media_root=recipe.data.media_root or str(folder),
    )
    watch = recipe.watch
    if watch is not None and not watch.files:
        watch = dataclasses.replace(watch, files=[str(folder / "held-out.json")])
    model = str(folder / "model") if recipe.model == MADE else recipe.model
    return dataclasses.replace(recipe, data=data, model=model, watch=watch)


def _template(recipe: Recipe) -> str:
    if recipe.made is None or recipe.data.template != MADE:
        return recipe.data.template
    return str(Path(recipe.made.folder) / "prompt.md")


def _is_made(settings: MadeSettings) -> bool:
    """Whether the folder holds what these settings make.

    Raises:
        ConfigError: It holds what others have made.
    """
    ready = Path(settings.folder) / READY
    if not ready.exists():
        return False
    try:
        before = json.loads(ready.read_text(encoding="utf-8"))
    except ValueError:
        before = {}
    now = dataclasses.asdict(settings)
    for name in now.keys() - {"folder"}:
        if before.get(name) != now[name]:
            message = (
                f"made.{name} is {now[name]}, but {settings.folder} was made with {before.get(name)}: set another "
                "made.folder, or take that one away"
            )
            raise ConfigError(message)
    return True


def _make(settings: MadeSettings, template: str) -> None:
    from p2r_rewards.trainers.running.made_clips import make_world
    from p2r_rewards.trainers.running.made_model import make_model

    files = make_world(settings)
    texts = []
    for row in read_training_rows([str(files["cot"])], TrainingRowReader("sft", template)):
        texts += [getattr(row, "text", ""), getattr(row, "completion", None) or ""]
    make_model(Path(settings.folder) / "model", settings, texts)
    Path(settings.folder, READY).write_text(json.dumps(dataclasses.asdict(settings)), encoding="utf-8")
