"""PA-GRPO on TRL: the trainer, its configuration, and video that training really sees."""

from p2r_rewards.trainers.trl.collator import SFT_OPTIONS, VideoCollator
from p2r_rewards.trainers.trl.config import PAGRPOConfig
from p2r_rewards.trainers.trl.trainer import PAGRPOTrainer
from p2r_rewards.trainers.trl.video_config import VideoGRPOConfig
from p2r_rewards.trainers.trl.video_positions import use_classic_positions
from p2r_rewards.trainers.trl.video_sft_trainer import VideoSFTTrainer
from p2r_rewards.trainers.trl.video_trainer import VideoGRPOTrainer

__all__ = [
    "SFT_OPTIONS",
    "PAGRPOConfig",
    "PAGRPOTrainer",
    "VideoCollator",
    "VideoGRPOConfig",
    "VideoGRPOTrainer",
    "VideoSFTTrainer",
    "use_classic_positions",
]
