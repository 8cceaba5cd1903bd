"""`CheckpointsByName`: resuming from checkpoints whose names of weights are not those that the model has in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch


class CheckpointsByName:
    """Put before a trainer of transformers: weights of a checkpoint are read as `from_pretrained` reads them.

    Qwen2.5-VL is saved under the Hub's names (`visual.…`), which `from_pretrained` translates and transformers 5.17's
    `Trainer` does not: it would warn of missing keys, and go on from the weights that the run began with. Adapters and
    the sharded formats of FSDP and DeepSpeed keep the names of the model, and are read as ever.
    """

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        trainer: Any = self
        sharded = trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
        if sharded or not any(Path(resume_from_checkpoint).glob("model*.safetensors")):
            super()._load_from_checkpoint(resume_from_checkpoint, model)  # type: ignore[misc] # the trainer's
            return
        target = trainer.accelerator.unwrap_model(trainer.model if model is None else model)
        saved = type(target).from_pretrained(resume_from_checkpoint, dtype=target.dtype)
        with torch.no_grad():
            target.load_state_dict(saved.state_dict())
