"""Tiny random Qwen2.5-VL and Qwen3-VL models with their real processors, and real mp4 clips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

SPECIAL = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
# What matters of Qwen's own: a part with a `video` key is a video, whatever its type says.
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' or 'image' in part %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'video' or 'video' in part %}VIDEO"
    "{% elif 'text' in part %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Qwen3-VL's processor writes the frames' own vision marks.
VIDEO = {"qwen2_5_vl": "<|vision_start|><|video_pad|><|vision_end|>", "qwen3_vl": "<|video_pad|>"}
TEXT = {
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "bos_token_id": None,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "initializer_range": 0.2,
}
IDS = {
    "vision_start_token_id": 3,
    "vision_end_token_id": 4,
    "image_token_id": 5,
    "video_token_id": 6,
}


def tokenizer() -> PreTrainedTokenizerFast:
    pieces = [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    core = Tokenizer(models.BPE({piece: one for one, piece in enumerate(pieces)}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(SPECIAL)
    return PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|im_end|>", pad_token="<|endoftext|>")


def processor(kind: str) -> Any:
    images = Qwen2VLImageProcessor(min_pixels=28 * 28, max_pixels=4 * 28 * 28)
    template = CHAT.replace("VIDEO", VIDEO[kind])
    if kind == "qwen2_5_vl":
        return Qwen2_5_VLProcessor(images, tokenizer(), Qwen2VLVideoProcessor(), chat_template=template)
    images = Qwen2VLImageProcessor(patch_size=16, min_pixels=32 * 32, max_pixels=4 * 32 * 32)
    return Qwen3VLProcessor(images, tokenizer(), Qwen3VLVideoProcessor(), chat_template=template)


def save_model(kind: str, folder: Path, seed: int = 0, head: int = 16) -> str:
    """A tiny random model on disk, whose attention heads have the dimension `head`."""
    torch.manual_seed(seed)
    vocabulary = len(tokenizer())
    vision = {"depth": 2, "hidden_size": 32, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 2 * head}
    sections = [head // 2 - 2 * (3 * head // 16), 3 * head // 16, 3 * head // 16]
    rope = {"rope_type": "default", "mrope_section": sections, "rope_theta": 10000.0}
    model: Any
    if kind == "qwen2_5_vl":
        text = {**TEXT, "vocab_size": vocabulary, "hidden_size": 2 * head, "rope_parameters": rope}
        vision |= {"fullatt_block_indexes": [1], "tokens_per_second": 4, "initializer_range": 0.2}
        config: Any = Qwen2_5_VLConfig(text_config=text, vision_config=vision, **IDS)
        model = Qwen2_5_VLForConditionalGeneration(config)
    else:
        text = {
            **TEXT,
            "vocab_size": vocabulary,
            "hidden_size": 2 * head,
            "head_dim": head,
            "rope_parameters": {**rope, "mrope_interleaved": True},
        }
        text.pop("bos_token_id"), text.pop("eos_token_id")
        vision |= {"deepstack_visual_indexes": [0], "num_position_embeddings": 16, "initializer_range": 0.2}
        config = Qwen3VLConfig(text_config=text, vision_config=vision, **IDS)
        model = Qwen3VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = 2
    model.generation_config.pad_token_id = 0
    model.save_pretrained(folder)
    return str(folder)


def clip(path: Path, frames: int = 12, size: tuple[int, int] = (64, 48), fps: int = 4, seed: int = 0) -> str:
    """An mp4 whose frame i is about as bright as i / frames, with a coarse random pattern."""
    noise = np.random.default_rng(seed).integers(0, 2, (8, 8, 3))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for one in range(frames):
            pattern = np.roll(noise, one, axis=1).repeat(-(-size[1] // 8), 0).repeat(-(-size[0] // 8), 1)
            level = 20 + 200 * one // frames
            picture = np.clip(pattern[: size[1], : size[0]] * 20 + level, 0, 255).astype(np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return str(path)


def picture(seed: int = 0, size: tuple[int, int] = (40, 30)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3)).astype(np.uint8))


def ask(question: str, *media: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [*media, {"type": "text", "text": question}]}]
