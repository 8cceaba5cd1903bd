"""Evenly spread frames of a video, decoded once, by PyAV; and images, both scaled down to so many pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from p2r_rewards.errors import MissingExtraError
from p2r_rewards.trainers.data.clips import look_at_clip, look_at_image, open_clip
from p2r_rewards.trainers.data.media_root import MediaError

if TYPE_CHECKING:
    from PIL.Image import Image

SEEK_SECONDS = 5.0
"""Over a longer gap a video is not decoded but skipped, from the last key frame before the frame that is wanted."""

_MISSING_SHARE = 0.1  # how much of its end a video may lack: headers are not exact


class Span(NamedTuple):
    """What a header tells of a video.

    Attributes:
        begin: The time of its first frame in seconds.
        frames: How many frames it has.
        fps: Its frames a second, on average.
    """

    begin: float
    frames: int
    fps: float


def even_positions(first: int, last: int, count: int) -> list[int]:
    """At most `count` positions, an even number of them, evenly spread from `first` to `last`, both included.

    Even, since Qwen's vision towers merge two frames (arXiv 2511.11113, Supp. 8.1: 32 at inference); the only frame of
    a span stands twice.

    Example:
        >>> even_positions(0, 99, 4), even_positions(10, 12, 32), even_positions(0, 0, 32)
        ([0, 33, 66, 99], [10, 12], [0, 0])
    """
    number = max(min(last - first + 1, count) // 2, 1) * 2
    return [first + round(step * (last - first) / (number - 1)) for step in range(number)]


def fitting_size(width: int, height: int, max_pixels: int) -> tuple[int, int]:
    """The width and height with the same shape and at most so many pixels; never larger than before.

    Example:
        >>> fitting_size(1920, 1080, 256 * 28 * 28)
        (597, 336)
    """
    scale = min(1.0, math.sqrt(max_pixels / (width * height)))
    return max(1, int(width * scale)), max(1, int(height * scale))


def span_positions(path: str, total: int, fps: float, start: float | None, end: float | None, count: int) -> list[int]:
    """The positions of the frames that are shown of so many, between two times in seconds.

    Raises:
        MediaError: The video ends before `start`; `path` names it.
    """
    first = 0 if start is None else math.ceil(start * fps - 1e-6)
    last = total - 1 if end is None else min(total - 1, math.floor(end * fps + 1e-6))
    if first > total - 1:
        message = f"{path!r:.200}: ends after {total / fps:.1f} s, before the {start:g} s at which it is to start"
        raise MediaError(message, "too short")
    return even_positions(first, max(first, last), count)


def sample_video(path: str, count: int, max_pixels: int, start: float | None, end: float | None) -> list[Image]:
    """At most `count` frames of a video file, evenly spread over the time that is shown.

    Raises:
        MediaError: It can't be opened or decoded, holds no video, or ends early.
        MissingExtraError: PyAV or Pillow is not installed.
    """
    try:
        import av
        import PIL.Image  # noqa: F401
    except ImportError as error:
        package = error.name or "av"
        raise MissingExtraError(package, "trl") from error
    try:
        with open_clip(path) as container:
            if not container.streams.video:
                message = f"{path!r:.200}: holds no video"
                raise MediaError(message, "no video")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            span = _read_span(container, stream, path)
            positions = span_positions(path, span.frames, span.fps, start, end, count)
            frames = _at(container, stream, [span.begin + position / span.fps for position in positions], span, path)
            return [_small(frame, max_pixels) for frame in frames]
    except (av.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, MediaError):
            raise
        look_at_clip(path)  # knows better what is wrong
        message = f"{path!r:.200}: {error}"
        raise MediaError(message, "broken") from error


def read_image(path: str, max_pixels: int) -> Image:
    """An image file, scaled down.

    Raises:
        MediaError: It can't be read, is cut off, or is too large.
        MissingExtraError: Pillow is not installed.
    """
    look_at_image(path)
    import PIL.Image

    with PIL.Image.open(path) as file:
        image = file.convert("RGB")
    small: PIL.Image.Image = image.resize(fitting_size(image.width, image.height, max_pixels))
    return small


def _read_span(container: Any, stream: Any, path: str) -> Span:
    fps = float(stream.average_rate or stream.guessed_rate or 0)
    if not (math.isfinite(fps) and fps > 0):
        fps = 24.0
    seconds = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
    frames = stream.frames or round(seconds * fps)
    if not frames:  # no header tells: packets are counted, which decodes nothing
        frames = sum(1 for packet in container.demux(stream) if packet.size)
        container.seek(0)
    if not frames:
        message = f"{path!r:.200}: holds no frame"
        raise MediaError(message, "no video")
    return Span(float((stream.start_time or 0) * stream.time_base), frames, fps)


def _at(container: Any, stream: Any, times: Sequence[float], span: Span, path: str) -> Iterator[Any]:
    """The frames that are shown at ascending times."""
    half, allowed = 0.5 / span.fps, max(2, _MISSING_SHARE * span.frames) / span.fps
    decoded, current, following, position = container.decode(stream), None, None, span.begin
    for time in times:
        if time - position > SEEK_SECONDS:
            container.seek(max(0, int(time / stream.time_base)), stream=stream)
            decoded, current, following = container.decode(stream), None, None
        while following is None or _time(following, position, span) < time + half:
            if following is not None:
                current, position = following, _time(following, position, span)
            following = next(decoded, None)
            if following is None:
                break
        current = current or following  # the first frame may come late
        if current is None or (following is None and time - position > allowed):
            message = f"{path!r:.200}: ends after {position:.1f} s; its header says that it reaches {time:.1f} s"
            raise MediaError(message, "cut")
        yield current


def _time(frame: Any, before: float, span: Span) -> float:
    return before + 1 / span.fps if frame.time is None else float(frame.time)


def _small(frame: Any, max_pixels: int) -> Image:
    width, height = fitting_size(frame.width, frame.height, max_pixels)
    image: Image = frame.reformat(width=width, height=height, format="rgb24").to_image()
    return image
