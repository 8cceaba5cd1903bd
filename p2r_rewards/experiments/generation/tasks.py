"""What a model is asked, and what it answers: tasks, media and generations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from p2r_rewards.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Media:
    """A video, an image, or a folder of frames (`00001.jpg`, …) that stands for a video.

    Args:
        kind: "video" or "image".
        path: Relative to the media root, or an absolute path under it.
        start: Seconds from which a video is shown; None: from its beginning.
        end: Seconds up to which it is shown; None: to its end.
        fps: The frames a second of a folder of frames, without which it has no `start` and `end`.

    Raises:
        ConfigError: The kind is unknown, or the times are none.
    """

    kind: Literal["video", "image"]
    path: Path
    start: float | None = None
    end: float | None = None
    fps: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("video", "image"):
            message = f"a medium's kind must be 'video' or 'image', not {self.kind!r:.80}"
            raise ConfigError(message)
        times = [time for time in (self.start, self.end, self.fps) if time is not None]
        if any(not (math.isfinite(time) and time >= 0) for time in times) or self.fps == 0:
            message = f"start, end and fps of {str(self.path)!r:.200} must be positive numbers"
            raise ConfigError(message)
        if self.start is not None and self.end is not None and self.start >= self.end:
            message = f"{str(self.path)!r:.200} has its start, {self.start:g} s, not before its end, {self.end:g} s"
            raise ConfigError(message)


@dataclass(frozen=True, slots=True)
class GenerationTask:
    """One prompt to be answered.

    Args:
        key: Names the task in its run.
        prompt: The user's text, behind the media.
        media: What is shown.
        system: The system's text, where there is one.
    """

    key: str
    prompt: str
    media: tuple[Media, ...] = ()
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """A model's answer to a task, or why there is none.

    Attributes:
        key: The task's.
        text: What the model wrote, as it came; "" where there is an error.
        finish_reason: Why it stopped, as the server names it ("stop", "length").
        model: The model.
        prompt_tokens: Tokens read, where the server told.
        completion_tokens: Tokens written, where the server told.
        latency: Seconds from the request that was answered to its answer.
        error: Why there is no answer: data or infrastructure at fault, so that the task is unscored, never wrong.
        fault: What kind of error, the same for all tasks that have it.
    """

    key: str
    text: str
    finish_reason: str | None = None
    model: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency: float = 0.0
    error: str | None = None
    fault: str | None = None
