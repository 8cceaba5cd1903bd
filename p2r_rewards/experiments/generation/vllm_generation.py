"""A vision-language model that vLLM runs in this process."""

from __future__ import annotations

from collections.abc import Sequence

from p2r_rewards.experiments.generation.media_parts import MediaSettings
from p2r_rewards.judges.batching import Request
from p2r_rewards.judges.client import Message, Reply
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.failures import ReplyError
from p2r_rewards.judges.vllm_client import VLLMClient

BATCH = 64
"""Prompts handed to the engine at once: their pictures are in memory until they are answered."""

_REFUSED = "p2r-refused"


class VLLMGenerationClient(VLLMClient):
    """vLLM's engine with room for the media of a prompt; a prompt that it refuses costs that prompt alone.

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

    async def complete(self, messages: Sequence[Message], *, choices: Sequence[str] | None = None) -> Reply:
        """The model's reply.

        Raises:
            ReplyError: The engine refuses the prompt, such as one that is too long.
        """
        reply = await super().complete(messages, choices=choices)
        if reply.finish_reason == _REFUSED:
            raise ReplyError(reply.text)
        return reply

    def _generate(self, requests: list[Request]) -> list[Reply]:
        try:
            return super()._generate(requests)
        except ValueError as error:  # one prompt that the engine refuses fails its whole batch
            if len(requests) == 1:
                return [Reply(f"vLLM refuses the prompt: {str(error)[:200]}", _REFUSED)]
            half = len(requests) // 2
            return [*self._generate(requests[:half]), *self._generate(requests[half:])]
