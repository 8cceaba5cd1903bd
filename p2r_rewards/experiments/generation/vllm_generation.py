"""A vision-language model that vLLM runs in this process."""

from __future__ import annotations

from p2r_rewards.experiments.generation.media_parts import MediaSettings
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.vllm_client import VLLMClient


def open_vllm(path: str, decoding: Decoding, settings: MediaSettings) -> VLLMClient:
    """The engine of vLLM for a model, loaded when it is first asked, with room for the media of a prompt.

    Args:
        path: A folder with the model, or its name on the hub.
        decoding: The sampling settings.
        settings: How media are shown.

    Raises:
        MissingExtraError: vLLM is not installed.
    """
    # As many requests at once as their pictures, kept in memory until they are answered, allow.
    engine = {
        "limit_mm_per_prompt": {"image": max(settings.frames, 8), "video": 4},
        "media_io_kwargs": {"video": {"num_frames": settings.frames}},
    }
    return VLLMClient(path, decoding=decoding, batch_size=64, engine=engine)
