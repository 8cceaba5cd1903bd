"""`VideoCollator`: conversations with videos to batches for supervised fine-tuning, with loss on the reply only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from p2r_rewards.errors import DataError
from p2r_rewards.trainers.trl.media import Fields, MediaReader, join_fields, without_nulls
from p2r_rewards.trainers.trl.video_config import VIDEO_FRAMES, VIDEO_MAX_PIXELS, VIDEO_MIN_PIXELS

IGNORED = -100
"""The label of tokens without loss."""

SFT_OPTIONS: dict[str, Any] = {
    "dataset_kwargs": {"skip_prepare_dataset": True},
    "remove_unused_columns": False,
    "max_length": None,
}
"""What TRL's `SFTConfig` needs beside this collator: without it, TRL drops the video before the collator sees it."""


class VideoCollator:
    """Makes batches of examples that hold `messages`, the last of which is the reply, or `prompt` and `completion`.

    The prompt is rendered and tokenized as for generation, the reply behind it, so that a policy is trained on the ids
    that it will see; the loss is on the reply and the token that ends it.

    Args:
        processor: The model's own.
        model_type: "qwen2_5_vl" or "qwen3_vl".
        frames: Most frames of a video.
        min_pixels: Fewest pixels of a frame.
        max_pixels: Most pixels of a frame.
    """

    def __init__(
        self,
        processor: Any,
        model_type: str,
        *,
        frames: int = VIDEO_FRAMES,
        min_pixels: int = VIDEO_MIN_PIXELS,
        max_pixels: int = VIDEO_MAX_PIXELS,
    ) -> None:
        self._reader = MediaReader(processor, model_type, frames=frames, min_pixels=min_pixels, max_pixels=max_pixels)
        self._processor = processor
        self._tokenizer = processor.tokenizer

    def __call__(self, examples: Sequence[Mapping[str, Any]]) -> Fields:
        """The batch: ids padded on the left, attention mask, labels, and the media of all rows.

        Raises:
            DataError: An example has no reply at its end, or its chat template changes the prompt when one follows.
        """
        rows = [self._row(without_nulls(example)) for example in examples]
        width = max(len(prompt) for prompt, _, _ in rows)
        longest = max(len(prompt) + len(reply) for prompt, reply, _ in rows)
        pad = self._tokenizer.pad_token_id
        batch = {
            "input_ids": torch.full((len(rows), longest), pad),
            "attention_mask": torch.zeros(len(rows), longest, dtype=torch.long),
            "labels": torch.full((len(rows), longest), IGNORED),
        }
        fields = join_fields([fields for *_, fields in rows], width)
        kinds = fields.pop("mm_token_type_ids", None)
        if kinds is not None:
            fields["mm_token_type_ids"] = torch.zeros(len(rows), longest, dtype=torch.long)
        for row, (prompt, reply, _) in enumerate(rows):
            start = longest - len(prompt) - len(reply)
            batch["input_ids"][row, start:] = torch.tensor([*prompt, *reply])
            batch["attention_mask"][row, start:] = 1
            batch["labels"][row, longest - len(reply) :] = torch.tensor(reply)
            if kinds is not None:
                own = kinds[row, width - len(prompt) :]
                fields["mm_token_type_ids"][row, start : start + len(prompt)] = own
        return {**batch, **fields}

    def _row(self, example: Mapping[str, Any]) -> tuple[list[int], list[int], Fields]:
        """The ids of prompt and reply, and the media."""
        messages, reply = _split(example)
        prompt = self._reader.read(messages)
        text = self._processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        whole = self._processor.apply_chat_template([*messages, reply], tokenize=False)
        if not whole.startswith(text):
            message = "the chat template changes the prompt when a reply follows: the reply's tokens can't be told"
            raise DataError(message)
        ids = self._tokenizer(whole[len(text) :], add_special_tokens=False)["input_ids"]
        end = self._tokenizer.eos_token_id
        while end in ids and ids[-1] != end:  # what templates write behind the end, such as a newline
            ids.pop()
        return prompt.ids, ids, prompt.fields


def _split(example: Mapping[str, Any]) -> tuple[list[Any], Mapping[str, Any]]:
    messages = example.get("messages")
    if messages is None:
        completion = example.get("completion")
        if isinstance(completion, str):
            completion = [{"role": "assistant", "content": completion}]
        messages = [*(example.get("prompt") or ()), *(completion or ())]
    if len(messages) < 2 or messages[-1].get("role") != "assistant":
        message = "an example for fine-tuning holds 'messages' (or 'prompt' and 'completion') that end with a reply"
        raise DataError(message)
    return list(messages[:-1]), messages[-1]
