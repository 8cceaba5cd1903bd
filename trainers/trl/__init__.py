"""PA-GRPO on TRL: the trainer, its configuration, and video that training really sees."""

from p2r_rewards.trainers.trl.config import PAGRPOConfig
from p2r_rewards.trainers.trl.trainer import PAGRPOTrainer

__all__ = ["PAGRPOConfig", "PAGRPOTrainer"]
