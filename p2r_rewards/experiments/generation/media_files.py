"""Where media lie under their root: files, and folders of frames; and what identifies their content."""

from __future__ import annotations

import os
import re
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from p2r_rewards.experiments.generation.tasks import Media
from p2r_rewards.trainers.data.media_root import IMAGE_SUFFIXES, MediaError, MediaRoot, relative_path

_EDGE = 1 << 14
_NUMBER = re.compile(r"[0-9]{1,18}")


class MediaFiles(NamedTuple):
    """A medium on disk.

    Attributes:
        paths: Its real path; of a folder, those of all its frames in order.
        is_folder: Whether it is a folder of frames.
    """

    paths: tuple[str, ...]
    is_folder: bool


def find_media(root: MediaRoot, media: Media) -> MediaFiles:
    """The files of a medium.

    Raises:
        MediaError: It leads out of the root, is an address, is of no known format, is empty, or is not there.
    """
    path = _under_root(root, media.path)
    if media.kind == "video" and not relative_path(path).suffix:
        return MediaFiles(_frame_paths(root, path), True)
    return MediaFiles((root.find(path, media.kind),), False)


def media_identity(media: Media, files: MediaFiles) -> list[Any]:
    """What tells one medium from another, as plain data: content, not place or time, so that it survives a copy.

    The content is known by its size, its beginning and its end: a changed video differs in one of them, and a data
    set of terabytes need not be read to be known again.
    """
    ends = files.paths if len(files.paths) < 3 else (files.paths[0], files.paths[-1])
    return [media.kind, media.start, media.end, media.fps, len(files.paths), [_content(path) for path in ends]]


def _content(path: str) -> str:
    size = os.stat(path).st_size
    digest = blake2b(str(size).encode(), digest_size=16)
    with open(path, "rb") as file:
        digest.update(file.read(_EDGE))
        if size > 2 * _EDGE:
            file.seek(-_EDGE, os.SEEK_END)
        digest.update(file.read(_EDGE))
    return digest.hexdigest()


def _under_root(root: MediaRoot, path: Path) -> str:
    """The path relative to the root; what is not under it stays as it is, and is refused further on."""
    if not path.is_absolute():
        return str(path)
    folder = root.folder.absolute()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _frame_paths(root: MediaRoot, path: str) -> tuple[str, ...]:
    real_root = os.path.realpath(root.folder)
    folder = os.path.realpath(os.path.join(real_root, *relative_path(path).parts))
    if os.path.commonpath((folder, real_root)) != real_root:
        message = f"{path!r:.200}: a link leads out of the media root"
        raise MediaError(message, "escapes the root")
    if not os.path.isdir(folder):
        message = f"{path!r:.200}: is not there"
        raise MediaError(message, "missing")
    names = [name for name in os.listdir(folder) if os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES]
    if not names:
        message = f"{path!r:.200}: the folder holds no frames"
        raise MediaError(message, "empty")
    inside = os.path.relpath(folder, real_root)
    return tuple(root.find(f"{inside}/{name}", "image") for name in sorted(names, key=_by_number))


def _by_number(name: str) -> tuple[int, str]:
    found = _NUMBER.findall(os.path.splitext(name)[0])
    return (int(found[-1]) if found else -1, name)
