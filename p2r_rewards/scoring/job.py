"""What is to be scored, how, and where to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError
from p2r_rewards.rollouts.json_lines import MAX_LINE

STANDARD_OUTPUT = "-"

Engine: TypeAlias = Literal["local", "ray"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringJob:
    """What is to be scored, how, and where to.

    Attributes:
        inputs: Files, folders, or "-" for standard input.
        output: A `.parquet` or `.jsonl` file, "-" for JSON Lines on standard output, or None for the summary alone.
        rejects: Where unreadable rows go; None is `OUTPUT.rejects.jsonl` where there is an output file.
        config: The constants of the rewards.
        mapping: Fields whose column the user names.
        dataset: Files whose rows hold what the rollouts lack.
        group_size: Rows that stand together as one group; None groups by what the rows hold.
        tokenizer: A local tokenizer that counts lengths.
        overwrite_columns: Whether columns that scoring adds may stand in the input.
        max_line: The longest row in bytes that is read.
        engine: "local" processes, or "ray" for a cluster whose machines share the files.
        workers: How many processes score; with 1, this one. None is one a core where the input is large. A worker that
            was started afresh knows no grader that this process registered.
        resume: Whether a run of the same job that was ended before its time is taken up.

    Raises:
        ConfigError: The name of the output tells no format, or options don't go together.
    """

    inputs: Sequence[str]
    output: str | None = None
    rejects: str | None = None
    config: RewardConfig = field(default_factory=RewardConfig)
    mapping: Mapping[str, str] = field(default_factory=dict)
    dataset: Sequence[str] = ()
    group_size: int | None = None
    tokenizer: Path | None = None
    overwrite_columns: bool = False
    max_line: int = MAX_LINE
    engine: Engine = "local"
    workers: int | None = 1
    resume: bool = False

    def __post_init__(self) -> None:
        if self.output not in (None, STANDARD_OUTPUT) and not str(self.output).endswith((".parquet", ".jsonl")):
            message = f"output {self.output}: the name must end in .parquet or .jsonl (or be - for standard output)"
            raise ConfigError(message)
        if self.resume and self.output in (None, STANDARD_OUTPUT):
            message = "only a run with an output file can be resumed: its progress is kept beside that file"
            raise ConfigError(message)

    @property
    def writes_parquet(self) -> bool:
        """Whether the output is Parquet."""
        return self.output is not None and self.output.endswith(".parquet")

    @property
    def rejects_path(self) -> Path | None:
        """Where rejects go; None where nowhere."""
        if self.rejects is not None:
            return Path(self.rejects)
        if self.output is None or self.output == STANDARD_OUTPUT:
            return None
        return Path(self.output + ".rejects.jsonl")
