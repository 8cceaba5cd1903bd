"""Every forward pass sees the video that generation saw: policy, old policy, reference model and evaluation."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForImageTextToText

from p2r_rewards.trainers.trl import PAGRPOTrainer, media, video_trainer
from p2r_rewards.trainers.trl.media import MediaReader
from p2r_rewards.trainers.trl.video_positions import use_classic_positions
from tests.trainers.trl import tiny, tiny_vision

KINDS = ("qwen2_5_vl", "qwen3_vl")
PIXELS = {"video_frames": 4, "video_min_pixels": 56 * 56, "video_max_pixels": 72 * 72}
SCRIPT = [
    tiny.reply("good", "a"),
    tiny.reply("good", "ab", "A"),
    tiny.reply("bad", "abcde"),
    tiny.reply("bad", "abcdefg", "A"),
]


def prompts(folder: Path) -> list[list[dict[str, Any]]]:
    """Mixed modalities, sizes and lengths."""
    wide = tiny_vision.clip(folder / "wide.mp4", frames=12, size=(96, 48), seed=1)
    tall = tiny_vision.clip(folder / "tall.mp4", frames=31, size=(48, 80), fps=8, seed=2)
    short = tiny_vision.clip(folder / "short.mp4", frames=3, seed=3)
    tiny_vision.picture().save(folder / "picture.png")
    return [
        tiny_vision.ask("Wide?", {"type": "video", "video": wide}),
        tiny_vision.ask("Is it tall, or is it not?", {"type": "video", "video": tall}),
        tiny_vision.ask("A picture?", {"type": "image", "image": str(folder / "picture.png")}),
        tiny_vision.ask("Two?", {"type": "video", "video": tall}, {"type": "video", "video": wide}),
        [{"role": "user", "content": "Only text, and more of it than of the others?"}],
        tiny_vision.ask("Short?", {"type": "video", "video": short}),
    ]


def dataset(messages: list[Any]) -> Dataset:
    rows = [{"prompt": prompt, **tiny.ROW, "options": ["A. a cat", "B. a dog"]} for prompt in messages]
    return Dataset.from_list(rows, on_mixed_types="use_json")


def question(messages: Any) -> str:
    content = messages[-1]["content"]
    return str(content if isinstance(content, str) else content[-1]["text"])


class Recording(PAGRPOTrainer):
    """Scripted completions; keeps each pass: what it was for, its ids, its result, and the weights it was done with."""

    def _generate_single_turn(self, prompt_ids: Any, images: Any, fields: Any, *_: Any, **__: Any) -> Any:
        completions = []
        for turn, _ in enumerate(prompt_ids):
            text = SCRIPT[turn % 4]
            completions.append([*self._tokenizer(text)["input_ids"], 2])
        return completions, None

    def _get_per_token_logps_and_entropies(
        self, model: Any, ids: Any, mask: Any, keep: Any, *a: Any, **named: Any
    ) -> Any:
        result = super()._get_per_token_logps_and_entropies(model, ids, mask, keep, *a, **named)
        bare = self.accelerator.unwrap_model(model)
        if self.keeps_passes:
            loss = named.get("compute_entropy", False)
            name = "reference" if bare is self.ref_model else "policy" if loss else "old"
            name = name if self.model.training else f"evaluation {name}"
            self.passes.append((name, ids, mask, keep, result[0].detach().clone(), copy.deepcopy(bare.state_dict())))
        return result


def make(kind: str, folder: Path, messages: list[Any], **options: Any) -> Any:
    tiny_vision.save_model(kind, folder / "model")
    return open_model(kind, folder, messages, **options)


def open_model(kind: str, folder: Path, messages: list[Any], **options: Any) -> Any:
    more = {name: options.pop(name) for name in ("peft_config",) if name in options}
    trainer = Recording(
        str(folder / "model"),
        args=tiny.config(folder, rewards={"length": "off"}, max_completion_length=80, **PIXELS, **options),
        judge=tiny.truth,
        train_dataset=dataset(messages),
        eval_dataset=dataset(messages),
        processing_class=tiny_vision.processor(kind),
        **more,
    )
    trainer.passes, trainer.keeps_passes = [], True
    return trainer


def independent(
    kind: str, model: Any, messages: Any, completion: Any, *, blind: bool = False, suppressed: Sequence[int] = ()
) -> Any:
    """Log-probabilities of one row's completion by a plain forward pass, without padding."""
    read = MediaReader(tiny_vision.processor(kind), kind, frames=4, min_pixels=56 * 56, max_pixels=72 * 72)
    row = read.read(messages)
    ids = torch.cat([torch.tensor(row.ids), completion])
    fields = {} if blind else {**row.fields}
    if not blind:
        kinds = torch.zeros(1, len(ids), dtype=torch.long)
        kinds[0, : len(row.ids)] = fields["mm_token_type_ids"]
        fields["mm_token_type_ids"] = kinds
    with torch.no_grad():
        scores = model(input_ids=ids[None], **fields).logits[0, len(row.ids) - 1 : -1]
    scores[:, list(suppressed)] = -100.0
    return scores.log_softmax(-1).gather(1, completion[:, None])[:, 0]


