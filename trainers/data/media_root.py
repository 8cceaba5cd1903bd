"""`MediaRoot`: the folder that all media lie under; no path of a data set leads out of it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path, PurePosixPath

from p2r_rewards.errors import ConfigError, DataError

VIDEO_SUFFIXES = frozenset((".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ts", ".flv", ".gif"))
IMAGE_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"))

_SUFFIXES = {"video": VIDEO_SUFFIXES, "image": IMAGE_SUFFIXES}
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]{1,15}:|//)")  # also FFmpeg's own, such as concat:
_DRIVE = re.compile(r"[A-Za-z]:")


class MediaError(DataError):
    """A medium can't be used.

    Args:
        message: What is wrong with this one.
        kind: The same in a word or two, for all media that have this fault.
    """

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind

    def __reduce__(self) -> tuple[type[MediaError], tuple[str, str]]:
        return type(self), (str(self), self.kind)


class MediaRoot:
    """Finds the media that rows name by relative paths.

    Args:
        folder: The root.

    Raises:
        ConfigError: It is no folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._real = os.path.realpath(self.folder)
        if not os.path.isdir(self._real):
            message = f"media root {str(folder)!r} is no folder"
            raise ConfigError(message)

    def find(self, path: str, data_type: str) -> str:
        """The real path of a file under the root, links followed.

        Args:
            path: As a row gives it, relative to the root.
            data_type: "video" or "image", which allows the suffixes of such files.

        Raises:
            MediaError: The path leads out of the root, by `..`, as an absolute path or by a link; it is an address;
                its suffix is not that of such a file; or no file with content lies there.
        """
        relative = relative_path(path)
        suffix = relative.suffix.lower()
        if suffix not in _SUFFIXES.get(data_type, ()):
            message = f"{path!r:.200}: {suffix or 'no suffix'} is not the suffix of a known {data_type} format"
            raise MediaError(message, "refused format")
        try:
            real = os.path.realpath(os.path.join(self._real, *relative.parts))
            inside = os.path.commonpath((real, self._real)) == self._real
            status = os.stat(real) if inside else None
        except (OSError, ValueError) as error:
            message = f"{path!r:.200}: is not there"
            raise MediaError(message, "missing") from error
        if status is None:
            message = f"{path!r:.200}: a link leads out of the media root"
            raise MediaError(message, "escapes the root")
        if not stat.S_ISREG(status.st_mode):
            message = f"{path!r:.200}: is no regular file"
            raise MediaError(message, "missing")
        if not status.st_size:
            message = f"{path!r:.200}: is an empty file"
            raise MediaError(message, "empty")
        return real


def relative_path(path: str) -> PurePosixPath:
    r"""The path with `/` between its parts and no `.` among them.

    Raises:
        MediaError: It is absolute, holds `..`, or is an address.

    Example:
        >>> str(relative_path(".\\clips\\1.mp4"))
        'clips/1.mp4'
    """
    text = path.strip().replace("\\", "/")
    if "\0" in text or text.startswith("/") or _DRIVE.match(text) is not None:
        if text.startswith("//"):
            message = f"{path!r:.200}: addresses are not fetched; download the file first"
            raise MediaError(message, "an address")
        message = f"{path!r:.200}: is absolute; media are named relative to their root"
        raise MediaError(message, "escapes the root")
    if _SCHEME.match(text):
        message = f"{path!r:.200}: addresses are not fetched; download the file first"
        raise MediaError(message, "an address")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts:
        message = f"{path!r:.200}: '..' leads out of the media root"
        raise MediaError(message, "escapes the root")
    if not parts:
        message = "the row names no file"
        raise MediaError(message, "missing")
    return PurePosixPath(*parts)
