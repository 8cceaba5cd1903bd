"""`decode_video`: evenly spread frames of a video file, by PyAV."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt

from p2r_rewards.errors import DataError
from p2r_rewards.trainers.data.clips import open_clip

TEMPORAL_PATCH = 2
"""Qwen's vision towers merge so many frames: their number is kept even."""


class Video(NamedTuple):
    """Frames of a video, and where they come from.

    Attributes:
        frames: Shape (T, H, W, 3), RGB, 0 to 255.
        indices: Which frames of the video they are.
        total: How many frames the video has.
        fps: Its frames a second, on average.
    """

    frames: npt.NDArray[np.uint8]
    indices: list[int]
    total: int
    fps: float


def even_indices(total: int, frames: int) -> list[int]:
    """The indices of at most `frames` frames, an even number of them, from the first to the last frame.

    A video of one frame gives it twice.

    Example:
        >>> even_indices(100, 4), even_indices(3, 16), even_indices(1, 16)
        ([0, 33, 66, 99], [0, 2], [0, 0])
    """
    count = max(min(total, frames) // TEMPORAL_PATCH, 1) * TEMPORAL_PATCH
    return [round(index) for index in np.linspace(0, total - 1, count).tolist()]


def decode_video(path: str | Path, frames: int) -> Video:
    """At most `frames` frames of the video, evenly spread from its first to its last.

    The file is decoded in order, up to the last frame that is needed, so that the frames are exact; where its header
    tells a wrong number of frames or none, they are counted first.

    Raises:
        DataError: The file is missing, is no video, or holds no frame.
    """
    try:
        return _decode(Path(path), frames)
    except (av.FFmpegError, OSError) as error:
        message = f"video {str(path)!r} can't be decoded: {error}"
        raise DataError(message) from error


def _decode(path: Path, frames: int) -> Video:
    with open_clip(str(path)) as container:
        stream = _first_stream(container, path)
        told, fps = stream.frames, float(stream.average_rate or stream.guessed_rate or 24.0)
        found = _pick(container, even_indices(told, frames)) if told else []
    indices = even_indices(told, frames) if told else []
    if len(found) < len(indices) or not indices:
        told = _count(path)
        if not told:
            message = f"video {str(path)!r} holds no frame"
            raise DataError(message)
        indices = even_indices(told, frames)
        with open_clip(str(path)) as container:
            _first_stream(container, path)
            found = _pick(container, indices)
    return Video(np.stack(found), indices, told, fps)


def _first_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    if not container.streams.video:
        message = f"video {str(path)!r} holds no video stream"
        raise DataError(message)
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    return stream


def _pick(container: av.container.InputContainer, indices: list[int]) -> list[npt.NDArray[np.uint8]]:
    """The frames at ascending indices; fewer where the video ends before."""
    found: list[npt.NDArray[np.uint8]] = []
    for position, frame in enumerate(container.decode(video=0)):
        while len(found) < len(indices) and indices[len(found)] == position:
            found.append(frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False))
        if len(found) == len(indices):
            break
    return found


def _count(path: Path) -> int:
    with open_clip(str(path)) as container:
        _first_stream(container, path)
        return sum(1 for _ in container.decode(video=0))
