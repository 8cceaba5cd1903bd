"""Sampled ids as every adapter with token-level advantages reads them: which end a reply, and whose the others are."""

from __future__ import annotations

from typing import Any

import pytest

from p2r_rewards.trainers.samples import RewardSettings
from p2r_rewards.trainers.samples.tokens import TokenReader, end_ids
from tests.trainers.adapters.verl_kit import byte_tokenizer

SEEN, REST = "<observation>Two.</observation>", "<think>So.</think><answer>2</answer>"


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """Bytes, `<pad>`, `<eos>`, and two tokens that may end a reply."""
    made = byte_tokenizer()
    made.add_special_tokens({"additional_special_tokens": ["<|eot_id|>", "<done>"]})
    return made


def test_the_ids_that_end_a_reply_are_the_tokenizer_s_and_the_end_strings_that_are_tokens(tokenizer: Any) -> None:
    settings = RewardSettings()
    assert "<|im_end|>" in settings.reward.end_strings  # no token here
    names = set(tokenizer.convert_ids_to_tokens(sorted(end_ids(tokenizer, settings.reward.end_strings))))
    assert names == {"<pad>", "<eos>", "<|eot_id|>"}


@pytest.mark.parametrize("end", ["<eos>", "<|eot_id|>", "<done>"])
def test_the_first_of_them_is_reasoning_s_and_the_others_are_padding(tokenizer: Any, end: str) -> None:
    reader = TokenReader.of(tokenizer, RewardSettings(), [tokenizer.convert_tokens_to_ids("<done>"), None])
    ids = tokenizer.encode(f"{SEEN} {REST}{end}<pad><pad>")
    assert reader.segments(ids).tolist() == [1] * len(SEEN) + [0] + [2] * len(REST) + [2, -1, -1]
    assert tokenizer.decode(reader.body(ids)) == f"{SEEN} {REST}"


def test_what_the_chat_template_has_written_is_no_token_of_the_policy(tokenizer: Any) -> None:
    reader = TokenReader.of(tokenizer, RewardSettings(prefix="<observation>"))
    ids = tokenizer.encode(SEEN.removeprefix("<observation>") + REST)
    assert reader.segments(ids).tolist() == [1] * (len(SEEN) - len("<observation>")) + [2] * len(REST)
