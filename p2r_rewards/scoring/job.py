"""What is to be scored, how, and where to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError
from p2r_rewards.graders.registry import Mode
from p2r_rewards.rollouts.json_lines import MAX_LINE

STANDARD_OUTPUT = "-"

RECORDED = "recorded"
"""What `compare` says for the recorded reward, under whichever of its usual names."""

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
        verdicts: A file of verdicts on observations, as `p2r_rewards.rollouts.verdict_store` writes it; they count in
            place of any column's.
        judge: What is known of who gave those verdicts; goes into the provenance.
        compare: A mode whose grades, or a column whose recorded rewards, are compared with ours; `RECORDED` finds the
            column by its usual names.
        prompts: A `.parquet` or `.jsonl` file for the pass rate of every group.
        keep_between: Of those groups, only the ones whose pass rate lies between these two, both left out.
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
    verdicts: Path | None = None
    judge: Mapping[str, Any] | None = None
    compare: str | None = None
    prompts: str | None = None
    keep_between: tuple[float, float] | None = None
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

        if self.prompts is not None and not str(self.prompts).endswith((".parquet", ".jsonl")):
            message = f"prompts {self.prompts}: the name must end in .parquet or .jsonl"
            raise ConfigError(message)
        if self.keep_between is not None and not 0 <= self.keep_between[0] < self.keep_between[1] <= 1:
            message = f"keep_between={self.keep_between!r}: give two numbers 0 <= low < high <= 1, such as (0, 1)"
            raise ConfigError(message)
        if self.keep_between is not None and self.prompts is None:
            message = "keep_between chooses the groups that are written to prompts: name a file for them"
            raise ConfigError(message)

    @property
    def fields(self) -> dict[str, str]:
        """The fields whose column is named, the recorded reward's included."""
        named = dict(self.mapping)
        if self.compare is not None and self.compare != RECORDED and self.compared_mode is None:
            named["recorded"] = self.compare
        return named

    @property
    def compared_mode(self) -> Mode | None:
        """The mode whose grades are compared with ours; None where recorded rewards are, or nothing."""
        return self.compare if self.compare in get_args(Mode) else None  # type: ignore[return-value]

    @property
    def dataset_files(self) -> list[Path]:
        """All files of the data set, those in its folders too."""
        return [path for name in self.dataset for path in files_below(Path(name))]

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


def files_below(path: Path) -> list[Path]:
    """The path itself, or all files of the folder that it is, in order."""
    return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
