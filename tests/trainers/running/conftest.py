"""These tests train: without the trl extra they are not collected."""

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("trl") and importlib.util.find_spec("av") else ["*"]

if not collect_ignore_glob:
    import torch

    torch.set_num_threads(1)  # tiny models are fastest so
