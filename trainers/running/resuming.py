"""Checkpoints whose names of weights are not the model's: read back as `from_pretrained` reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch


def read_checkpoints_by_name(trainer: Any) -> None:
    """Lets a trainer read its checkpoints' weights under the names that they are saved by.

    Qwen2.5-VL is saved under the Hub's names (`visual.…`), which `from_pretrained` translates and transformers 5.17's
    `Trainer` does not: it would warn of missing keys, and go on from the weights that the run began with. Adapters and
    the sharded formats of FSDP and DeepSpeed keep the names of the model, and are left alone.
    """
    stock = trainer._load_from_checkpoint

    def load(checkpoint: str, model: Any = None) -> None:
        sharded = trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
        weights = next(Path(checkpoint).glob("model*.safetensors"), None)
        if sharded or weights is None:
            stock(checkpoint, model)
            return
        target = trainer.accelerator.unwrap_model(trainer.model if model is None else model)
        kind: Any = type(target)
        saved = kind.from_pretrained(checkpoint, dtype=target.dtype)
        with torch.no_grad():
            target.load_state_dict(saved.state_dict())

    trainer._load_from_checkpoint = load
