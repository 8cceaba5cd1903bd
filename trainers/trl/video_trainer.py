"""`VideoGRPOTrainer`: TRL's GRPO where policy, reference model and evaluation see the video that generation saw."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import torch
from trl.data_utils import prepare_multimodal_messages
from trl.trainer.grpo_trainer import GRPOTrainer

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.trl.checkpoints import CheckpointsByName
from p2r_rewards.trainers.trl.media import (
    MODEL_TYPES,
    Fields,
    MediaReader,
    RowInputs,
    has_video,
    join_fields,
    without_nulls,
)
from p2r_rewards.trainers.trl.video_config import VideoGRPOConfig
from p2r_rewards.trainers.trl.video_positions import use_classic_positions
from p2r_rewards.trainers.trl.vllm_generation import as_images, show_media
from p2r_rewards.trainers.trl.vllm_media import MediaTokens

_MEDIA = "media"

_Logps = tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]


class VideoGRPOTrainer(CheckpointsByName, GRPOTrainer):
    """TRL's `GRPOTrainer` for prompts with videos, beside images and text, with any reward.

    TRL's own trainer generates with a video and computes log-probabilities without it. Here each row keeps its media:
    they go through shuffling and splitting as a list, and back into every forward pass. A video is a part
    `{"type": "video", "video": path}` of a message; equal prompts of a batch are decoded once.

    vLLM is given the tensors that training sees. For Qwen2.5-VL and Qwen3-VL; a video for another model is refused.
    Other prompts of other models are TRL's business as before. Runs resume from their checkpoints' own weights.

    Args:
        model: As in TRL.
        args: The options.
        trl: TRL's other arguments.

    Raises:
        ConfigError: vLLM would give the model's videos other positions than `video_positions`.
    """

    def __init__(self, model: Any, *, args: VideoGRPOConfig, **trl: Any) -> None:
        super().__init__(model, args=args, **trl)
        policy = cast(Any, self.accelerator.unwrap_model(self.model))
        model_type = policy.config.model_type
        self._media_reader: MediaReader | None = None
        self._rows: Sequence[Fields] | None = None  # the media of the rows in hand
        if model_type not in MODEL_TYPES or not self._is_vlm:
            return
        self._media_reader = MediaReader(
            self.processing_class,
            model_type,
            frames=args.video_frames,
            min_pixels=args.video_min_pixels,
            max_pixels=args.video_max_pixels,
            template=cast(dict[str, Any], self.chat_template_kwargs),
        )
        if args.video_positions == "classic":
            for one in (policy, self.ref_model):
                if one is not None:
                    use_classic_positions(one)
        if args.use_vllm:
            _check_positions(args, model_type)
            tokens = MediaTokens(policy.config.image_token_id, policy.config.video_token_id, model_type == "qwen3_vl")
            show_media(self.vllm_generation, tokens)
        else:
            self._suppress(policy.config.video_token_id)

    def _suppress(self, token: int) -> None:
        """Keeps the policy from sampling the placeholder of a video that is not there."""
        suppressed = [*(self.generation_config.suppress_tokens or []), token]
        self.generation_config.suppress_tokens = suppressed
        self.generation_kwargs["suppress_tokens"] = suppressed

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self._rows = None
        if self._media_reader is None or self.rollout_func is not None:
            self._refuse_videos(inputs)
            output: dict[str, Any] = super()._generate_and_score_completions(inputs)
            return output
        try:
            output = super()._generate_and_score_completions([_with_images(example) for example in inputs])
            if self._rows is not None:
                output[_MEDIA] = list(self._rows)  # TRL shuffles and splits lists as it does tensors
            return output
        finally:
            self._rows = None

    def _refuse_videos(self, inputs: Sequence[dict[str, Any]]) -> None:
        if any(has_video(example["prompt"]) for example in inputs if "prompt" in example):
            why = "rollout_func" if self.rollout_func is not None else "this model"
            message = (
                f"a prompt holds a video, which {why} would not get through training: use one of "
                f"{', '.join(MODEL_TYPES)} without rollout_func"
            )
            raise ConfigError(message)

    def _tokenize_prompts(self, prompts: list[Any]) -> tuple[list[list[int]], None, dict[str, Any]]:
        if self._media_reader is None or isinstance(prompts[0], str):
            found: Any = super()._tokenize_prompts(prompts)
            return cast(tuple[list[list[int]], None, dict[str, Any]], found)
        rows: list[RowInputs] = self._media_reader.read_all(prompts)
        self._rows = [row.fields for row in rows]
        fields: dict[str, Any] = dict(join_fields(self._rows, max(len(row.ids) for row in rows)))
        kinds = "mm_token_type_ids"
        if kinds in fields:  # TRL pads it as it does ids
            fields[kinds] = [row.fields[kinds].tolist() for row in rows]
        return [row.ids for row in rows], None, fields

    def _generate_single_turn(
        self, prompt_ids: Any, images: Any, multimodal_fields: Any, num_generations: int, has_tool_images: bool = False
    ) -> Any:
        if self.use_vllm and self._rows is not None:
            server = self.vllm_mode == "server"  # which reads the first row of each group
            first = self.accelerator.process_index * len(prompt_ids)
            images = as_images(self._rows, num_generations if server else 1, first if server else 0)
        generate = cast(Any, super()._generate_single_turn)
        return generate(prompt_ids, images, multimodal_fields, num_generations, has_tool_images)

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        **named: Any,
    ) -> _Logps:
        compute = partial(super()._get_per_token_logps_and_entropies, logits_to_keep=logits_to_keep, **named)
        if self._rows is None:
            whole: _Logps = compute(model, input_ids, attention_mask, batch_size=batch_size)
            return whole
        size = batch_size or len(input_ids)
        prompt = input_ids.size(1) - logits_to_keep
        chunks = []
        for start in range(0, len(input_ids), size):
            own = slice(start, start + size)
            fields = join_fields(self._rows[own], prompt, logits_to_keep)
            seeing = partial(model, **{name: value.to(input_ids.device) for name, value in fields.items()})
            chunks.append(compute(seeing, input_ids[own], attention_mask[own]))
        logps, entropies, losses = zip(*chunks, strict=True)
        return (
            torch.cat(logps),
            None if entropies[0] is None else torch.cat(entropies),
            None if losses[0] is None else torch.stack(losses).mean(),
        )

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        self._rows = inputs.get(_MEDIA)
        try:
            loss: torch.Tensor = super()._compute_loss(model, inputs)  # type: ignore[no-untyped-call] # TRL's own
            return loss
        finally:
            self._rows = None


def _check_positions(args: VideoGRPOConfig, model_type: str) -> None:
    if args.video_positions != "classic" and model_type == "qwen2_5_vl":
        message = (
            f"video_positions={args.video_positions!r} and use_vllm don't go together: vLLM places Qwen2.5-VL's videos "
            "classically, so training would see other positions than generation; leave it at 'classic'"
        )
        raise ConfigError(message)


def _with_images(example: dict[str, Any]) -> dict[str, Any]:
    """The example with the images of its columns put into the prompt's messages, and all content as parts.

    The completions table can't hold texts and lists of parts in one column.
    """
    prompt = example["prompt"]
    if isinstance(prompt, str):
        return example
    rest = {name: value for name, value in example.items() if name not in ("image", "images")}
    images = example.get("images") or ([example["image"]] if example.get("image") is not None else [])
    return {**rest, "prompt": prepare_multimodal_messages(without_nulls(prompt), images=images)}
