"""`Recipe`: the settings of one stage of training."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from p2r_rewards.errors import ConfigError

VIDEO_FRAMES = 16
VIDEO_MAX_PIXELS = 128 * 28 * 28
VIDEO_MIN_PIXELS = 16 * 28 * 28


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """Which rows are trained on.

    Attributes:
        files: Files and folders of records.
        media_root: What the records' paths are relative to.
        template: The prompt: a built-in name, a file, or "made": the short one of `made`.
        media_check: "decode" looks into every file before training, "exist" only whether it is there.
        bad_rows: "skip" counts and leaves out what can't be used, "fail" ends at the first.
        limit: Most rows; none: all.
    """

    files: list[str] = field(default_factory=list)
    media_root: str = ""
    template: str = "process-aware-cot"
    media_check: Literal["decode", "exist"] = "decode"
    bad_rows: Literal["skip", "fail"] = "skip"
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSettings:
    """How videos are shown (arXiv 2511.11113, Supp. 8.1)."""

    frames: int = VIDEO_FRAMES
    min_pixels: int = VIDEO_MIN_PIXELS
    max_pixels: int = VIDEO_MAX_PIXELS


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraSettings:
    """Adapters in place of all weights.

    Attributes:
        rank: Their rank.
        alpha: Their scale.
        dropout: In [0, 1].
        modules: The layers that get one, as PEFT names them.
    """

    rank: int = 64
    alpha: int = 128
    dropout: float = 0.05
    modules: list[str] = field(default_factory=lambda: ["q_proj", "k_proj", "v_proj", "o_proj"])


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """Rewards of replies to held-out problems while training, by which curves are drawn.

    Attributes:
        files: Records of the problems; they need gold, type and options.
        every: Steps between two looks.
        rows: Most problems.
        max_new_tokens: Most tokens of a reply.
        temperature: Of sampling; 0: greedy.
    """

    files: list[str] = field(default_factory=list)
    every: int = 100
    rows: int = 32
    max_new_tokens: int = 1024
    temperature: float = 0.0

    def __post_init__(self) -> None:
        for name in ("every", "rows", "max_new_tokens"):
            if getattr(self, name) < 1:
                message = f"watch.{name} must be at least 1, not {getattr(self, name)}"
                raise ConfigError(message)
        if not 0.0 <= self.temperature < math.inf:
            message = f"watch.temperature must be at least 0, not {self.temperature}"
            raise ConfigError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSettings:
    """Clips of moving squares, records and a tiny random model, made on the spot.

    Attributes:
        folder: Where they are put.
        clips: How many of them.
        held_out: Of those, how many are for watching alone.
        size: Pixels of a side.
        frames: Of a clip.
        slips: The share of fine-tuning traces whose observation is wrong in what is asked for, and, apart from these,
            the share whose answer is.
        hidden: Width of the model.
        layers: Its depth.
        seed: Of clips and weights.
    """

    folder: str
    clips: int = 64
    held_out: int = 16
    size: int = 56
    frames: int = 8
    slips: float = 0.0
    hidden: int = 64
    layers: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The settings of one stage.

    Attributes:
        stage: "sft" or "rl".
        model: A folder or a name of the Hub; "made": the tiny one of `made`.
        model_type: Of whose kind it is.
        output_dir: Where the run is kept.
        seed: Of sampling, shuffling and initialising.
        dtype: In which weights are loaded.
        attention: Attention's implementation; none: the library's choice.
        context: The model's context length, against which prompts are measured.
        judge: What `open_judge` opens; RL without one is GRPO, and must say so in `rewards`.
        judge_cache: The cache of verdicts; none: the user's own.
        report_to: Of "tensorboard", "wandb", "trackio", ….
        data: See `DataSettings`.
        video: See `VideoSettings`.
        rewards: Constants of `RewardConfig`.
        lora: See `LoraSettings`; none: all weights are trained.
        watch: See `WatchSettings`.
        made: See `MadeSettings`.
        training: Options of TRL's `SFTConfig`, or of `PAGRPOConfig`.
    """

    stage: Literal["sft", "rl"]
    model: str
    output_dir: str
    model_type: Literal["qwen2_5_vl", "qwen3_vl"] = "qwen2_5_vl"
    seed: int = 42
    dtype: Literal["bfloat16", "float16", "float32"] = "bfloat16"
    attention: str | None = None
    context: int = 32_768
    judge: str | None = None
    judge_cache: str | None = None
    report_to: list[str] = field(default_factory=list)
    data: DataSettings = field(default_factory=DataSettings)
    video: VideoSettings = field(default_factory=VideoSettings)
    rewards: dict[str, Any] = field(default_factory=dict)
    lora: LoraSettings | None = None
    watch: WatchSettings | None = None
    made: MadeSettings | None = None
    training: dict[str, Any] = field(default_factory=dict)

    def to_mapping(self) -> dict[str, Any]:
        """All settings as plain data."""
        return asdict(self)

    def check_ready(self) -> None:
        """Refuses a recipe that lacks what only its user knows.

        Raises:
            ConfigError: It names the setting.
        """
        if self.made is None and not (self.data.files and self.data.media_root):
            message = (
                "data.files and data.media_root are not set: write them into a recipe that extends this one, or give "
                "--set data.files=[FILE,…] --set data.media_root=FOLDER"
            )
            raise ConfigError(message)
        if self.watch is not None and self.made is None and not self.watch.files:
            message = "watch.files is not set: give it records that are not trained on"
            raise ConfigError(message)
        if self.stage == "sft" and self.judge and self.watch is None:
            message = "judge is of the stage 'rl', or of 'watch': set judge=null"
            raise ConfigError(message)
