"""Media as parts of a chat message for OpenAI-compatible servers: data URIs, so that a server fetches nothing."""

from __future__ import annotations

import base64
import io
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.generation.frames import even_positions, read_image, sample_video, span_positions
from p2r_rewards.experiments.generation.media_files import MediaFiles, find_media, media_identity
from p2r_rewards.experiments.generation.tasks import Media
from p2r_rewards.trainers.data.media_root import MediaError, MediaRoot

if TYPE_CHECKING:
    from PIL.Image import Image

Send = Literal["frames", "video", "file"]

MAX_FILE_BYTES = 1 << 28
_JPEG_QUALITY = 90
_TYPES = {".webm": "video/webm", ".mkv": "video/x-matroska", ".mov": "video/quicktime", ".avi": "video/x-msvideo"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSettings:
    """How media are shown to a model (arXiv 2511.11113, Supp. 8.1: 32 frames of 256*28*28 pixels at inference).

    Args:
        frames: Frames of a video at most.
        max_pixels: Pixels of a frame or an image at most.
        send: "frames": a list of images, which every server takes. "video": the same frames as one video, vLLM's
            `video/jpeg`. "file": the whole file, from which the server samples frames by its own settings.

    Raises:
        ConfigError: A value is outside its range.
    """

    frames: int = 32
    max_pixels: int = 256 * 28 * 28
    send: Send = "frames"

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= 4096 or not 28 * 28 <= self.max_pixels <= 1 << 26:
            message = f"frames must be from 1 to 4,096 and max_pixels from 784, not {self.frames}, {self.max_pixels}"
            raise ConfigError(message)
        if self.send not in get_args(Send):
            message = f"send must be one of {', '.join(get_args(Send))}, not {self.send!r:.80}"
            raise ConfigError(message)


class MediaReader:
    """Turns media under one root into message parts.

    Args:
        root: The folder that all media lie under; None: no task may show any.
        settings: How they are shown.

    Raises:
        ConfigError: The root is no folder.
    """

    def __init__(self, root: str | Path | None, settings: MediaSettings | None = None) -> None:
        self.root = None if root is None else MediaRoot(root)
        self.settings = settings or MediaSettings()

    def identify(self, media: Media) -> list[Any]:
        """What tells this medium, shown in this way, from others.

        Raises:
            MediaError: There is no such medium under the root.
        """
        return [media_identity(media, self._find(media)), asdict(self.settings)]

    def parts(self, media: Media) -> list[dict[str, Any]]:
        """The parts of a chat message that show the medium.

        Raises:
            MediaError: It is not there, leads out of the root, or can't be decoded.
        """
        files = self._find(media)
        try:
            return self._shown(media, files)
        except MediaError as error:  # what is told must not depend on where the root lies
            assert self.root is not None
            words = str(error).replace(os.path.realpath(self.root.folder) + os.sep, "")
            raise MediaError(words, error.kind) from error

    def _shown(self, media: Media, files: MediaFiles) -> list[dict[str, Any]]:
        settings = self.settings
        if media.kind == "image":
            return [_image_part(_jpeg(read_image(files.paths[0], settings.max_pixels)))]
        if settings.send == "file":
            return [_file_part(media, files)]
        shown = [_jpeg(frame) for frame in self._frames(media, files)]
        if settings.send == "frames":
            return [_image_part(frame) for frame in shown]
        return [{"type": "video_url", "video_url": {"url": f"data:video/jpeg;base64,{','.join(shown)}"}}]

    def _frames(self, media: Media, files: MediaFiles) -> list[Image]:
        frames, pixels = self.settings.frames, self.settings.max_pixels
        if not files.is_folder:
            return sample_video(files.paths[0], frames, pixels, media.start, media.end)
        if media.fps is None and (media.start is not None or media.end is not None):
            message = f"{str(media.path)!r:.200}: a folder of frames has no start and end without its frames a second"
            raise MediaError(message, "no frame rate")
        total = len(files.paths)
        positions = (
            even_positions(0, total - 1, frames)
            if media.fps is None
            else span_positions(str(media.path), total, media.fps, media.start, media.end, frames)
        )
        return [read_image(files.paths[position], pixels) for position in positions]

    def _find(self, media: Media) -> MediaFiles:
        if self.root is None:
            message = f"{str(media.path)!r:.200}: no media root is given"
            raise MediaError(message, "no media root")
        return find_media(self.root, media)


def _jpeg(image: Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _image_part(jpeg: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{jpeg}"}}


def _file_part(media: Media, files: MediaFiles) -> dict[str, Any]:
    name = f"{str(media.path)!r:.200}"
    if files.is_folder or media.start is not None or media.end is not None:
        message = f"{name}: a folder of frames, or a part of a video, can't be sent as a file; send 'frames' or 'video'"
        raise MediaError(message, "not sent as a file")
    path = files.paths[0]
    if os.stat(path).st_size > MAX_FILE_BYTES:
        message = f"{name}: is over {MAX_FILE_BYTES >> 20} MiB, too large for a request; send 'frames' or 'video'"
        raise MediaError(message, "too large")
    kind = _TYPES.get(os.path.splitext(path)[1].lower(), "video/mp4")
    content = base64.b64encode(Path(path).read_bytes()).decode("ascii")
    return {"type": "video_url", "video_url": {"url": f"data:{kind};base64,{content}"}}
