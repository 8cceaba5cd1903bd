"""`transformers serve`, as its command starts it, in a process of its own: `python serve_vision.py serve MODEL …`.

PyPI's torchvision can't decode images beside a CPU-only torch; there, Pillow does it.
"""

from __future__ import annotations

import sys
from typing import Any


def decode_by_pillow(source: str) -> Any:
    import numpy as np
    import torch
    from transformers.image_utils import load_image

    return torch.from_numpy(np.array(load_image(source).convert("RGB"))).permute(2, 0, 1).contiguous()


if __name__ == "__main__":
    import transformers.image_processing_backends as backends
    from torchvision.io import image
    from transformers.cli.transformers import main

    try:
        image._assert_has_image_ops()
    except RuntimeError:
        backends.load_image_as_tensor = decode_by_pillow
    sys.exit(main())
