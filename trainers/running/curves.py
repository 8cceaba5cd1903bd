"""The curves of a run: what a trainer logged, put into the panels of the paper's figures 6 and 15."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from p2r_rewards.errors import DataError
from p2r_rewards.trainers.running.run import STATE, last_checkpoint

MAX_BYTES = 500_000_000

Curve = list[tuple[float, float]]
"""Steps and values."""

SHARE = "share of groups"

PANELS: tuple[tuple[str, str, dict[str, tuple[str, ...]]], ...] = (
    (
        "Perception accuracy",
        "mean reward",
        {"rollouts": ("perception/accuracy/mean",), "held out": ("watch/perception/accuracy/mean",)},
    ),
    (
        "Reasoning accuracy",
        "mean reward",
        {"rollouts": ("reasoning/accuracy/mean",), "held out": ("watch/reasoning/accuracy/mean",)},
    ),
    (
        "Format",
        "mean reward",
        {
            "perception": ("perception/format/mean", "watch/perception/format/mean"),
            "reasoning": ("reasoning/format/mean", "watch/reasoning/format/mean"),
        },
    ),
    (
        "Segment length",
        "tokens",
        {
            "perception": ("perception/tokens/mean", "watch/perception/tokens/mean"),
            "reasoning": ("reasoning/tokens/mean", "watch/reasoning/tokens/mean"),
        },
    ),
    (
        "Groups that teach nothing",
        SHARE,
        {
            "perception": ("collapsed/perception",),
            "reasoning (GRPO)": ("collapsed/reasoning",),
            "both (PA-GRPO)": ("collapsed/both",),
        },
    ),
    ("Loss", "", {"loss": ("loss",)}),
)
"""Title, unit and curves of each panel: the keys under which a trainer logs, and `RewardWatch` beside it."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Curves that belong together.

    Attributes:
        title: What they show.
        unit: Of their values.
        curves: By name; those that the run has.
    """

    title: str
    unit: str
    curves: dict[str, Curve]

    def label(self, name: str) -> str:
        """A curve's name in the legend; a share of groups is told over all steps too."""
        return f"{name}: {mean(self.curves[name]):.0%} of all" if self.unit == SHARE else name


def read_log(run: str | Path) -> list[dict[str, Any]]:
    """What a run logged: from its end, or from its last checkpoint while it runs.

    Raises:
        DataError: The folder holds no log.
    """
    folder = Path(run)
    state = folder / STATE
    if not state.is_file():
        checkpoint = last_checkpoint(folder)
        if checkpoint is None:
            message = f"{run}: no {STATE} here or in a checkpoint: is this the output_dir of a run?"
            raise DataError(message)
        state = checkpoint / STATE
    try:
        if state.stat().st_size > MAX_BYTES:
            message = f"{state} is over {MAX_BYTES:,} bytes"
            raise DataError(message)
        history = json.loads(state.read_text(encoding="utf-8"))["log_history"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, DataError):
            raise
        message = f"{state}: holds no log: {error}"
        raise DataError(message) from error
    return [entry for entry in history if isinstance(entry, dict)] if isinstance(history, list) else []


def make_panels(log: list[dict[str, Any]]) -> list[Panel]:
    """The panels that the log has something for.

    Raises:
        DataError: It has nothing.
    """
    panels = []
    for title, unit, wanted in PANELS:
        curves = {name: curve for name, keys in wanted.items() if (curve := read_curve(log, keys))}
        if curves:
            panels.append(Panel(title, unit, curves))
    if not panels:
        message = "the log holds none of the curves; a trainer writes them with logging_steps"
        raise DataError(message)
    return panels


def read_curve(log: list[dict[str, Any]], keys: tuple[str, ...]) -> Curve:
    """The values under any of the keys, by step."""
    found: Curve = []
    for entry in log:
        step = entry.get("step")
        for key in keys:
            value = entry.get(key)
            if _is_number(step) and _is_number(value):
                found.append((float(cast(float, step)), float(cast(float, value))))
                break
    return found


def mean(curve: Curve) -> float:
    """The mean of a curve's values.

    Example:
        >>> mean([(1, 0.25), (2, 0.75)])
        0.5
    """
    return sum(value for _, value in curve) / len(curve)


def smooth(curve: Curve, width: int) -> Curve:
    """The mean of each value and those up to `width - 1` before it.

    Example:
        >>> smooth([(1, 0.0), (2, 1.0), (3, 1.0)], 2)
        [(1, 0.0), (2, 0.5), (3, 1.0)]
    """
    values = [value for _, value in curve]
    return [
        (step, sum(values[max(0, end - width) : end]) / min(width, end)) for end, (step, _) in enumerate(curve, start=1)
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
