"""What a run of the CoT pipeline is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.cot.record_files import shard_path, split_name
from p2r_rewards.experiments.cot.rows import Shard
from p2r_rewards.experiments.cot.verify import Verification
from p2r_rewards.experiments.generation.generators import LIMITS
from p2r_rewards.experiments.generation.media_parts import MediaSettings
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.limits import Limits
from p2r_rewards.trainers.data.training_rows import TEMPLATE

MAX_TOKENS = 2048
"""Of a trace: twice what recipes of training allow, as the observations of a large model run long. Ours, not the
paper's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generating:
    """How traces are generated.

    Args:
        model: One of `p2r_rewards.experiments.generation.generators.FORMS`.
        media_root: The folder that paths of media are relative to; None: rows of text alone.
        template: The prompt, by name or file.
        decoding: The sampling settings; the paper's temperature is 0.
        media: How media are shown.
        limits: The bounds on requests.
    """

    model: str
    media_root: Path | None = None
    template: str = TEMPLATE
    decoding: Decoding = field(default_factory=lambda: Decoding(max_tokens=MAX_TOKENS))
    media: MediaSettings = field(default_factory=MediaSettings)
    limits: Limits = LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How sufficiency is judged.

    Args:
        judge: What `p2r_rewards.judges.opening.open_judge` takes.
        template: A model's prompt; None: the built-in one.
        cache: The file of verdicts; None: `verdicts.sqlite` in the folder of work.
        concurrency: Requests in flight.
    """

    judge: str
    template: str | None = None
    cache: Path | None = None
    concurrency: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class CotJob:
    """A step, or all of them.

    Args:
        inputs: Files and folders of records.
        output: Where what is kept goes; its name says the format, of a shard the shard's number is added.
        work: Where answers and verdicts are kept between runs; None: `OUTPUT.work`.
        shard: Which rows.
        limit: How many records are read at most.
        part_records: Records of a part of the output; None: one file.
        generating: For the first step.
        verification: For the second.
        judging: For the third.

    Raises:
        ConfigError: The output's name has no suffix of a known format, or a setting of a step is missing.
    """

    inputs: tuple[str, ...]
    output: Path
    work: Path | None = None
    shard: Shard = field(default_factory=Shard)
    limit: int | None = None
    part_records: int | None = None
    generating: Generating | None = None
    verification: Verification = field(default_factory=Verification)
    judging: Judging | None = None

    def __post_init__(self) -> None:
        split_name(self.output)
        if self.part_records is not None and self.part_records < 1:
            message = f"a part must hold at least one record, not {self.part_records}"
            raise ConfigError(message)

    @property
    def target(self) -> Path:
        """The output of this shard."""
        return shard_path(self.output, self.shard)

    @property
    def rejects(self) -> Path:
        """Where rejects go: beside the output."""
        stem, _ = split_name(self.target)
        return self.target.with_name(f"{stem}.rejects.jsonl")

    def writes(self, path: Path) -> bool:
        """Whether its output, a part of it, or its rejects would stand at a path."""
        place, target = path.resolve(), self.target.resolve()
        if place in (target, self.rejects.resolve()):
            return True
        stem, _ = split_name(target)
        parted = self.part_records is not None and place.name.startswith(f"{stem}-part-")
        return parted and place.parent == target.parent

    @property
    def work_folder(self) -> Path:
        """The folder of work; shards share it, each with files of its own."""
        return self.work if self.work is not None else self.output.with_name(f"{self.output.name}.work")

    @property
    def mark(self) -> str:
        """What tells this shard's files in the folder of work from the others'."""
        return "" if self.shard.count == 1 else f"-{self.shard.index:05d}-of-{self.shard.count:05d}"
