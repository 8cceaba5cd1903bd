"""Whether a path lies on a disk of this machine: SQLite's write-ahead log breaks on shared ones."""

from __future__ import annotations

import re
from pathlib import Path

_LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay", "jfs", "bcachefs"})
_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")


def is_local(path: Path, mounts: str | None = None) -> bool:
    """Whether the path's file system is known to be local; False where that is unknown.

    Args:
        path: A file or folder.
        mounts: The text of `/proc/self/mountinfo`, by default as it is now.

    Example:
        >>> is_local(Path("/data/cache"), "36 35 0:32 / /data rw - nfs4 server:/export rw")
        False
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return False
    place, kind, depth = path.resolve(), "", -1
    for line in mounts.splitlines():
        head, _, tail = line.partition(" - ")
        fields = head.split(" ")
        if len(fields) < 5 or not tail:
            continue
        mounted = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        if (place == mounted or mounted in place.parents) and len(mounted.parts) >= depth:
            kind, depth = tail.split(" ", 1)[0], len(mounted.parts)
    return kind in _LOCAL
