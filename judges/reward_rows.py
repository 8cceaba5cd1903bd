"""A trainer's batch, read: of each row its problem, its parsed completion and its token counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from p2r_rewards.completion import Completion
from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import DataError
from p2r_rewards.lengths import Lengths
from p2r_rewards.messages import completion_text
from p2r_rewards.parsing import parse_completion
from p2r_rewards.rollouts.fields import SPELLINGS, FieldFinder
from p2r_rewards.rollouts.rollout import KnownProblem, RolloutReader
from p2r_rewards.rollouts.token_counts import TokenCounter
from p2r_rewards.token_segments import parse_token_ids, segment_token_counts

_PROBLEM_FIELDS = ("question", "gold", "type", "options", "data_type", "media", "id", "group")


@dataclass(frozen=True, slots=True)
class RewardRow:
    """One completion with its problem, the data's fault, its token counts, and a verdict that stood in a column."""

    known: KnownProblem
    completion: Completion
    lengths: Lengths | None
    sufficient: bool | None


class RewardRowReader:
    """Reads what a trainer passes to a reward function; each row by its own type.

    Args:
        config: Names the tags and the end strings.
        columns: Fields (question, gold, type, options, data_type, …) whose column has a name of its own.
        tokenizer: The policy's, for token counts: its `decode` and its ids of end-of-sequence and padding; or the
            path of its `tokenizer.json`: rows with ids are counted by these, the others by their texts.
        prefix: What the chat template has written of every reply.
    """

    def __init__(self, config: RewardConfig, columns: Mapping[str, str], tokenizer: Any, prefix: str) -> None:
        self._config = config
        self._finder = FieldFinder({field: name for field, name in columns.items() if field != "sufficient"})
        self._reader = RolloutReader(self._finder)
        self._sufficient = columns.get("sufficient", "sufficient")
        self._wanted = {name for field in _PROBLEM_FIELDS for name in (*SPELLINGS[field], *columns.values())}
        self._prefix = prefix
        self._decode: Any = None
        self._counter: TokenCounter | None = None
        if isinstance(tokenizer, str | PathLike):
            self._counter = TokenCounter(Path(tokenizer))
            self._decode = self._counter.decode
            self._end_ids = self._counter.ids_of(config.end_strings)
        elif tokenizer is not None:
            tokenizer = getattr(tokenizer, "tokenizer", tokenizer)  # a processor holds one
            self._decode = partial(tokenizer.decode, skip_special_tokens=False, clean_up_tokenization_spaces=False)
            ends = (getattr(tokenizer, name, None) for name in ("eos_token_id", "pad_token_id"))
            self._end_ids = frozenset(end for end in ends if end is not None)

    def read(
        self,
        prompts: Sequence[Any] | None,
        completions: Sequence[Any],
        completion_ids: Sequence[Any] | None,
        columns: Mapping[str, Any],
    ) -> list[RewardRow]:
        """The rows of a batch, in order.

        Raises:
            DataError: A column is no list with a value a row, or a completion is neither text nor messages.
        """
        rows = len(completions)
        own = {name: values for name, values in columns.items() if name in self._wanted or name == self._sufficient}
        own |= {"prompt": prompts} if prompts is not None else {}
        for name, values in own.items():
            if isinstance(values, str | Mapping) or not hasattr(values, "__len__") or len(values) != rows:
                message = f"column {name!r} must hold a value for each of the {rows} completions"
                raise DataError(message)
        read = [
            self._row(
                {name: values[index] for name, values in own.items()},
                completions[index],
                None if completion_ids is None else completion_ids[index],
            )
            for index in range(rows)
        ]
        if self._counter is None:
            return read
        uncounted = [index for index, row in enumerate(read) if row.lengths is None]
        counts = self._counter.count([read[index].completion for index in uncounted])
        for index, lengths in zip(uncounted, counts, strict=True):
            read[index] = replace(read[index], lengths=lengths)
        return read

    def _row(self, values: dict[str, Any], completion: Any, ids: Any) -> RewardRow:
        problem_values = {name: value for name, value in values.items() if name in self._wanted}
        verdict = {"sufficient": values[self._sufficient]} if self._sufficient in values else {}
        found = self._reader.read({"completion": "", **problem_values, **verdict})
        config = self._config
        if self._decode is not None and ids is not None:
            # The ids are what the policy wrote: text may have lost its special tokens on the way.
            done = parse_token_ids(
                ids, self._decode, end_ids=self._end_ids, template=config.template, prefix=self._prefix
            )
            lengths = segment_token_counts(done, ids, self._decode, end_ids=self._end_ids)
            return RewardRow(found.known, done, lengths, found.sufficient)
        text = completion_text(completion)
        done = parse_completion(text, template=config.template, prefix=self._prefix, end_strings=config.end_strings)
        return RewardRow(found.known, done, None, found.sufficient)