def check_passes(kind: str, trainer: Any, messages: list[Any], passes: list[Any]) -> int:
    """Each row of each pass equals the row alone; rows with media differ from the same row without. How many have."""
    model = AutoModelForImageTextToText.from_pretrained(trainer.args.output_dir + "/model", dtype=torch.float32)
    use_classic_positions(model)
    seeing = 0
    for one in passes:
        model.load_state_dict(one[5])
        seeing += check_rows(kind, model, trainer, messages, one)
    return seeing


def check_rows(kind: str, model: Any, trainer: Any, messages: list[Any], one: Any) -> int:
    _, ids, mask, keep, result, _ = one
    seeing = 0
    by_question = {question(prompt): prompt for prompt in messages}
    for row in range(len(ids)):
        text = trainer._tokenizer.decode(ids[row, :-keep])
        asked = next(one for one in sorted(by_question, key=len, reverse=True) if one in text)
        completion = ids[row, -keep:][mask[row, -keep:].bool()]
        alone = independent(kind, model, by_question[asked], completion)
        got = result[row, : len(completion)]
        torch.testing.assert_close(got, alone, rtol=0, atol=1e-4)
        if not isinstance(by_question[asked][0]["content"], str):
            blind = independent(kind, model, by_question[asked], completion, blind=True)
            assert (got - blind).abs().max() > 1e-2
            seeing += 1
    return seeing


@pytest.mark.parametrize("kind", KINDS)
def test_every_pass_sees_its_rows_own_media(kind: str, tmp_path: Path) -> None:
    messages = prompts(tmp_path)
    trainer = make(
        kind,
        tmp_path,
        messages,
        beta=0.1,
        steps_per_generation=3,
        num_iterations=2,
        max_steps=6,
        gradient_checkpointing=True,
        learning_rate=1e-3,
        pad_to_multiple_of=16,
    )
    trainer.train()
    names = {name for name, *_ in trainer.passes}
    assert names == {"policy", "old", "reference"}
    chosen = [one for one in trainer.passes if one[0] != "policy"] + trainer.passes[-2:]
    assert check_passes(kind, trainer, messages, chosen) >= 12
    before, after = trainer.passes[2][5], trainer.passes[-1][5]
    moved = [name for name in before if not torch.equal(before[name], after[name])]
    assert any("visual" in name for name in moved)  # gradients reach the vision tower
    trainer.passes.clear()
    trainer.evaluate()
    assert {name for name, *_ in trainer.passes} == {"evaluation policy", "evaluation old", "evaluation reference"}
    assert check_passes(kind, trainer, messages, trainer.passes[:3]) >= 4


def test_lora_and_its_reference_see_the_video(tmp_path: Path) -> None:
    from peft import LoraConfig

    kind = KINDS[0]
    messages = prompts(tmp_path)[:2]
    lora = LoraConfig(target_modules=["q_proj", "v_proj"], r=2, init_lora_weights=False)
    trainer = make(kind, tmp_path, messages, beta=0.1, max_steps=1, peft_config=lora)
    trainer.train()
    reference, policy = trainer.passes
    with trainer.model.disable_adapter():
        assert check_rows(kind, trainer.model, trainer, messages, reference) == 8
    trainer.model.load_state_dict(policy[5])
    assert check_rows(kind, trainer.model, trainer, messages, policy) == 8
    assert (reference[4] - policy[4]).abs().max() > 1e-3


class Generating(Recording):
    """Generates with the model itself."""

    _generate_single_turn = PAGRPOTrainer._generate_single_turn


