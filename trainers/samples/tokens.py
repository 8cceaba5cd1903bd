"""Sampled ids as rewards and advantages read them: without the ids that end a reply, and by segment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from typing import Any

from p2r_rewards.token_segments import Decode, SegmentIds, parse_token_ids, token_segment_ids
from p2r_rewards.trainers.samples.settings import RewardSettings


class TokenReader:
    """Reads the ids of one policy.

    Args:
        decode: Ids to text, with nothing left out.
        end_ids: The ids that end a reply.
        settings: Name the tags, and what the chat template has written.
    """

    def __init__(self, decode: Decode, end_ids: Collection[int], settings: RewardSettings) -> None:
        self._decode = decode
        self._end_ids = end_ids
        self._template, self._prefix = settings.reward.template, settings.prefix

    @classmethod
    def of(cls, tokenizer: Any, settings: RewardSettings, more_ends: Iterable[int | None] = ()) -> TokenReader:
        """The reader with a tokenizer of transformers; `more_ends` are ids that end a reply beside the settings'."""
        decode = partial(tokenizer.decode, skip_special_tokens=False, clean_up_tokenization_spaces=False)
        ends = end_ids(tokenizer, settings.reward.end_strings).union(one for one in more_ends if one is not None)
        return cls(decode, ends, settings)

    def body(self, ids: list[int]) -> list[int]:
        """The ids before those that end the reply."""
        length = len(ids)
        while length and ids[length - 1] in self._end_ids:
            length -= 1
        return ids[:length]

    def segments(self, ids: list[int]) -> SegmentIds:
        """The segment of each id: 0 orphan, 1 perception, 2 reasoning, -1 after the first that ends the reply."""
        done = parse_token_ids(ids, self._decode, end_ids=self._end_ids, template=self._template, prefix=self._prefix)
        return token_segment_ids(done, ids, self._decode, end_ids=self._end_ids)


def end_ids(tokenizer: Any, end_strings: Iterable[str]) -> frozenset[int]:
    """The ids of end-of-sequence and padding, and of those end strings that are tokens: models end in several ways."""
    found = {tokenizer.eos_token_id, tokenizer.pad_token_id}
    for text in end_strings:
        one = tokenizer.convert_tokens_to_ids(text)
        if one is not None and tokenizer.convert_ids_to_tokens(one) == text:  # an unknown token has an id, too
            found.add(one)
    return frozenset(found - {None})
