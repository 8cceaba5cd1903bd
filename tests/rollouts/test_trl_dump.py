"""The completions that TRL's own GRPOTrainer logs, in a tiny run on a CPU, read as rollouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.rollouts import FieldFinder, RolloutReader, find_sources, read_batches

torch = pytest.importorskip("torch", reason="drives TRL's trainer")
pytest.importorskip("trl", reason="drives TRL's trainer")

GROUP = 2
TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}:{{ m['content'] }}<eos>{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)
TEXTS = [{"prompt": f"How many? {n}", "solution": f"<answer>{n}</answer>"} for n in range(2)]
MESSAGES: list[dict[str, Any]] = [
    {**row, "prompt": [{"role": "system", "content": "Look."}, {"role": "user", "content": row["prompt"]}]}
    for row in TEXTS
]


@pytest.fixture(scope="module")
def train() -> Callable[[list[dict[str, Any]], Path], list[str]]:
    """Trains for two steps, and gives the texts that the reward function saw, in order."""
    from datasets import Dataset
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
    from trl import GRPOConfig, GRPOTrainer

    alphabet = ["<pad>", "<eos>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({piece: one for one, piece in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    config = Qwen2Config(
        vocab_size=len(alphabet),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )

    def run(rows: list[dict[str, Any]], output: Path) -> list[str]:
        seen: list[str] = []

        def brevity(completions: list[Any], log_extra: Any, **columns: Any) -> list[float | None]:
            texts = [one if isinstance(one, str) else one[-1]["content"] for one in completions]
            seen.extend(texts)
            log_extra("solution", list(columns["solution"]))
            return [None if index == 0 else 1 / (1 + len(text)) for index, text in enumerate(texts)]

        torch.manual_seed(0)
        fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", pad_token="<pad>")
        fast.chat_template = TEMPLATE
        trainer = GRPOTrainer(
            model=Qwen2ForCausalLM(config),
            reward_funcs=brevity,
            args=GRPOConfig(
                output_dir=str(output),
                use_cpu=True,
                bf16=False,
                report_to="none",
                save_strategy="no",
                disable_tqdm=True,
                num_generations=GROUP,
                per_device_train_batch_size=GROUP,
                gradient_accumulation_steps=1,
                max_completion_length=6,
                max_steps=2,
                logging_steps=1,
                log_completions=True,
                num_completions_to_print=0,
            ),
            train_dataset=Dataset.from_list(rows),
            processing_class=fast,
        )
        trainer.train()
        return seen

    return run


@pytest.mark.parametrize("rows", [TEXTS, MESSAGES], ids=["texts", "messages"])
def test_every_completion_is_read_with_its_step_prompt_and_gold(
    train: Callable[[list[dict[str, Any]], Path], list[str]], rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    seen = train(rows, tmp_path)
    assert len(seen) == 2 * GROUP
    sources = find_sources([str(tmp_path / "completions")])
    reader = RolloutReader(FieldFinder())
    logged = [row for source in sources.files for batch in read_batches(source) for row in batch.rows]
    rollouts = [reader.read(row) for row in logged]
    # Byte for byte what the reward function was given, in order.
    assert [rollout.text for rollout in rollouts] == seen
    golds = {row["prompt"]: row["solution"] for row in TEXTS}
    assert [row["solution"] for row in logged] == [golds[rollout.known.problem.question] for rollout in rollouts]
    assert [row["step"] for row in logged] == [1, 1, 2, 2]
    # What a reward function left out is no 0.
    assert [row["brevity"] is None or row["brevity"] != row["brevity"] for row in logged] == [True, False] * 2
    # There is no group id: step and prompt are the group. There is no type either.
    groups = [rollout.known.group for rollout in rollouts]
    assert groups[0] == groups[1] != groups[2] == groups[3]
    assert {rollout.known.fault for rollout in rollouts} == {"problem type is missing"}
