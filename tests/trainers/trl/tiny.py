"""Tiny text models, a byte tokenizer, judges that know, and trainers whose completions are scripted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM, TrainerCallback

from p2r_rewards.judges.verdict import JudgeItem, Verdict
from p2r_rewards.trainers.trl import PAGRPOConfig, PAGRPOTrainer

PAD, END = 0, 1


def tokenizer(merges: Sequence[tuple[str, str]] = ()) -> PreTrainedTokenizerFast:
    """One token a byte, and one for each merge; `<eos>` and `<pad>` are special."""
    pieces = ["<pad>", "<eos>", *sorted(pre_tokenizers.ByteLevel.alphabet()), *(a + b for a, b in merges)]
    core = Tokenizer(models.BPE({piece: one for one, piece in enumerate(pieces)}, list(merges)))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<eos>", pad_token="<pad>")


def save_model(folder: Path, seed: int = 0) -> str:
    """A tiny random model on disk, where TRL finds its reference model too."""
    torch.manual_seed(seed)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=258,
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=2,
            bos_token_id=None,
            eos_token_id=END,
            pad_token_id=PAD,
            initializer_range=0.2,
        )
    )
    model.save_pretrained(folder)
    return str(folder)


async def truth(items: Sequence[JudgeItem]) -> list[Verdict]:
    """Sufficient is what says that it is good; an observation that is dark has no verdict."""
    return [
        Verdict(
            sufficient=None if "dark" in item.observation else "good" in item.observation,
            how="told by the observation",
            model="truth",
            prompt_tokens=100,
            completion_tokens=10,
            seconds=0.5,
        )
        for item in items
    ]


def reply(observation: str = "good", think: str = "so", answer: str = "B", between: str = " ") -> str:
    return f"<observation>{observation}</observation>{between}<think>{think}</think><answer>{answer}</answer>"


ROW = {"problem": "Which?", "solution": "<answer>B</answer>", "problem_type": "multiple choice"}


def dataset(prompts: Sequence[str]) -> Dataset:
    return Dataset.from_list([{"prompt": prompt, **ROW, "options": ["A. a cat", "B. a dog"]} for prompt in prompts])


class Scripted:
    """Generation that reads from a script: for each prompt its completions in turn, ended unless they end in "…"."""

    script: dict[str, list[str]]

    def _generate_single_turn(self, prompt_ids: Any, *_: Any, **__: Any) -> tuple[list[list[int]], None]:
        turns: dict[str, int] = {}
        size = self._group_size()  # type: ignore[attr-defined]
        start = self.accelerator.process_index * len(prompt_ids) % size  # type: ignore[attr-defined]
        completions = []
        for ids in prompt_ids:
            prompt = self._tokenizer.decode(ids)  # type: ignore[attr-defined]
            turn = turns[prompt] = turns.get(prompt, start - 1) + 1
            text = self.script[prompt][turn % size]
            ended = not text.endswith("…")
            encoded = self._tokenizer(text.rstrip("…"))["input_ids"]  # type: ignore[attr-defined]
            completions.append([*encoded, END] if ended else encoded)
        return completions, None


class ScriptedPAGRPO(Scripted, PAGRPOTrainer):
    """Ours, with scripted completions."""


class Recorder(TrainerCallback):
    """Keeps what was logged at each step."""

    def __init__(self) -> None:
        self.logs: list[dict[str, float]] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        self.logs.append(dict(logs))


def config(folder: Path, kind: Callable[..., Any] = PAGRPOConfig, **options: Any) -> Any:
    base = {
        "output_dir": str(folder),
        "use_cpu": True,
        "bf16": False,
        "report_to": "none",
        "num_generations": 4,
        "per_device_train_batch_size": 8,
        "per_device_eval_batch_size": 8,
        "max_completion_length": 128,
        "learning_rate": 0.05,
        "max_steps": 2,
        "logging_steps": 1,
        "save_strategy": "no",
        "seed": 3,
        "disable_tqdm": True,
    }
    return kind(**{**base, **options})
