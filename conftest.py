"""Leaves modules that need a trainer alone where it is not installed: their doctests run in its own environment."""

from __future__ import annotations

import importlib.util

_NEEDED = {
    "swift": ("ms_swift/pa_grpo.py",),
    "verl": ("verl/estimator.py", "verl/manager.py", "verl/pa_grpo.py"),
}

collect_ignore = [
    f"{folder}/{module}"
    for package, modules in _NEEDED.items()
    if importlib.util.find_spec(package) is None
    for module in modules
    for folder in ("p2r_rewards/trainers", "trainers")
]
"""Files that pytest leaves alone."""