@pytest.mark.parametrize("kind", KINDS)
def test_generation_sees_the_media_of_a_mixed_batch(kind: str, tmp_path: Path) -> None:
    messages = prompts(tmp_path)
    options = {"num_generations_eval": 1, "per_device_eval_batch_size": 6, "generation_kwargs": {"do_sample": False}}
    trainer = make(kind, tmp_path, messages, **options)
    trainer.__class__ = Generating
    trainer.args.max_completion_length = trainer.generation_config.max_new_tokens = 12
    outputs: list[Any] = []
    trainer._compute_loss = lambda model, inputs: outputs.append(inputs) or torch.tensor(0.0)
    trainer.evaluate()
    model = AutoModelForImageTextToText.from_pretrained(str(tmp_path / "model"), dtype=torch.float32)
    use_classic_positions(model)
    read = MediaReader(tiny_vision.processor(kind), kind, frames=4, min_pixels=56 * 56, max_pixels=72 * 72)
    by_ids = {}
    for prompt in messages:
        row = read.read(prompt)
        kinds = row.fields.pop("mm_token_type_ids")[None]
        ids = torch.tensor([row.ids])
        suppressed = [5, 6]
        whole = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            mm_token_type_ids=kinds,
            do_sample=False,
            max_new_tokens=12,
            suppress_tokens=suppressed,
            **row.fields,
        )
        by_ids[tuple(row.ids)] = whole[0, len(row.ids) :].tolist()
    assert len({tuple(one) for one in by_ids.values()}) > 3
    (inputs,) = outputs
    for row in range(6):
        prompt_ids = tuple(inputs["prompt_ids"][row][inputs["prompt_mask"][row].bool()].tolist())
        completion = inputs["completion_ids"][row][inputs["completion_mask"][row].bool()].tolist()
        assert completion == by_ids[prompt_ids][: len(completion)]


def test_placeholders_are_never_sampled(tmp_path: Path) -> None:
    trainer = make(KINDS[0], tmp_path, prompts(tmp_path)[:1])
    assert trainer.generation_config.suppress_tokens == [5, 6]
    assert trainer.generation_kwargs["suppress_tokens"] == [5, 6]


def test_each_video_is_decoded_once_a_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []
    real = media.decode_video

    def counted(path: str, frames: int) -> Any:
        decoded.append(Path(path).name)
        return real(path, frames)

    monkeypatch.setattr(media, "decode_video", counted)
    trainer = make(KINDS[0], tmp_path, prompts(tmp_path)[:2], max_steps=2, num_iterations=2)
    trainer.train()
    assert sorted(decoded) == ["tall.mp4", "wide.mp4"]


def test_the_question_survives_a_dataset_that_pads_with_nulls(tmp_path: Path) -> None:
    clip = tiny_vision.clip(tmp_path / "a.mp4")
    messages = [tiny_vision.ask("Does it survive?", {"type": "video", "video": clip})]
    padded = Dataset.from_list([{"prompt": prompt} for prompt in messages])
    if "Json" in str(padded.features):
        pytest.skip("this version of datasets keeps parts as they are")
    assert padded[0]["prompt"][0]["content"][1]["video"] is None
    read = MediaReader(tiny_vision.processor(KINDS[0]), KINDS[0], frames=4, min_pixels=56 * 56, max_pixels=72 * 72)
    row = read.read(padded[0]["prompt"])
    assert row.ids == read.read(messages[0]).ids
    assert "Does it survive?" in read.processor.tokenizer.decode(row.ids)


def test_images_may_stand_in_a_column(tmp_path: Path) -> None:
    example = {"prompt": tiny_vision.ask("Which?", {"type": "image"}), "images": [tiny_vision.picture()], "gold": "B"}
    merged = video_trainer._with_images(example)
    assert set(merged) == {"prompt", "gold"}
    assert merged["prompt"][0]["content"][0]["image"].size == (40, 30)
    plain = {"prompt": [{"role": "user", "content": "Which?"}], "image": tiny_vision.picture()}
    assert [part["type"] for part in video_trainer._with_images(plain)["prompt"][0]["content"]] == ["image", "text"]


def test_the_completions_table_holds_mixed_prompts(tmp_path: Path) -> None:
    import pandas as pd

    trainer = make(
        KINDS[0], tmp_path, prompts(tmp_path), log_completions=True, per_device_train_batch_size=24, max_steps=1
    )
    trainer.train()
    table = pd.read_parquet(tmp_path / "completions" / "completions_00001.parquet")
    assert len(table) == 24
    assert {question(prompt) for prompt in table["prompt"]} == {question(prompt) for prompt in prompts(tmp_path)}


def test_a_video_for_another_model_is_refused(tmp_path: Path) -> None:
    trainer = tiny.ScriptedPAGRPO(
        tiny.save_model(tmp_path / "model"),
        args=tiny.config(tmp_path),
        judge=tiny.truth,
        train_dataset=dataset([tiny_vision.ask("Why?", {"type": "video", "video": "a.mp4"})] * 2),
        processing_class=tiny.tokenizer(),
    )
    with pytest.raises(ValueError, match="holds a video, which this model would not get through"):
        trainer.train()
