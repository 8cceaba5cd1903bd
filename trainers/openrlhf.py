r"""The reward in OpenRLHF's convention: `reward_func(queries, prompts, labels)`, called from its own path.

    P2R_REWARD_SETTINGS=rewards.yaml python3 -m openrlhf.cli.train_ppo_ray … --data.label_key label \
        --reward.remote_url "$(python3 -c 'import p2r_rewards.trainers.openrlhf as m; print(m.__file__)')"

The label holds the problem's columns as JSON (`pack_columns`): nothing else of a row arrives.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, TypeAlias, get_args

from p2r_rewards.errors import ConfigError, MissingExtraError
from p2r_rewards.trainers.samples import RewardSettings, SampleReward, SampleRewards, known_components
from p2r_rewards.trainers.samples.queries import query_sample

Unscored: TypeAlias = Literal["stop", "filter"]
"""What a sample that can't be scored does: no reward, which ends OpenRLHF's run, or NaN, which its dynamic filtering
drops together with its group."""

VARIABLE = "P2R_OPENRLHF_UNSCORED"

_LOG = logging.getLogger(__name__)


def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **_: Any) -> dict[str, Any]:
    """The rewards of queries (prompt and completion in one text), with scores in [0, 1] and logs, as tensors.

    OpenRLHF calls it in threads, with lists of one, and takes an exception for no reward, saying so in its log alone:
    so what is at fault is logged here too, as an error.

    Raises:
        ConfigError: The settings are at fault, or the lists differ in length.
    """
    try:
        if not len(queries) == len(prompts) == len(labels):
            message = f"{len(queries)} queries, {len(prompts)} prompts and {len(labels)} labels do not fit together"
            raise ConfigError(message)
        rewards, unscored = _rewards(), _unscored()
        samples = [query_sample(*one) for one in zip(queries, prompts, labels, strict=True)]
        found = rewards.score(samples)
    except Exception as error:
        _LOG.error("no reward: %s: %s", type(error).__name__, error)
        raise
    for one in found:
        if one.reward is None:
            _LOG.error("unscored (%s): %s", unscored, one.unscored)
    return _tensors(openrlhf_result(found, rewards.settings, unscored))


def openrlhf_result(rewards: Sequence[SampleReward], settings: RewardSettings, unscored: Unscored) -> dict[str, Any]:
    """`rewards`, `scores` (in [0, 1], for dynamic filtering) and `extra_logs`, each a list with a value a sample.

    The logs have the same names for every sample, and NaN where one has no value: OpenRLHF can't join others. Where a
    sample is unscored, "stop" leaves rewards and scores None, "filter" makes its own NaN.

    Example:
        >>> from p2r_rewards.trainers.samples import Sample
        >>> settings = RewardSettings(part="reasoning_accuracy")
        >>> done = Sample("<think>So.</think><answer>2</answer>", {"gold": "2", "problem_type": "numerical"})
        >>> openrlhf_result(SampleRewards(settings).score([done]), settings, "stop")["rewards"]
        [1.0]
    """
    result: dict[str, Any] = {
        "rewards": [_number(one.reward) for one in rewards],
        "scores": [_number(_score(one, settings)) for one in rewards],
        "extra_logs": {name: [_number(one.components[name]) for one in rewards] for name in known_components(settings)},
    }
    if unscored == "stop" and any(one.reward is None for one in rewards):
        result |= {"rewards": None, "scores": None}
    return result


def _score(one: SampleReward, settings: RewardSettings) -> float | None:
    """The mean of the accuracies that the reward rests on (of the forms, or lengths, where it pays for these alone)."""
    if one.reward is None:
        return None
    paid = settings.part if settings.part != "process" else settings.reward.processes
    kind = paid if paid in ("format", "length") else "accuracy"
    processes = [name for name in ("perception", "reasoning") if paid.startswith(name)] or ["perception", "reasoning"]
    known = [value for name in processes if (value := one.components[f"{name}_{kind}"]) is not None]
    full = settings.reward.length_bonus if kind == "length" else 1.0
    return math.fsum(known) / len(known) / (full or 1.0) if known else None


def _number(value: float | None) -> float:
    return math.nan if value is None else value


@cache
def _rewards() -> SampleRewards:
    settings = RewardSettings.from_environment()
    settings.check_single("OpenRLHF")
    return SampleRewards(settings)


def _unscored() -> Unscored:
    value = os.environ.get(VARIABLE, "stop")
    if value not in get_args(Unscored):
        message = f"{VARIABLE} must be stop or filter, not {value!r:.80}"
        raise ConfigError(message)
    return value  # type: ignore[return-value]


def _tensors(result: dict[str, Any]) -> dict[str, Any]:
    try:
        import torch
    except ImportError as error:
        package, extra = "torch", "trl"
        raise MissingExtraError(package, extra) from error

    def tensor(values: list[float] | None) -> Any:
        return None if values is None else torch.tensor(values, dtype=torch.float32)

    return {
        "rewards": tensor(result["rewards"]),
        "scores": tensor(result["scores"]),
        "extra_logs": {name: tensor(values) for name, values in result["extra_logs"].items()},
    }
