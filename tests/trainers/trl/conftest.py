"""These tests train: without the trl extra they are not collected."""

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("trl") else ["*"]

if not collect_ignore_glob:
    import torch

    torch.set_num_threads(1)  # tiny models are fastest so

collect_ignore = ["vllm_run.py"]  # started by test_vllm.py in an environment that has vLLM
