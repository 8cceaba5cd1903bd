"""Where a trainer is not installed, the modules that drive it skip by name; in its own environment they must run."""

from __future__ import annotations

import importlib.util
import os

import pytest


def require(package: str, session: str | None = None) -> None:
    """Skips the module unless the package is installed; fails in the environment that `nox -s SESSION` makes.

    Call it before the module imports the package.

    Args:
        package: The import name of the trainer.
        session: The name in noxfile.py; None: that of the package.
    """
    session = session or package
    if importlib.util.find_spec(package) is not None:
        return
    reason = f"{package} is not installed: run `nox -s {session}`"
    if os.environ.get("P2R_TRAINER") == session:
        raise ModuleNotFoundError(reason)
    pytest.skip(reason, allow_module_level=True)
