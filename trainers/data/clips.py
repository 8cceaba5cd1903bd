"""Clips and images looked at before training: whether they open, decode, and are whole."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from p2r_rewards.errors import MissingExtraError
from p2r_rewards.trainers.data.media_root import MediaError

if TYPE_CHECKING:
    import av.container

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,gif"
"""FFmpeg's readers that may be used: none of them opens other files or addresses, as playlists do."""

LOWEST_FPS, HIGHEST_FPS = 1.0, 120.0
MAX_PIXELS = 100_000_000
_TAIL = 0.9


class Clip(NamedTuple):
    """What was seen of a clip.

    Attributes:
        frames: How many frames its header tells; where it tells none, the frames that were counted.
        fps: Its frames a second on average; 0.0 where it tells none.
        width: In pixels.
        height: In pixels.
    """

    frames: int
    fps: float
    width: int
    height: int

    @property
    def odd_rate(self) -> bool:
        """Whether its frame rate is missing, or so low or high that times would be wrong."""
        return not LOWEST_FPS <= self.fps <= HIGHEST_FPS


def open_clip(path: str) -> av.container.InputContainer:
    """The container of a local file: no other protocol, no format beyond `FORMATS`.

    Raises:
        MissingExtraError: PyAV is not installed.
        av.FFmpegError: It can't be opened.
    """
    try:
        import av
    except ImportError as error:
        package = "av"
        raise MissingExtraError(package, "trl") from error
    return av.open(f"file:{path}", container_options={"protocol_whitelist": "file", "format_whitelist": FORMATS})


def look_at_clip(path: str) -> Clip:
    """What a clip holds, with its first frame, one of its middle and one of its end decoded.

    Raises:
        MediaError: It can't be opened ("broken", or "cut" where its index is lost), holds no video ("no video"), its
            first frame can't be decoded ("broken"), or those of its middle or end ("cut").
    """
    import av

    try:
        with open_clip(path) as container:
            return _look(container, path)
    except MediaError:
        raise
    except (av.FFmpegError, OSError, ValueError) as error:
        kind = "cut" if "moov atom" in str(error) or _lacks_index(path) else "broken"
        message = f"{path!r:.200}: {error}"
        raise MediaError(message, kind) from error


def _look(container: Any, path: str) -> Clip:
    if not container.streams.video:
        message = f"{path!r:.200}: holds no video"
        raise MediaError(message, "no video")
    stream = container.streams.video[0]
    stream.thread_type = "NONE"
    first = next(container.decode(stream), None)
    if first is None:
        message = f"{path!r:.200}: not one frame can be decoded"
        raise MediaError(message, "broken")
    frames, fps = stream.frames, float(stream.average_rate or stream.guessed_rate or 0)
    seconds = None if stream.duration is None else float(stream.duration * stream.time_base)
    if not seconds and container.duration:
        seconds = container.duration / 1e6
    if not frames:
        frames = round(seconds * fps) if seconds and fps else 1 + sum(1 for _ in container.decode(stream))
    if seconds and frames > 1:
        for share in (0.5, _TAIL):
            _decode_at(container, stream, share * seconds, path)
    return Clip(max(frames, 1), fps if math.isfinite(fps) else 0.0, first.width, first.height)


def _decode_at(container: Any, stream: Any, seconds: float, path: str) -> None:
    """Decodes the frame that is shown at a time.

    Raises:
        MediaError: There is none.
    """
    import av

    start = stream.start_time or 0
    wanted = start + int(seconds / stream.time_base)
    try:
        container.seek(wanted, stream=stream)
        # The frame that is shown at a time is the last one that begins before it.
        last = None
        for frame in container.decode(stream):
            last = frame.pts
            if last is None or last + (frame.duration or 0) >= wanted:
                return
    except av.FFmpegError as error:
        message = f"{path!r:.200}: ends before {seconds:.1f} s: {error}"
        raise MediaError(message, "cut") from error
    message = f"{path!r:.200}: ends before {seconds:.1f} s, which its header says it reaches"
    raise MediaError(message, "cut")


def _lacks_index(path: str) -> bool:
    """Whether it begins as an mp4 does but has no index: what is left of a download that broke off."""
    with open(path, "rb") as file:
        return file.read(8)[4:] == b"ftyp"


def look_at_image(path: str) -> tuple[int, int]:
    """The width and height of an image, decoded in full.

    Raises:
        MediaError: It can't be read ("broken"), is cut off ("cut"), or is too large ("too large").
    """
    try:
        from PIL import Image
    except ImportError as error:
        package = "pillow"
        raise MissingExtraError(package, "trl") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is looked at below
            with Image.open(path, formats=("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")) as image:
                if image.width * image.height > MAX_PIXELS:
                    message = f"{path!r:.200}: {image.width} x {image.height} pixels are over {MAX_PIXELS:,}"
                    raise MediaError(message, "too large")
                image.load()
                size: tuple[int, int] = image.size
                return size
    except MediaError:
        raise
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        message = f"{path!r:.200}: {error}"
        raise MediaError(message, "cut" if "truncated" in str(error) else "broken") from error
