"""A tiny random Qwen2.5-VL with a tokenizer trained on what it will read: for trying recipes out on a CPU."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
)
from transformers.models.qwen2_vl.video_processing_qwen2_vl import Qwen2VLVideoProcessor

from p2r_rewards.trainers.recipes.recipe import MadeSettings

SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
_PAD, _END, _VISION, _VISION_END, _IMAGE, _VIDEO = 0, 2, 3, 4, 5, 6
_VOCABULARY = 512
_SPREAD = 0.1  # of the weights: with the usual 0.02, so narrow a model attends to everything alike for long
_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_model(folder: Path, settings: MadeSettings, texts: Iterable[str]) -> None:
    """Saves a random model and its processor, whose words are those of the texts."""
    torch.manual_seed(settings.seed)
    processor = _processor(texts)
    wide, heads = settings.hidden, max(settings.hidden // 16, 1)
    text = {
        "vocab_size": len(processor.tokenizer),
        "hidden_size": wide,
        "intermediate_size": 2 * wide,
        "num_hidden_layers": settings.layers,
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "bos_token_id": None,
        "eos_token_id": _END,
        "pad_token_id": _PAD,
        "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0},
        "tie_word_embeddings": True,
        "initializer_range": _SPREAD,
    }
    vision = {
        "depth": 2,
        "hidden_size": wide,
        "intermediate_size": 2 * wide,
        "num_heads": max(wide // 16, 1),
        "out_hidden_size": wide,
        "fullatt_block_indexes": [0, 1],
        "tokens_per_second": 4,
        "initializer_range": _SPREAD,
    }
    config: Any = Qwen2_5_VLConfig(
        text_config=text,
        vision_config=vision,
        vision_start_token_id=_VISION,
        vision_end_token_id=_VISION_END,
        image_token_id=_IMAGE,
        video_token_id=_VIDEO,
        tie_word_embeddings=True,
    )
    model: Any = Qwen2_5_VLForConditionalGeneration(config)  # type: ignore[no-untyped-call]
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = _END, _PAD
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def _processor(texts: Iterable[str]) -> Any:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    kind: Any = PreTrainedTokenizerFast
    words = kind(tokenizer_object=core, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    images = Qwen2VLImageProcessor(min_pixels=28 * 28, max_pixels=16 * 28 * 28)
    return Qwen2_5_VLProcessor(images, words, Qwen2VLVideoProcessor(), chat_template=_CHAT)  # type: ignore[no-untyped-call]
