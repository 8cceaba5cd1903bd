"""`RewardConfig`: every constant of the rewards in one record, read from TOML or YAML, saved with each output."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from p2r_rewards.completion import PROCESS_AWARE, Template
from p2r_rewards.errors import ConfigError
from p2r_rewards.graders.config import GradingConfig
from p2r_rewards.graders.registry import Mode
from p2r_rewards.parsing import END_STRINGS

Processes = Literal["separate", "reasoning only", "perception only", "summed"]
"""PA-GRPO, and the ablations of Table 2: without R_P, without R_R, without separation."""

Band = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardConfig:
    """The constants of the rewards; the defaults are the paper's (arXiv 2511.11113, Sec. 3.2.2).

    Args:
        mode: Whose rules grade answers: "default", "paper" (the paper to the letter), or a peer's.
        processes: How the two processes become advantages: "separate" (PA-GRPO), "reasoning only" (process-agnostic
            GRPO), "perception only", or "summed" (one advantage from the sum).
        template: The tags of a completion.
        end_strings: End-of-sequence and padding strings, taken off before parsing.
        length: "fixed" (the bands below), "dynamic" (bands that follow the group's own correct completions), or
            "off" (the ablation without R_len).
        length_bonus: The length reward, paid in full or not at all.
        length_unit: What the bands count: the policy's "tokens", or "words" where no token counts are at hand.
        perception_band: Fewest and most units of the observation that earn the bonus, both included.
        reasoning_band: The same for think and answer together.
        leak_guard: Whether an observation that states the answer without evidence earns no perception accuracy.
        consistency_weight: What reasoning earns when think agrees with the answer, in [0, 1]; 0 switches it off.
        advantage_eps: Added to the standard deviation (Eq. 6), as TRL does.
        advantage_tie: A group whose rewards differ by no more than this teaches nothing.
        grading: The graders' options and limits.

    Raises:
        ConfigError: A value is of the wrong type or outside its range; the message names it.

    Example:
        >>> RewardConfig(length="off").perception_band
        (128, 320)
    """

    mode: Mode = "default"
    processes: Processes = "separate"
    template: Template = PROCESS_AWARE
    end_strings: tuple[str, ...] = END_STRINGS
    length: Literal["fixed", "dynamic", "off"] = "fixed"
    length_bonus: float = 0.2
    length_unit: Literal["tokens", "words"] = "tokens"
    perception_band: Band = (128, 320)
    reasoning_band: Band = (320, 512)
    leak_guard: bool = False
    consistency_weight: float = 0.0
    advantage_eps: float = 1e-4
    advantage_tie: float = 1e-6
    grading: GradingConfig = field(default_factory=GradingConfig)

    def __post_init__(self) -> None:
        _check_choice("mode", self.mode, get_args(Mode))
        _check_choice("processes", self.processes, get_args(Processes))
        _check_choice("length", self.length, ("fixed", "dynamic", "off"))
        _check_choice("length_unit", self.length_unit, ("tokens", "words"))
        for name, low, high in (
            ("length_bonus", 0.0, 1.0),
            ("consistency_weight", 0.0, 1.0),
            ("advantage_eps", 0.0, 1.0),
            ("advantage_tie", 0.0, 1.0),
        ):
            _check_number(name, getattr(self, name), low, high)
        for name in ("perception_band", "reasoning_band"):
            object.__setattr__(self, name, _read_band(name, getattr(self, name)))
        _check_type("leak_guard", self.leak_guard, bool, "true or false")
        _check_type("template", self.template, Template, "a Template")
        _check_type("grading", self.grading, GradingConfig, "a GradingConfig")
        object.__setattr__(self, "end_strings", _read_end_strings(self.end_strings))

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> RewardConfig:
        """The configuration that a nested mapping describes; keys that are left out keep their defaults.

        Raises:
            ConfigError: An unknown key, with the nearest known one, or a bad value.

        Example:
            >>> RewardConfig.from_mapping({"grading": {"ocr_case": "match"}}).grading.ocr_case
            'match'
        """
        values = _known(cls, settings, "")
        if values.get("length") is False:  # YAML reads a bare `off` as false
            values["length"] = "off"
        if "template" in values:
            values["template"] = Template(**_known(Template, values["template"], "template."))
        if "grading" in values:
            values["grading"] = GradingConfig(**_known(GradingConfig, values["grading"], "grading."))
        return cls(**values)

    @classmethod
    def from_file(cls, path: str | Path) -> RewardConfig:
        """The configuration in a `.toml`, `.yaml` or `.yml` file.

        Raises:
            ConfigError: The file can't be read or parsed, or holds a bad key or value; the message names the file.
        """
        try:
            return cls.from_mapping(read_settings_file(Path(path)))
        except ConfigError as error:
            message = f"{path}: {error}"
            raise ConfigError(message) from error

    def to_mapping(self) -> dict[str, Any]:
        """All settings as plain data; `from_mapping` reads them back."""
        return dataclasses.asdict(self)


def read_settings_file(path: Path) -> Mapping[str, Any]:
    """The plain data of a `.toml`, `.yaml` or `.yml` file.

    Raises:
        ConfigError: It can't be read or parsed.
    """
    if path.suffix not in (".toml", ".yaml", ".yml"):
        message = "a configuration file ends in .toml, .yaml or .yml"
        raise ConfigError(message)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"can't be read: {error}"
        raise ConfigError(message) from error
    settings = _parse_toml(text) if path.suffix == ".toml" else _parse_yaml(text)
    return {} if settings is None else settings


def _parse_toml(text: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"is not TOML: {error}"
        raise ConfigError(message) from error


def _parse_yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        message = f"is not YAML: {error}"
        raise ConfigError(message) from error


def _known(cls: type[Any], settings: object, prefix: str) -> dict[str, Any]:
    """The settings as keyword arguments, after a check that the class knows every key."""
    if not isinstance(settings, Mapping):
        message = f"{prefix.rstrip('.') or 'a configuration'} must be a table of settings, not {settings!r:.80}"
        raise ConfigError(message)
    names = [item.name for item in dataclasses.fields(cls)]
    for key in settings:
        if key not in names:
            nearest = difflib.get_close_matches(str(key), names, n=1)
            hint = f"did you mean {prefix}{nearest[0]}?" if nearest else f"known are {', '.join(names)}"
            message = f"unknown setting {prefix}{key}; {hint}"
            raise ConfigError(message)
    return dict(settings)


def _check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        message = f"{name} must be one of {', '.join(map(repr, allowed))}, not {value!r:.80}"
        raise ConfigError(message)


def _check_number(name: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        message = f"{name} must be a number from {low:g} to {high:g}, not {value!r:.80}"
        raise ConfigError(message)


def _check_type(name: str, value: object, kind: type, wanted: str) -> None:
    if not isinstance(value, kind):
        message = f"{name} must be {wanted}, not {value!r:.80}"
        raise ConfigError(message)


def _read_band(name: str, value: object) -> Band:
    if isinstance(value, list | tuple) and len(value) == 2:
        low, high = value
        if type(low) is int and type(high) is int and 0 <= low <= high:
            return low, high
    message = f"{name} must be two whole numbers, the fewest and the most, such as [128, 320]; not {value!r:.80}"
    raise ConfigError(message)


def _read_end_strings(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and all(isinstance(item, str) and item.strip() for item in value):
        return tuple(value)
    message = f"end_strings must be a list of non-empty strings, not {value!r:.80}"
    raise ConfigError(message)
