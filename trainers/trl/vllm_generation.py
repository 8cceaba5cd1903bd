"""vLLM's generation with the media that training sees, behind TRL's own gathering, weight sync and sleep modes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from p2r_rewards.trainers.trl.media import Fields
from p2r_rewards.trainers.trl.vllm_media import MediaPacker, MediaTokens, RowMedia, name_media

_SUPPRESSED = -100.0  # the lowest bias that vLLM allows
_NORMALISES = "mm_device_do_normalize"  # vLLM's setting, where a model knows it: pixels are to come as they were


def show_media(generation: Any, tokens: MediaTokens) -> None:
    """Has TRL's `VLLMGeneration` understand what `as_images` gives, in place of images.

    TRL gathers, slices, wakes and sleeps as ever; only its last step to vLLM is another. Placeholders of media are not
    sampled any more.
    """
    options = generation.generation_kwargs
    bias = {**(options.get("logit_bias") or {}), tokens.image: _SUPPRESSED, tokens.video: _SUPPRESSED}
    generation.generation_kwargs = {**options, "logit_bias": bias}
    processor = generation.processing_class
    if generation.mode == "colocate":
        settings = vars(generation.llm.llm_engine.model_config.multimodal_config)
        packer = MediaPacker(tokens, processor if settings.get(_NORMALISES) else None)
        generation.llm = SeeingLLM(generation.llm, packer)
    elif hasattr(generation, "vllm_client"):  # on the main process
        settings = generation.vllm_client.get_server_info()["model_config"]["multimodal_config"]
        packer = MediaPacker(tokens, processor if settings.get(_NORMALISES) else None)
        generation.vllm_client.image_features = _first_of_each
        generation._place_features = packer.server_features


def as_images(rows: Sequence[Fields], every: int = 1, start: int = 0) -> list[list[RowMedia] | None]:
    """The media of rows as TRL's `images`: a list of one for each row, None where it has text only.

    TRL's server mode reads every `every`-th row of all processes, this one's first being number `start`: the others'
    media are not worth the way.
    """
    media = name_media(rows)
    return [[one] if one is not None and (start + number) % every == 0 else None for number, one in enumerate(media)]


class SeeingLLM:
    """vLLM's `LLM`, whose `generate` gives the engine the media of its prompts as they are.

    `LLM.generate` would process them anew, from files and by settings of its own.

    Args:
        llm: The real one, which does everything else.
        packer: Packs media for its model.
    """

    def __init__(self, llm: Any, packer: MediaPacker) -> None:
        self._llm = llm
        self._packer = packer
        self._numbers = count()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._llm, name)

    def generate(self, prompts: Sequence[Mapping[str, Any]], sampling_params: Any, **options: Any) -> list[Any]:
        """The outputs of the prompts, in order."""
        if not any("multi_modal_data" in prompt for prompt in prompts):
            found: list[Any] = self._llm.generate(prompts, sampling_params=sampling_params, **options)
            return found
        from vllm.sampling_params import RequestOutputKind

        sampling_params.output_kind = RequestOutputKind.FINAL_ONLY
        engine = self._llm.llm_engine
        asked = []
        for prompt in prompts:
            media = prompt.get("multi_modal_data", {}).get("image")
            asked.append(f"seeing-{next(self._numbers)}")
            engine.add_request(asked[-1], self._packer.engine_input(prompt["prompt_token_ids"], media), sampling_params)
        outputs: dict[str, Any] = {}
        while engine.has_unfinished_requests():
            outputs |= {output.request_id: output for output in engine.step() if output.finished}
        return [outputs[one] for one in asked]


def _first_of_each(images: Sequence[Sequence[RowMedia] | None], **_: Any) -> list[RowMedia | None]:
    return [own[0] if own else None for own in images]
