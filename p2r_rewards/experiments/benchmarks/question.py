"""A benchmark's question, as it is asked and as it is graded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from p2r_rewards.problem import Problem

MediumKind = Literal["video", "image", "frames"]


@dataclass(frozen=True, slots=True)
class Medium:
    """A medium of a question.

    Attributes:
        path: Where it lies, relative to the benchmark's folder, with `/` between its parts.
        kind: "video", "image", or "frames": a folder of numbered pictures, the first of them 1.
        start: Where the part that is asked about begins, in seconds; None: at the beginning.
        end: Where it ends, in seconds; None: at the end.
        fps: Pictures a second, where it is a folder of them.
    """

    path: str
    kind: MediumKind = "video"
    start: float | None = None
    end: float | None = None
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """The parts that a prompt is put together from; see `prompts.write_prompt`.

    Attributes:
        question: The question with its options, as every kind of prompt shows them.
        preamble: What stands before it.
        instruction: What a direct answer shall look like.
        system: The system's turn.
        prefix: How the assistant's turn begins.
    """

    question: str
    preamble: str = ""
    instruction: str = ""
    system: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a benchmark.

    Attributes:
        benchmark: The benchmark's name, such as "vsi-bench".
        key: Its subset and its id there, as `subset/id`: no other question of the benchmark has it.
        problem: What is asked, the gold, the type and the options.
        media: Videos and pictures, in the order in which they are shown.
        wording: What prompts are made of.
        breakdown: What scores are broken down by, such as task, dimension, domain, duration, track.
    """

    benchmark: str
    key: str
    problem: Problem
    media: tuple[Medium, ...]
    wording: Wording
    breakdown: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def subset(self) -> str:
        """The part of the key before its first `/`."""
        return self.key.partition("/")[0]
