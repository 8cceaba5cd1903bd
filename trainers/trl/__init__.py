"""PA-GRPO on TRL: the trainer, its configuration, and video that training really sees."""

from p2r_rewards.trainers.trl.config import PAGRPOConfig
from p2r_rewards.trainers.trl.trainer import PAGRPOTrainer
from p2r_rewards.trainers.trl.video_config import VideoGRPOConfig
from p2r_rewards.trainers.trl.video_trainer import VideoGRPOTrainer

__all__ = ["PAGRPOConfig", "PAGRPOTrainer", "VideoGRPOConfig", "VideoGRPOTrainer"]
