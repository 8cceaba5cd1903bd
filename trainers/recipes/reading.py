"""Recipes found, read and merged: built-in ones by name, others by path."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import yaml

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.recipes.recipe import Recipe
from p2r_rewards.trainers.recipes.settings import read_settings

MAX_CHARS = 65_536
MAX_DEPTH = 4
"""How far recipes may extend one another."""


class _Loader(yaml.SafeLoader):
    """Reads plain data: no aliases, which can grow without end, and each key once."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            message = "aliases (*name) are not read; write the settings out"
            raise ConfigError(message)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if not isinstance(key, str):
                message = f"line {node.start_mark.line + 1}: keys are text, not {key!r:.80}"
                raise ConfigError(message)
            if keys.count(key) > 1:
                message = f"line {node.start_mark.line + 1}: {key!r:.80} is set twice"
                raise ConfigError(message)
        return super().construct_mapping(node, deep)


# YAML 1.1 takes no, off, y and their like for truth values; here they are the words that options are written in.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|false|False)\Z"), list("tTfF"))


def read_yaml(text: str) -> Any:
    """The plain data of a YAML text.

    Raises:
        ConfigError: It is too long, is no YAML, or holds tags, aliases, or a key twice.
    """
    if len(text) > MAX_CHARS:
        message = f"{len(text):,} characters are over the limit of {MAX_CHARS:,}"
        raise ConfigError(message)
    try:
        return yaml.load(text, _Loader)  # it is a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, ConfigError):
            raise
        message = f"is not YAML: {' '.join(str(error).split())[:300]}"
        raise ConfigError(message) from error


def list_recipes() -> dict[str, list[str]]:
    """The built-in recipes: for each name its stages."""
    found: dict[str, list[str]] = {}
    for path in sorted(_folder().glob("*.yaml")):
        name, _, stage = path.stem.rpartition("-")
        found.setdefault(name, []).append(stage)
    return found


def find_recipe(stage: str, name: str) -> Path:
    """The file of a recipe: built in by name, or a path that ends in .yaml or .yml.

    Raises:
        ConfigError: There is none.
    """
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    path = _folder() / f"{name}-{stage}.yaml"
    if name in list_recipes() and path.is_file():
        return path
    known = ", ".join(one for one, stages in list_recipes().items() if stage in stages)
    message = f"no recipe {name!r:.80} for {stage}; built in are {known}; a file of yours ends in .yaml"
    raise ConfigError(message)


def find_launch(name: str) -> Path:
    """The file for `accelerate launch --config_file`.

    Raises:
        ConfigError: There is none of that name.
    """
    path = _folder() / "launch" / f"{name}.yaml"
    known = [one.stem for one in sorted((_folder() / "launch").glob("*.yaml"))]
    if name not in known:
        message = f"no launch file {name!r:.80}; there are {', '.join(known)}"
        raise ConfigError(message)
    return path


def load_recipe(stage: str, name: str, changes: Sequence[str] = ()) -> Recipe:
    """The recipe of a stage, with those that it extends below it and changes above it.

    Args:
        stage: "sft" or "rl".
        name: A built-in name, or a path.
        changes: Such as "training.learning_rate=1e-5"; values are YAML.

    Raises:
        ConfigError: A file is missing or no YAML, a key unknown, a value of the wrong type; the message says where.
    """
    values = _load(find_recipe(stage, name), stage, 0)
    for change in changes:
        values = merge(values, _read_change(change))
    recipe = read_settings(Recipe, values)
    if recipe.stage != stage:
        message = f"{name} is a recipe for {recipe.stage}: run p2r-train {recipe.stage} {name}"
        raise ConfigError(message)
    return recipe


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of both; where both have one, the upper counts, and mappings are merged.

    Example:
        >>> merge({"video": {"frames": 16, "max_pixels": 9}}, {"video": {"frames": 8}})
        {'video': {'frames': 8, 'max_pixels': 9}}
    """
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _load(path: Path, stage: str, depth: int) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        message = f"{path}: recipes extend one another more than {MAX_DEPTH} deep, or in a circle"
        raise ConfigError(message)
    try:
        values = read_yaml(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            message = "a recipe is a mapping of settings"
            raise ConfigError(message)
        base = values.pop("extends", None)
        if base is not None and not isinstance(base, str):
            message = f"extends must be the name or path of a recipe, not {base!r:.80}"
            raise ConfigError(message)
        # Checked here, where the file is known; what is missing may come from below.
        read_settings(Recipe, merge({"stage": stage, "model": "", "output_dir": ""}, values))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: can't be read: {error}"
        raise ConfigError(message) from error
    except ConfigError as error:
        message = f"{path}: {error}"
        raise ConfigError(message) from error
    if base is None:
        return values
    below = path.parent / base if base.endswith((".yaml", ".yml")) else find_recipe(stage, base)
    return merge(_load(below, stage, depth + 1), values)


def _read_change(change: str) -> dict[str, Any]:
    key, equals, text = change.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        message = f"--set {change!r:.80}: write KEY=VALUE, such as training.learning_rate=1e-5"
        raise ConfigError(message)
    try:
        value = read_yaml(text)
    except ConfigError as error:
        message = f"--set {key}: {error}"
        raise ConfigError(message) from error
    for part in reversed(parts):
        value = {part: value}
    return cast(dict[str, Any], value)


def _folder() -> Path:
    return Path(str(files("p2r_rewards.trainers.recipes")))
