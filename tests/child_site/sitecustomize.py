"""Loaded by every Python that tests start: torchvision's schemas are declared there too, see `torchvision_on_cpu`."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "torchvision_on_cpu", Path(__file__).parents[1] / "torchvision_on_cpu.py"
)
if _spec is not None and _spec.loader is not None:
    _module = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_module)
    _module.install()
