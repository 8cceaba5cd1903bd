"""A vision-language model that vLLM runs in this process."""

from __future__ import annotations

from p2r_rewards.experiments.generation.media_parts import MediaSettings
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.vllm_client import VLLMClient

BATCH = 64
"""Prompts handed to the engine at once: their pictures are in memory until they are answered."""


class VLLMGenerationClient(VLLMClient):
    """vLLM's engine with room for the media of a prompt.

    Args:
        path: A folder with the model, or its name on the hub.
        decoding: The sampling settings.
        settings: How media are shown.

    Raises:
        MissingExtraError: vLLM is not installed.
    """

    def __init__(self, path: str, decoding: Decoding, settings: MediaSettings) -> None:
        engine = {
            "limit_mm_per_prompt": {"image": max(settings.frames, 8), "video": 4},
            "media_io_kwargs": {"video": {"num_frames": settings.frames}},
        }
        super().__init__(path, decoding=decoding, batch_size=BATCH, engine=engine)
