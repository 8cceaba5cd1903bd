"""What an adapter pays for and with which judge: one file for trainers whose reward functions take no arguments."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from p2r_rewards.config import RewardConfig, read_settings_file
from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.reward_parts import PartName
from p2r_rewards.trainers.recipes.settings import check_keys

VARIABLE = "P2R_REWARD_SETTINGS"
"""The environment variable that names the file, where a trainer passes nothing on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardSettings:
    """The settings of a trainer's reward; a file holds the same keys.

    Args:
        part: What is paid for: "process" is the combined reward, R_P + R_R.
        judge: What `open_judge` takes, such as "openai:MODEL@http://localhost:8000/v1"; None: verdicts stand in the
            column `sufficient`.
        reward: The constants of the rewards; in a file, a table of them.
        columns: Fields (question, gold, type, options, data_type, sufficient) by the column that holds them.
        tokenizer: The path of the policy's `tokenizer.json`, by which lengths are counted; None: they are unscored.
        prefix: What the chat template has written of every reply, such as "<observation>".

    Raises:
        ConfigError: A value is of the wrong type.

    Example:
        >>> RewardSettings.from_mapping({"judge": "lexical", "reward": {"mode": "paper"}}).reward.mode
        'paper'
    """

    part: PartName = "process"
    judge: str | None = None
    reward: RewardConfig = field(default_factory=RewardConfig)
    columns: Mapping[str, str] = field(default_factory=dict)
    tokenizer: str | None = None
    prefix: str = ""

    def __post_init__(self) -> None:
        if self.part not in get_args(PartName):
            message = f"part must be one of {', '.join(map(repr, get_args(PartName)))}, not {self.part!r:.80}"
            raise ConfigError(message)
        for name in ("judge", "tokenizer"):
            if not isinstance(getattr(self, name), str | None):
                message = f"{name} must be text, not {getattr(self, name)!r:.80}"
                raise ConfigError(message)
        if not isinstance(self.prefix, str):
            message = f"prefix must be text, not {self.prefix!r:.80}"
            raise ConfigError(message)
        named = isinstance(self.columns, Mapping) and all(isinstance(name, str) for name in self.columns.values())
        if not named:
            message = f"columns must be a table of fields and the columns that hold them, not {self.columns!r:.80}"
            raise ConfigError(message)

    def check_single(self, trainer: str) -> None:
        """Refuses what needs a group's samples together, for trainers that hand on each alone.

        Raises:
            ConfigError: `length` is dynamic.
        """
        if self.reward.length == "dynamic":
            message = (
                f"reward.length: dynamic looks at whole groups, and {trainer} hands on samples one by one: "
                "use fixed or off"
            )
            raise ConfigError(message)

    @classmethod
    def read(cls, source: RewardSettings | str | Path | None) -> RewardSettings:
        """Settings as they are, those in a file, or with None those of the environment.

        Raises:
            ConfigError: As `from_file` and `from_environment`.
        """
        if isinstance(source, RewardSettings):
            return source
        return cls.from_environment() if source is None else cls.from_file(source)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> RewardSettings:
        """The settings that a nested mapping describes.

        Raises:
            ConfigError: An unknown key, with the nearest known one, or a bad value.
        """
        if not isinstance(values, Mapping):
            message = f"reward settings are a table, not {values!r:.80}"
            raise ConfigError(message)
        check_keys(values, [one.name for one in dataclasses.fields(cls)])
        read = dict(values)
        if "reward" in read and not isinstance(read["reward"], RewardConfig):
            try:
                read["reward"] = RewardConfig.from_mapping(read["reward"])
            except ConfigError as error:
                message = f"reward: {error}"
                raise ConfigError(message) from error
        return cls(**read)

    @classmethod
    def from_file(cls, path: str | Path) -> RewardSettings:
        """The settings in a `.toml`, `.yaml` or `.yml` file.

        Raises:
            ConfigError: The file can't be read or parsed, or holds a bad key or value; the message names the file.
        """
        try:
            return cls.from_mapping(read_settings_file(Path(path)))
        except ConfigError as error:
            message = f"{path}: {error}"
            raise ConfigError(message) from error

    @classmethod
    def from_environment(cls) -> RewardSettings:
        """The settings in the file that P2R_REWARD_SETTINGS names.

        Raises:
            ConfigError: The variable is not set, or the file is at fault.
        """
        path = os.environ.get(VARIABLE, "")
        if not path:
            message = f"set {VARIABLE} to a .yaml or .toml file with the settings, such as `judge: openai:MODEL@URL`"
            raise ConfigError(message)
        return cls.from_file(path)
