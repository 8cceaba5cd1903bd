"""PyPI's torchvision beside a CPU-only torch: its operators' schemas are declared before it is imported.

PyPI builds torchvision for CUDA; beside a CPU-only torch its compiled operators do not load, and its import, and with
it that of `transformers`, fails for want of the schemas. They are declared here, without implementation, when
torchvision is first asked for: nothing is imported before.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


class _SchemasFirst:
    """Finds nothing itself; declares the schemas on the way to torchvision."""

    library: object = None

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == "torchvision" and cls.library is None:
            import torch

            if torch.version.cuda is None:
                cls.library = library = torch.library.Library("torchvision", "DEF")
                for schema in _SCHEMAS:
                    library.define(schema)
        return None


def install() -> None:
    """Puts the declaration in front of torchvision's import, once."""
    installed = any(getattr(finder, "__name__", "") == "_SchemasFirst" for finder in sys.meta_path)
    if not installed and importlib.util.find_spec("torch") is not None:
        sys.meta_path.insert(0, _SchemasFirst)  # type: ignore[arg-type]


def install_for_children() -> None:
    """Has the Pythons that tests start do the same, where there is a torchvision at all."""
    if importlib.util.find_spec("torchvision") is not None:
        site = str(Path(__file__).with_name("child_site"))
        paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != site]
        os.environ["PYTHONPATH"] = os.pathsep.join([site, *paths])
