"""Rows of a data set and sampled ids, read: problems, parsed completions, the segment of each token, judge items."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from p2r_rewards.completion import Completion, Template
from p2r_rewards.judges.items import judge_item
from p2r_rewards.judges.verdict import JudgeItem
from p2r_rewards.rollouts.fields import SPELLINGS, FieldFinder
from p2r_rewards.rollouts.rollout import KnownProblem, RolloutReader
from p2r_rewards.token_segments import Decode, SegmentIds, parse_token_ids, token_segments

PROBLEM_FIELDS = ("question", "gold", "type", "options", "data_type", "id")
_TAIL_TOKENS = 32


@dataclass(frozen=True, slots=True)
class Row:
    """One completion with what belongs to it.

    Attributes:
        known: Its problem, and what is wrong with the problem's data.
        completion: The parsed completion.
        segments: The segment of each of its tokens, shape (T,).
        lengths: Tokens of perception and of reasoning.
        truncated: Whether it was cut off before its end of sequence.
    """

    known: KnownProblem
    completion: Completion
    segments: SegmentIds
    lengths: tuple[int, int]
    truncated: bool


class ProblemReader:
    """Reads the problem of a data set's row, in any spelling of its columns.

    Args:
        columns: Fields whose column has a name of its own.
    """

    def __init__(self, columns: Mapping[str, str]) -> None:
        finder = FieldFinder(columns)
        self._names = {name for field in PROBLEM_FIELDS for name in (*SPELLINGS[field], *columns.values())}
        self._reader = RolloutReader(finder)

    def __call__(self, row: Mapping[str, Any]) -> KnownProblem:
        """The problem; a fault in its data leaves it without gold, and so unscored."""
        values = {name: value for name, value in row.items() if name in self._names}
        return self._reader.read({"completion": "", **values}).known


class CompletionReader:
    """Reads sampled ids: the parsed completion and the segment of each token.

    Args:
        tokenizer: The policy's tokenizer.
        end_ids: Its ids of end-of-sequence and padding.
        template: The tags of a completion.
        prefix: What the chat template has written of the reply; None: an opening tag at the prompt's end.
    """

    def __init__(self, tokenizer: Any, end_ids: Collection[int], template: Template, prefix: str | None) -> None:
        self.decode: Decode = partial(tokenizer.decode, skip_special_tokens=False, clean_up_tokenization_spaces=False)
        self.end_ids = frozenset(end_ids)
        self.template = template
        self.prefix = prefix

    def __call__(self, known: KnownProblem, prompt_ids: Sequence[int], completion_ids: Sequence[int]) -> Row:
        """The row of one completion."""
        prefix = self.prefix
        if prefix is None:
            prefix = prefilled_tag(prompt_ids, self.decode, self.template)
        ids = list(completion_ids)
        done = parse_token_ids(ids, self.decode, end_ids=self.end_ids, template=self.template, prefix=prefix)
        found = token_segments(done, ids, self.decode, end_ids=self.end_ids)
        truncated = not ids or ids[-1] not in self.end_ids
        return Row(known, done, found.ids, (found.perception, found.reasoning), truncated)


def prefilled_tag(prompt_ids: Sequence[int], decode: Decode, template: Template) -> str:
    r"""The opening tag with which the prompt ends, and the white space behind it; "" where it ends otherwise.

    Example:
        >>> prefilled_tag(list(b"assistant\n<think>\n"), lambda ids: bytes(ids).decode(), Template())
        '<think>\n'
    """
    tail = decode(list(prompt_ids[-_TAIL_TOKENS:]))
    bare = tail.rstrip()
    for kind in template.kinds:
        tag = f"<{getattr(template, kind)}>"
        if bare.endswith(tag):
            return tail[len(bare) - len(tag) :]
    return ""


def item_of(row: Row) -> JudgeItem | None:
    """What a judge is asked of a completion; None where there is nothing to ask: no observation, gold or question."""
    problem, observation = row.known.problem, row.completion.observation
    if observation is None or not observation.text.strip() or problem.gold is None or problem.question is None:
        return None
    return judge_item(problem, observation.text)
