"""Media as data sets and dumps name them: one file under an absolute path here and a relative one there."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from enum import IntEnum
from hashlib import blake2b
from typing import Any

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,15}://")
_DRIVE = re.compile(r"[A-Za-z]:/")
_BYTES = "\0"


class Likeness(IntEnum):
    """How far two media are one; beyond `UNKNOWN` they are."""

    OTHER = 0
    UNKNOWN = 1
    NAME = 2
    SUFFIX = 3
    SAME = 4


def media_paths(value: Any) -> tuple[str, ...]:
    r"""The paths of a column's media, made comparable; of bytes in the row itself, their digest.

    Example:
        >>> media_paths([{"path": ".\\clips\\1.mp4"}, "file:///data/2.mp4"])
        ('clips/1.mp4', '/data/2.mp4')
    """
    if isinstance(value, str):
        path = value.strip()
        if path[:1] == "[" and path[-1:] == "]" and path.count("'") == 2:  # "['a.mp4']": a list as text
            path = path[1:-1].strip().strip("'")
        return (_plain(path),) if path not in ("", "[]", "None", "null", "nan") else ()
    if isinstance(value, bytes):
        return (_BYTES + blake2b(value, digest_size=16).hexdigest(),)
    if isinstance(value, Mapping):
        return media_paths(value.get("path") or value.get("url") or value.get("bytes"))
    if isinstance(value, list | tuple):
        return tuple(path for one in value for path in media_paths(one))
    return ()


def is_path(medium: str) -> bool:
    """Whether it is a path, not the digest of a medium's bytes."""
    return not medium.startswith(_BYTES)


def media_name(path: str) -> str:
    """A path's last part, by which the same file can be looked for under other folders."""
    return path.rpartition("/")[2]


def media_likeness(ours: tuple[str, ...], theirs: tuple[str, ...], shared_names: Container[str] = ()) -> Likeness:
    """Whether two lists of paths name the same media.

    Args:
        ours: The paths of a dump's row.
        theirs: Those of a data set's row.
        shared_names: File names that stand for several files of the data set, so that a name alone says nothing.
    """
    if len(ours) != len(theirs) or not ours:
        return Likeness.UNKNOWN
    return min(_likeness(a, b, shared_names) for a, b in zip(ours, theirs, strict=True))


def _likeness(ours: str, theirs: str, shared_names: Container[str]) -> Likeness:
    if ours == theirs:
        return Likeness.SAME
    if ours.startswith(_BYTES) or theirs.startswith(_BYTES):
        return Likeness.OTHER if ours.startswith(_BYTES) and theirs.startswith(_BYTES) else Likeness.UNKNOWN
    if f"/{ours}".endswith(f"/{theirs}") or f"/{theirs}".endswith(f"/{ours}"):
        return Likeness.SUFFIX
    # A file moved into another folder: one path tells where it lies now, the other where its data set had it.
    moved = _is_absolute(ours) != _is_absolute(theirs)
    name = media_name(ours)
    same = name != "" and name == media_name(theirs) and name not in shared_names
    return Likeness.NAME if moved and same else Likeness.OTHER


def _plain(path: str) -> str:
    scheme = _SCHEME.match(path)
    if scheme:
        path = "/" + path[scheme.end() :].lstrip("/").partition("?")[0]
    path = path.replace("\\", "/")
    root = "/" if path.startswith("/") else ""
    return root + "/".join(part for part in path.split("/") if part not in ("", "."))


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or _DRIVE.match(path) is not None
