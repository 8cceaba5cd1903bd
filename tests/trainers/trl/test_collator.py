"""Supervised fine-tuning with video: the batch holds it, and the loss is that of the reply alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForImageTextToText
from trl import SFTConfig, SFTTrainer

from p2r_rewards.errors import DataError
from p2r_rewards.trainers.trl import SFT_OPTIONS, VideoCollator, use_classic_positions
from tests.trainers.trl import tiny, tiny_vision
from tests.trainers.trl.test_video_training import KINDS, independent, prompts

REPLIES = [tiny.reply("good", "t" * one) for one in (1, 5, 3, 8, 2, 4)]
LIMITS = {"frames": 4, "min_pixels": 56 * 56, "max_pixels": 72 * 72}


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_is_the_cross_entropy_of_the_replies(kind: str, tmp_path: Path) -> None:
    asked = prompts(tmp_path)
    rows = [
        {"messages": [*prompt, {"role": "assistant", "content": reply}]}
        for prompt, reply in zip(asked, REPLIES, strict=True)
    ]
    folder = tiny_vision.save_model(kind, tmp_path / "model")
    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)
    use_classic_positions(model)
    processor = tiny_vision.processor(kind)
    trainer = SFTTrainer(
        model,
        args=SFTConfig(
            output_dir=str(tmp_path),
            use_cpu=True,
            bf16=False,
            report_to="none",
            per_device_train_batch_size=6,
            max_steps=1,
            learning_rate=0.0,
            logging_steps=1,
            save_strategy="no",
            disable_tqdm=True,
            **SFT_OPTIONS,
        ),
        train_dataset=Dataset.from_list(rows, on_mixed_types="use_json"),
        processing_class=processor,
        data_collator=VideoCollator(processor, kind, **LIMITS),
    )
    batch = next(iter(trainer.get_train_dataloader()))
    assert len(batch["video_grid_thw"]) == 5
    assert len(batch["image_grid_thw"]) == 1
    sum_of_logps, tokens, blind = torch.tensor(0.0), 0, torch.tensor(0.0)
    for prompt, reply in zip(asked, REPLIES, strict=True):
        ids = torch.tensor([*processor.tokenizer(reply)["input_ids"], 2])
        sum_of_logps += independent(kind, model, prompt, ids).sum()
        tokens += len(ids)
        has_media = "Only text" not in str(prompt)
        blind += independent(kind, model, prompt, ids, blind=has_media).sum()
    with torch.no_grad():
        loss = model(**batch).loss
    torch.testing.assert_close(loss, -sum_of_logps / tokens, rtol=0, atol=1e-5)
    assert abs(loss + blind / tokens) > 1e-3
    recorder = tiny.Recorder()
    trainer.add_callback(recorder)
    trainer.train()
    assert recorder.logs[0]["loss"] == pytest.approx(float(loss), abs=1e-4)  # as TRL rounds it


def test_labels_cover_the_reply_and_its_end(tmp_path: Path) -> None:
    clip = tiny_vision.clip(tmp_path / "a.mp4")
    processor = tiny_vision.processor(KINDS[0])
    prompt = tiny_vision.ask("Why?", {"type": "video", "video": clip})
    collate = VideoCollator(processor, KINDS[0], **LIMITS)
    rows = [{"prompt": prompt, "completion": "Because."}, {"prompt": tiny_vision.ask("?"), "completion": "No."}]
    batch = collate(rows)
    for labels, ids, text in zip(batch["labels"], batch["input_ids"], ("Because.", "No."), strict=True):
        assert processor.tokenizer.decode(labels[labels >= 0]) == text + "<|im_end|>"
        assert torch.equal(ids[labels >= 0], labels[labels >= 0])
    padded = Dataset.from_list([{"prompt": row["prompt"], "completion": row["completion"]} for row in rows])
    again = collate(list(padded))
    assert all(torch.equal(again[name], batch[name]) for name in batch)


BAD: dict[str, dict[str, Any]] = {
    "no reply": {"messages": [{"role": "user", "content": "?"}]},
    "ends with a question": {"messages": [{"role": "assistant", "content": "."}, {"role": "user", "content": "?"}]},
    "empty": {},
}


@pytest.mark.parametrize("example", BAD.values(), ids=BAD)
def test_examples_without_a_reply_are_refused(example: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="reply"):
        VideoCollator(tiny_vision.processor(KINDS[0]), KINDS[0])([example])
