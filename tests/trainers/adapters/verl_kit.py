"""verl's own configuration, rollouts in its batches, and a tokenizer of bytes; for modules that have asked for verl."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[3] / "docs/trainers/verl.md"


def commands() -> list[list[str]]:
    """The overrides of each command on the page for users."""
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    return [shlex.split(block.replace("\\\n", " ").split("verl.trainer.main_ppo", 1)[1]) for block in blocks]


def page_settings() -> str:
    """The settings file on the page."""
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert found is not None
    return found[1]


def compose(overrides: Sequence[str]) -> Any:
    """verl's configuration, as its `main_ppo` reads it."""
    import verl
    from hydra import compose as read
    from hydra import initialize_config_dir

    with initialize_config_dir(str(Path(verl.__file__).parent / "trainer/config"), version_base=None):
        return read("ppo_trainer", overrides=list(overrides))


def byte_tokenizer() -> Any:
    """A tokenizer of single bytes with an end-of-sequence and a padding token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = ["<pad>", "<eos>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({piece: one for one, piece in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", pad_token="<pad>")


def make_batch(tokenizer: Any, rows: Sequence[tuple[str, str, Any, dict[str, Any]]]) -> Any:
    """A `DataProto` of rows (prompt, completion, ground truth, extra info), padded as verl pads them."""
    import numpy as np
    import torch
    from tensordict import TensorDict
    from verl import DataProto

    def padded(texts: Sequence[str], side: str, *end: int) -> tuple[Any, Any]:
        ids = [torch.tensor([*tokenizer.encode(text), *end]) for text in texts]
        pad = torch.nn.utils.rnn.pad_sequence
        filled = pad(ids, batch_first=True, padding_value=tokenizer.pad_token_id, padding_side=side)
        return filled, pad([torch.ones_like(one) for one in ids], batch_first=True, padding_side=side)

    prompts, prompt_mask = padded([row[0] for row in rows], "left")
    responses, response_mask = padded([row[1] for row in rows], "right", tokenizer.eos_token_id)
    tensors = {
        "prompts": prompts,
        "responses": responses,
        "input_ids": torch.cat([prompts, responses], 1),
        "attention_mask": torch.cat([prompt_mask, response_mask], 1),
    }

    def objects(values: Sequence[Any]) -> Any:
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column

    return DataProto(
        batch=TensorDict(tensors, batch_size=len(rows)),
        non_tensor_batch={
            "data_source": objects(["cups"] * len(rows)),
            "reward_model": objects([{"ground_truth": row[2]} for row in rows]),
            "extra_info": objects([dict(row[3]) for row in rows]),
            "raw_prompt": objects([[{"role": "user", "content": row[0]}] for row in rows]),
        },
    )
