"""A model's answer to a benchmark's question, as `p2r-eval run` writes it and `p2r-eval score` reads it."""

from __future__ import annotations

from dataclasses import dataclass

from p2r_rewards.experiments.benchmarks.prompts import PromptStyle

__all__ = ["Answer", "PromptStyle"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer; its fields are the columns of an answers file.

    Attributes:
        benchmark: The benchmark's name.
        key: The question's key there.
        output: The model's whole text; None where there is none, and `error` says why.
        finish_reason: Why the text ended: "stop", "length", …
        error: Why there is no output: the question counts as unanswered.
        model: Who answered.
        prompt: The form of reply that was asked for; None where that is not known.
    """

    benchmark: str
    key: str
    output: str | None
    finish_reason: str | None = None
    error: str | None = None
    model: str | None = None
    prompt: PromptStyle | None = None
