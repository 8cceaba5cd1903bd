"""What the paper prints of the judges and of think-answer mismatch (arXiv 2511.11113, Tables 4 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from p2r_rewards.experiments.evaluation.published import BENCHMARKS


class PublishedMismatch(NamedTuple):
    """A row of Table 6: the shares in [0, 1] of mismatches by benchmark, after each stage of training.

    Attributes:
        model: Its name.
        stage: "sft", "rl", or None for a model that has no such stages.
        rates: The rate of each benchmark.
        mean: Their mean as printed.
    """

    model: str
    stage: str | None
    rates: Mapping[str, float]
    mean: float


def _row(model: str, stage: str | None, *percent: float) -> PublishedMismatch:
    *each, mean = (round(one / 100, 4) for one in percent)
    return PublishedMismatch(model, stage, MappingProxyType(dict(zip(BENCHMARKS, each, strict=True))), mean)


MISMATCH = (
    _row("Qwen2.5-VL-7B", None, 4.9, 12.2, 3.5, 6.3, 7.8, 4.6, 5.1, 6.3),
    _row("Video-R1", "sft", 2.0, 2.7, 3.2, 1.0, 0.6, 0.5, 0.8, 1.6),
    _row("Video-R1", "rl", 25.5, 19.0, 18.8, 26.7, 21.7, 14.5, 24.3, 21.5),
    _row("VideoRFT", "sft", 5.4, 4.2, 9.1, 5.0, 7.3, 1.6, 3.6, 5.2),
    _row("VideoRFT", "rl", 23.5, 22.9, 12.9, 18.5, 15.1, 10.9, 14.4, 16.9),
    _row("VideoP2R", "sft", 0.9, 4.2, 0.9, 1.0, 1.4, 0.9, 1.2, 1.5),
    _row("VideoP2R", "rl", 6.8, 9.6, 7.9, 7.6, 7.4, 6.4, 7.1, 7.5),
)
"""Table 6, on multiple-choice questions; lower is better."""

EXTRACTION_AGREEMENT = 0.965
"""How far the paper's extraction agrees with people, on 400 responses; people agree among themselves on 0.95."""

JUDGE_AGREEMENT = MappingProxyType(
    {"Llama-3.1-8B": 0.82, "Llama-3.1-70B": 0.88, "Llama-3.1-405B": 0.91, "Claude 3.7 Sonnet": 0.95}
)
"""Table 4: how far judges agree with 200 labels by people, in [0, 1]."""
