"""What shows that a download is not complete: archives that are packed or cut off, partial files, git-lfs pointers."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from p2r_rewards.experiments.benchmarks.records import is_pointer

Kind = Literal["packed", "cut off", "partial", "pointer"]

PARTIAL = (".incomplete", ".part", ".aria2", ".crdownload", ".tmp", ".download")
ARCHIVES = (".zip", ".tar", ".tgz", ".gz")

MAX_POINTER = 1_024
MAX_FILES = 200_000
"""Files of a folder that are looked at."""

_CURES = {
    "packed": "are archives that may not be unpacked yet",
    "cut off": "are archives that can't be read: get them again",
    "partial": "are downloads that broke off: go on with them",
    "pointer": "are git-lfs pointers, not the files themselves: run git lfs pull",
}


class Remain(NamedTuple):
    """A file that shows it, and how."""

    path: str
    kind: Kind


def find_remains(root: Path) -> list[Remain]:
    """What a download left in a folder, by path; hidden folders are searched too, for hubs keep partial files there."""
    return sorted(remain for path in _walk(root) if (remain := _look(root, path)) is not None)


def say_remains(remains: list[Remain]) -> str:
    """The remains in one sentence; empty where there are none.

    Example:
        >>> say_remains([Remain("scannet.zip", "packed")])
        'scannet.zip: are archives that may not be unpacked yet'
    """
    parts = []
    for kind, cure in _CURES.items():
        named = [remain.path for remain in remains if remain.kind == kind]
        if named:
            more = f" and {len(named) - 3:,} more" if len(named) > 3 else ""
            parts.append(f"{', '.join(named[:3])}{more}: {cure}")
    return "; ".join(parts)


def _look(root: Path, path: Path) -> Remain | None:
    name = path.relative_to(root).as_posix()
    if path.name.endswith(PARTIAL):
        return Remain(name, "partial")
    try:
        if path.stat().st_size <= MAX_POINTER and is_pointer(path):
            return Remain(name, "pointer")
    except OSError:
        return None
    if not path.name.endswith(ARCHIVES):
        return None
    # A zip's list of contents stands at its end: one that was cut off has none.
    whole = not path.name.endswith(".zip") or zipfile.is_zipfile(path)
    return Remain(name, "packed" if whole else "cut off")


def _walk(root: Path) -> Iterator[Path]:
    count = 0
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            count += 1
            if count > MAX_FILES:
                return
            yield Path(folder, name)
