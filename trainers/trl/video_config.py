"""`VideoGRPOConfig`: TRL's options, and how videos are shown to the model."""

from __future__ import annotations

from dataclasses import dataclass

from trl.trainer.grpo_config import GRPOConfig

from p2r_rewards.errors import ConfigError

VIDEO_FRAMES = 16
VIDEO_MAX_PIXELS = 128 * 28 * 28
"""What the paper trains with (arXiv 2511.11113, Supp. 8.1)."""

VIDEO_MIN_PIXELS = 16 * 28 * 28
"""Ours: small frames are not blown up to the most pixels."""


@dataclass
class VideoGRPOConfig(GRPOConfig):
    """TRL's `GRPOConfig` with the options of videos.

    Args:
        video_frames: Most frames taken from each video, evenly spread.
        video_min_pixels: Fewest pixels of a frame; smaller ones are enlarged.
        video_max_pixels: Most pixels of a frame.
        video_positions: "classic" places video tokens and the text behind them as Qwen2.5-VL was trained and as vLLM
            does; "transformers" leaves the installed version's own positions.

    Raises:
        ConfigError: An option has a bad value.
    """

    video_frames: int = VIDEO_FRAMES
    video_min_pixels: int = VIDEO_MIN_PIXELS
    video_max_pixels: int = VIDEO_MAX_PIXELS
    video_positions: str = "classic"

    def __post_init__(self) -> None:
        super().__post_init__()  # type: ignore[no-untyped-call] # TRL's own
        if self.video_positions not in ("classic", "transformers"):
            message = f"video_positions must be 'classic' or 'transformers', not {self.video_positions!r}"
            raise ConfigError(message)
        if not 0 < self.video_min_pixels <= self.video_max_pixels:
            message = (
                "video_min_pixels must be positive and at most video_max_pixels, "
                f"not {self.video_min_pixels!r} and {self.video_max_pixels!r}"
            )
            raise ConfigError(message)
        if not isinstance(self.video_frames, int) or self.video_frames < 2:
            message = f"video_frames must be a whole number of at least 2, not {self.video_frames!r}"
            raise ConfigError(message)
