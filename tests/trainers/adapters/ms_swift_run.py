"""Runs ms-swift's own GRPO with the docs page's plugin, settings and command: a tiny model, scripted replies, a CPU.

    python -m torch.distributed.run --nproc_per_node 2 tests/trainers/adapters/ms_swift_run.py FOLDER

writes what each of two processes trained on to FOLDER/rank0.json and rank1.json.
"""

from __future__ import annotations

import copy
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
import yaml
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from tests.trainers.adapters.replies import CUPS, REPLIES, block, judging

PAD, END = 0, 2
FLAGS = (
    "--model_type qwen2 --template chatml --tuner_type full --torch_dtype float32 --use_vllm false --max_steps 2 "
    "--logging_steps 1 --report_to none --save_strategy no --add_version false --dataset_shuffle false --seed 0 "
    "--train_dataloader_shuffle false --num_train_epochs 2 --dataset_num_proc 1 --dataloader_num_workers 0"
)


class Step(NamedTuple):
    """One call of the loss: its inputs, the ids in its frame, and what came out."""

    inputs: dict[str, Any]
    ids: torch.Tensor
    loss: float

    @property
    def batch(self) -> Any:
        return self.inputs["grpo_batch"]

    def texts(self, tokenizer: Any) -> list[str]:
        return [tokenizer.decode(ids[mask]) for ids, mask in zip(self.ids, self.batch.completion_mask, strict=True)]


class Run(NamedTuple):
    trainer: Any
    steps: list[Step]
    table: list[dict[str, Any]]
    prompts: list[str]  # that the judge was sent

    def asked_for(self, words: str) -> int:
        return sum(words in prompt for prompt in self.prompts)


def save_model(folder: Path) -> None:
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    pieces = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    core = Tokenizer(models.BPE({piece: index for index, piece in enumerate(pieces)}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token=special[END], pad_token=special[PAD])
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(pieces),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        bos_token_id=None,
        eos_token_id=END,
        pad_token_id=PAD,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)


def script(patch: pytest.MonkeyPatch, replies: tuple[str, ...]) -> None:
    """Has ms-swift's engine say these in turn; whether the end-of-sequence is among the ids alternates."""
    from swift.infer_engine import TransformersEngine
    from swift.infer_engine.protocol import ChatCompletionResponse, ChatCompletionResponseChoice, ChatMessage, UsageInfo

    def infer(self: Any, requests: list[Any], *_: Any, **__: Any) -> list[Any]:
        found = []
        for number, _request in enumerate(requests):
            text = replies[number % len(replies)]
            ids = [*self.tokenizer(text, add_special_tokens=False)["input_ids"], *([END] if number % 2 else [])]
            message = ChatMessage(role="assistant", content=text)
            choice = ChatCompletionResponseChoice(index=0, message=message, finish_reason="stop", token_ids=ids)
            usage = UsageInfo(prompt_tokens=1, completion_tokens=len(ids), total_tokens=1 + len(ids))
            found.append(ChatCompletionResponse(model="tiny", choices=[choice], usage=usage))
        return found

    patch.setattr(TransformersEngine, "infer", infer)


def record(patch: pytest.MonkeyPatch, trainer: type, steps: list[Step]) -> None:
    wrapped = trainer.compute_loss

    def compute_loss(self: Any, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        one = inputs[0] if isinstance(inputs, list) else inputs
        width = one["grpo_batch"].completion_mask.shape[1]
        ids = one["model_inputs"]["input_ids"][:, -width:].clone()
        loss = wrapped(self, model, inputs, *args, **kwargs)
        steps.append(Step(copy.deepcopy(one), ids, loss.item()))
        return loss

    patch.setattr(trainer, "compute_loss", compute_loss)


def train(folder: Path, own: bool = False, flags: str = "") -> Run:
    """Runs the docs page's plugin, settings and command, on a tiny model, with scripted replies.

    Args:
        folder: Where it runs.
        own: With ms-swift's own trainer, on the combined reward.
        flags: Further flags, which count before all others.
    """
    from swift.pipelines import rlhf_main
    from swift.pipelines.train.rlhf import SwiftRLHF
    from swift.trainers.trainer_factory import TrainerFactory

    folder.mkdir(exist_ok=True)
    save_model(folder / "model")
    row = json.loads(block("ms-swift.md", "json"))
    row["messages"][0]["content"] = row["messages"][0]["content"].removeprefix("<video>")
    del row["videos"]
    assert {name: row[name] for name in CUPS} == CUPS
    other = {**row, "messages": [{"role": "user", "content": "And now, how many cups are there on the table?"}]}
    (folder / "train.jsonl").write_text("".join(json.dumps(one) + "\n" for one in (row, other)))
    steps: list[Step] = []
    with pytest.MonkeyPatch.context() as patch, judging() as server:
        patch.setenv("OPENAI_API_KEY", "none")
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        settings = yaml.safe_load(block("ms-swift.md", "yaml"))
        settings |= {"judge": f"openai:tiny@{server.openai}", "tokenizer": str(folder / "model")}
        settings["reward"] = {"perception_band": [20, 40], "reasoning_band": [5, 60]}  # in bytes, as the tokens are
        (folder / "rewards.yaml").write_text(yaml.safe_dump(settings))
        plugin, command = block("ms-swift.md", "python"), block("ms-swift.md", "bash")
        if own:
            plugin, functions = plugin.replace(", pa_grpo=True", ""), "--reward_funcs p2r --reward_weights 1 "
            command = command[: command.index("--reward_funcs")] + functions + command[command.index("--num_gen") :]
        (folder / "plugin.py").write_text(plugin)
        patch.chdir(folder)
        patch.setattr(TrainerFactory, "TRAINER_MAPPING", dict(TrainerFactory.TRAINER_MAPPING))
        script(patch, REPLIES)
        words = shlex.split(command.replace("\\\n", " "))
        assert words[:2] == ["swift", "rlhf"]
        words = ["model" if word == "Qwen/Qwen2.5-VL-7B-Instruct" else word for word in words[2:]]
        size = len(REPLIES)
        words += [*shlex.split(FLAGS), "--num_generations", str(size), "--per_device_train_batch_size", str(size)]
        words += ["--gradient_accumulation_steps", "2", *shlex.split(flags)]
        trainers: list[Any] = []
        wrapped = SwiftRLHF.train

        def keep(self: Any, trainer: Any) -> Any:
            trainers.append(trainer)
            record(patch, type(trainer), steps)
            return wrapped(self, trainer)

        patch.setattr(SwiftRLHF, "train", keep)
        rlhf_main(words)
        prompts = [request.prompt for request in server.seen]
    written = (folder / "out").rglob("completions.jsonl")  # by the first process only
    table = [json.loads(line) for path in written for line in path.read_text().splitlines()]
    return Run(trainers[0], steps, table, prompts)


FLAGS_OF_TWO = "--num_generations 10 --gradient_accumulation_steps 1 --use_cpu true --ddp_backend gloo"


def main(folder: Path) -> None:
    """One of two processes: a group of ten replies, of which each process has five."""
    rank = int(os.environ["RANK"])
    run = train(folder / f"rank{rank}", flags=FLAGS_OF_TWO)
    step = run.steps[0]
    found = {
        "texts": step.texts(run.trainer.template.tokenizer),
        "advantages": [
            row[mask].tolist() for row, mask in zip(step.batch.advantages, step.batch.completion_mask, strict=True)
        ],
    }
    (folder / f"rank{rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
