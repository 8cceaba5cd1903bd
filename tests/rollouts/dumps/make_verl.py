"""Writes verl/1.jsonl and verl/2.jsonl with verl 0.9.1: what its two PPO trainers dump of a batch of rollouts.

    python -m venv V && V/bin/pip install torch==2.13.0 verl==0.9.1 "TransferQueue>=0.1.10" cachetools fastapi uvicorn
    V/bin/python tests/rollouts/dumps/make_verl.py

`_log_rollout_data` of each trainer decodes, sorts and writes given tokens. Step 1 is of the default trainer (v1), whose
queue between processes is replaced by a dictionary; step 2 is of `RayPPOTrainer`. No model runs.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from tensordict import TensorDict
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from verl import DataProto
from verl.trainer.ppo.ray_trainer import RayPPOTrainer
from verl.trainer.ppo.v1 import trainer_base

TARGET = Path(__file__).parent / "verl"
PROMPTS = ["user\nWhere is the ball? A. left B. right\nassistant\n"] * 2 + ["user\nWie viele? ☂\nassistant\n"] * 2
REPLIES = [
    "<observation>A ball on the right.</observation><think>Right is B.</think><answer>B</answer>",
    "<answer>A</answer>",
    "<observation>Zwei Schirme.</observation><think>1 + 1</think><answer>2</answer>",
    "",
]
GOLDS = ["B", "B", "2", "2"]
SCORES = [1.0, 0.0, 1.0, 0.0]
UIDS = ["5d0f2c9a-aaaa", "5d0f2c9a-aaaa", "9b7e6d01-bbbb", "9b7e6d01-bbbb"]


def byte_tokenizer() -> PreTrainedTokenizerFast:
    alphabet = ["<pad>", "<eos>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({piece: one for one, piece in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", pad_token="<pad>")


def token_ids(tokenizer: PreTrainedTokenizerFast) -> tuple[list[torch.Tensor], list[torch.Tensor], list[torch.Tensor]]:
    prompts = [torch.tensor(tokenizer.encode(text)) for text in PROMPTS]
    replies = [torch.tensor([*tokenizer.encode(text), tokenizer.eos_token_id]) for text in REPLIES]
    scores = [torch.zeros(len(reply)) for reply in replies]
    for one, score in zip(scores, SCORES, strict=True):
        one[-1] = score
    return prompts, replies, scores


def padded(rows: list[torch.Tensor], **kwargs: object) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, **kwargs)


def ready(kind: type, step: int) -> object:
    trainer = object.__new__(type("Ready", (kind,), {"on_sample_end": None, "on_step_end": None}))
    trainer.tokenizer, trainer.global_steps = byte_tokenizer(), step
    trainer._dump_executor, trainer._dump_futures = ThreadPoolExecutor(1), []
    return trainer


def dump_v1() -> None:
    trainer = ready(trainer_base.PPOTrainer, 1)
    prompts, replies, scores = token_ids(trainer.tokenizer)
    keys = [f"{uid}_{session}_0" for session, uid in enumerate(UIDS)]

    def nested(rows: list[torch.Tensor]) -> torch.Tensor:
        return torch.nested.as_nested_tensor(rows, layout=torch.jagged)

    def batch_get(keys: list[str], partition_id: str, select_fields: list[str]) -> dict[str, object]:
        found = {
            "uid": np.array(UIDS, dtype=object),
            "prompts": nested(prompts),
            "responses": nested(replies),
            "rm_scores": padded(scores),
            "reward_model": np.array([{"ground_truth": gold} for gold in GOLDS], dtype=object),
        }
        return {name: found[name] for name in select_fields}

    trainer_base.tq = SimpleNamespace(kv_batch_get=batch_get)
    trainer._log_rollout_data(SimpleNamespace(keys=keys, partition_id="train"), {}, str(TARGET))
    trainer._shutdown_dump_executor()


def dump_ray() -> None:
    trainer = ready(RayPPOTrainer, 2)
    prompts, replies, scores = token_ids(trainer.tokenizer)
    batch = DataProto(
        batch=TensorDict(
            {
                "prompts": padded(prompts, padding_side="left"),
                "responses": padded(replies),
                "token_level_scores": padded(scores),
            },
            batch_size=[len(UIDS)],
        ),
        non_tensor_batch={
            "reward_model": np.array([{"ground_truth": gold} for gold in GOLDS], dtype=object),
            "uid": np.array(UIDS, dtype=object),
            "request_id": np.array([f"request-{one}" for one in range(len(UIDS))], dtype=object),
        },
    )
    extras = {"acc": np.array([True, False, True, False]), "pred": ["B", "A", "2", None]}
    trainer._log_rollout_data(batch, extras, {}, str(TARGET))
    trainer._shutdown_dump_executor()


if __name__ == "__main__":
    shutil.rmtree(TARGET, ignore_errors=True)
    dump_v1()
    dump_ray()
