"""Writes ms_swift/completions.jsonl with ms-swift 4.6.0: two steps of its own GRPO on a tiny random model, on a CPU.

    python -m venv V && V/bin/pip install torch==2.13.0 ms-swift==4.6.0 msgspec
    V/bin/python tests/rollouts/dumps/make_ms_swift.py

The model speaks bytes at random, so that only the form of the dump is worth a test.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
PLUGIN = """
from swift.rewards import ORM, orms

class Length(ORM):
    def __call__(self, completions, solution, **kwargs):
        return [len(text) / 10 + len(gold) for text, gold in zip(completions, solution)]

orms["length"] = Length
"""
ROWS = [
    {"messages": [{"role": "user", "content": "How many cats?"}], "solution": "<answer>2</answer>"},
    {"messages": [{"role": "user", "content": "Wo ist der Ball? ☂"}], "solution": "<answer>B</answer>"},
]


def save_model(folder: Path) -> None:
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({piece: one for one, piece in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=special[2], pad_token=special[0])
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(alphabet),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)


def main() -> None:
    from swift.arguments import RLHFArguments
    from swift.pipelines import rlhf_main

    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        save_model(work / "model")
        (work / "plugin.py").write_text(PLUGIN)
        (work / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
        rlhf_main(
            RLHFArguments(
                rlhf_type="grpo",
                model=str(work / "model"),
                model_type="qwen2",
                template="chatml",
                tuner_type="full",
                torch_dtype="float32",
                dataset=[str(work / "data.jsonl")],
                external_plugins=[str(work / "plugin.py")],
                reward_funcs=["length"],
                num_generations=2,
                per_device_train_batch_size=2,
                gradient_accumulation_steps=1,
                max_steps=2,
                logging_steps=1,
                max_completion_length=8,
                log_completions=True,
                output_dir=str(work / "out"),
                add_version=False,
                report_to=["none"],
                save_strategy="no",
                use_vllm=False,
                seed=0,
            )
        )
        target = Path(__file__).parent / "ms_swift"
        target.mkdir(exist_ok=True)
        (found,) = (work / "out").rglob("completions.jsonl")
        shutil.copy(found, target)


if __name__ == "__main__":
    sys.exit(main())
