"""Our adapter for verifiers where verifiers is not installed, on objects with the fields that it reads."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.samples import RewardSettings
from p2r_rewards.trainers.verifiers import TraceRewards, UnscoredError
from tests.trainers.adapters.replies import CUPS, GOOD


def objects(**columns: Any) -> tuple[Any, Any, dict[str, float]]:
    """A task's data, a trace with one reply, and where its metrics go."""
    task = SimpleNamespace(prompt_text="How many cups are there?", model_dump=lambda: {**CUPS, **columns})
    message = SimpleNamespace(role="assistant", model_dump=lambda: {"role": "assistant", "content": GOOD})
    node = SimpleNamespace(sampled=True, message=message, token_ids=[], mask=[])
    metrics: dict[str, float] = {}
    return task, SimpleNamespace(root_reply=None, nodes=[node], record_metrics=metrics.update), metrics


def test_it_imports_without_verifiers() -> None:
    code = "import sys; sys.modules['verifiers'] = None; import p2r_rewards.trainers.verifiers"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_reward_and_the_known_components() -> None:
    task, trace, metrics = objects()
    rewards = pickle.loads(pickle.dumps(TraceRewards(RewardSettings(judge="lexical"))))
    assert asyncio.run(rewards.score(task, trace)) == 4.0
    assert metrics["perception_reward"] == 2.0
    assert "perception_length" not in metrics  # nothing counts tokens


def test_an_unscored_reply_is_an_error_with_the_reason_and_keeps_what_is_known() -> None:
    task, trace, metrics = objects(problem_type="poetry")
    with pytest.raises(UnscoredError, match="problem type"):
        asyncio.run(TraceRewards(RewardSettings(judge="lexical")).score(task, trace))
    assert metrics["reasoning_format"] == 1.0


def test_bands_of_groups_are_refused() -> None:
    with pytest.raises(ConfigError, match="verifiers hands on samples one by one"):
        TraceRewards(RewardSettings.from_mapping({"judge": "lexical", "reward": {"length": "dynamic"}}))
