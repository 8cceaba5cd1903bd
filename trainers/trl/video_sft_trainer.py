"""`VideoSFTTrainer`: TRL's fine-tuning, for models that see videos."""

from __future__ import annotations

from trl.trainer.sft_trainer import SFTTrainer

from p2r_rewards.trainers.trl.checkpoints import CheckpointsByName


class VideoSFTTrainer(CheckpointsByName, SFTTrainer):
    """TRL's `SFTTrainer`, which resumes Qwen2.5-VL from its checkpoints' weights; use it with `VideoCollator`."""
