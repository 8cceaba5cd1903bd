"""Whether a report can be made at all: asked before hours of work, not after."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from p2r_rewards.errors import ConfigError, DataError, MissingExtraError


def check_report(path: str | Path, *, taken: Iterable[str | Path | None] = ()) -> Path:
    """Where a report will be written.

    Args:
        path: Its name, ending in .html or .htm.
        taken: Other files of the run; None and "-" stand for none.

    Raises:
        ConfigError: The name has another ending, or is that of another file.
        DataError: There is no such folder.
        MissingExtraError: jinja2 or matplotlib is not installed.
    """
    place = Path(path)
    if place.suffix.lower() not in (".html", ".htm"):
        message = f"report {place}: the name must end in .html"
        raise ConfigError(message)
    if place.resolve() in {Path(one).resolve() for one in taken if one not in (None, "-")}:
        message = f"report {place}: is another file of this run; choose another name"
        raise ConfigError(message)
    if not place.resolve().parent.is_dir():
        message = f"{place}: can't be written: no such folder: {place.resolve().parent}"
        raise DataError(message)
    for package in ("jinja2", "matplotlib"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(package, "report")
    return place
