"""A parsed completion: its segments with exact character spans, and its defects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from p2r_rewards.errors import ConfigError


class Process(StrEnum):
    """The two processes that are rewarded and credited apart (arXiv 2511.11113, Sec. 3.2.2)."""

    PERCEPTION = "perception"
    REASONING = "reasoning"


class Kind(StrEnum):
    """The three kinds of segment."""

    OBSERVATION = "observation"
    THINK = "think"
    ANSWER = "answer"

    @property
    def process(self) -> Process:
        """Perception for the observation, reasoning for think and answer."""
        return Process.PERCEPTION if self is Kind.OBSERVATION else Process.REASONING


ALL_KINDS = tuple(Kind)

_TAG_NAME = re.compile("[A-Za-z][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Template:
    """The tag names of an output template; `observation=None` is think-answer, for process-agnostic models.

    Raises:
        ConfigError: A name is not a letter followed by letters, digits, `_` or `-`, or two names are the same.

    Example:
        >>> Template(think="thinking").think
        'thinking'
    """

    observation: str | None = "observation"
    think: str = "think"
    answer: str = "answer"

    def __post_init__(self) -> None:
        names = [self.think, self.answer] if self.observation is None else [self.observation, self.think, self.answer]
        for name in names:
            if not (isinstance(name, str) and _TAG_NAME.fullmatch(name)):
                message = f"tag name {name!r:.80}: use a letter followed by letters, digits, '_' or '-'"
                raise ConfigError(message)
        if len({name.lower() for name in names}) < len(names):
            message = f"tag names must differ, not {names}"
            raise ConfigError(message)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The segments that a completion needs, in order."""
        return ALL_KINDS if self.observation is not None else ALL_KINDS[1:]


PROCESS_AWARE = Template()
"""`<observation>…</observation> <think>…</think><answer>…</answer>` (Sec. 3.1)."""

THINK_ANSWER = Template(observation=None)
"""`<think>…</think><answer>…</answer>`: only reasoning is rewarded."""


class DefectKind(StrEnum):
    """What can be wrong with a completion's form."""

    MISSING = "missing"
    REPEATED = "repeated"
    NESTED = "nested"
    MISORDERED = "misordered"
    UNCLOSED = "unclosed"
    UNOPENED = "unopened"
    EMPTY = "empty"
    MISSPELT = "misspelt"
    TEXT_BEFORE = "text before"
    TEXT_BETWEEN = "text between"
    TEXT_AFTER = "text after"


class Defect(NamedTuple):
    """One fault of form: what, in which segment (None for stray text), whose fault, and where it first occurs.

    `start` is an offset into `Completion.text`. A fault is listed once for each (kind, segment, process).
    """

    kind: DefectKind
    segment: Kind | None
    process: Process
    start: int

    def __str__(self) -> str:
        return f"{self.kind} {self.segment}" if self.segment else str(self.kind)


class Span(NamedTuple):
    """A stretch of text: `completion.text[start:end] == text`."""

    start: int
    end: int
    text: str


class Segment(NamedTuple):
    """A located segment: the text inside lies in [start, end), with its tags in [outer_start, outer_end).

    It is unclosed where `end == outer_end`.
    """

    kind: Kind
    outer_start: int
    start: int
    end: int
    outer_end: int


class Completion(NamedTuple):
    """A completion after `parse_completion`.

    Attributes:
        text: The text that every offset refers to: the prefix, if one was given, then the completion.
        segments: All located segments by their start, repeated and nested ones too.
        defects: What is wrong with the form, by kind and segment.
        template: The tags that were looked for.
        prefix_length: How many characters at the start of `text` the policy did not write.
        end: Where the trailing end-of-sequence and padding strings begin; `len(text)` if there are none.
    """

    text: str
    segments: tuple[Segment, ...]
    defects: tuple[Defect, ...]
    template: Template
    prefix_length: int
    end: int

    @property
    def well_formed(self) -> bool:
        """Whether every segment stands once, in order, non-empty, with only white space outside."""
        return not self.defects

    @property
    def observation(self) -> Span | None:
        """The first observation, without its tags."""
        return self._first(Kind.OBSERVATION)

    @property
    def think(self) -> Span | None:
        """The first think segment, without its tags."""
        return self._first(Kind.THINK)

    @property
    def answer(self) -> Span | None:
        """The first answer, without its tags; see `repeats_answer` before it is graded."""
        return self._first(Kind.ANSWER)

    @property
    def repeats_answer(self) -> bool:
        """Whether there are several answers, nested or not: a hack that first- and last-match rules pay."""
        return bool(self.defects) and sum(segment.kind is Kind.ANSWER for segment in self.segments) > 1

    def well_formed_for(self, process: Process) -> bool:
        """Whether the form is without a fault of this process."""
        return not self.defects or all(defect.process is not process for defect in self.defects)

    def _first(self, kind: Kind) -> Span | None:
        for segment in self.segments:
            if segment[0] is kind:
                _, _, start, end, _ = segment
                return Span(start, end, self.text[start:end])
        return None
