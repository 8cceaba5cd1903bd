"""OpenRLHF's convention, without OpenRLHF: lists of one, tensors, threads, and what happens to what has no score."""

from __future__ import annotations

import importlib.util
import inspect
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers import openrlhf
from p2r_rewards.trainers.openrlhf import openrlhf_result
from p2r_rewards.trainers.samples import RewardSettings, Sample, SampleRewards, pack_columns
from p2r_rewards.trainers.samples.settings import VARIABLE
from tests.judges.fake_server import FakeServer
from tests.trainers.adapters.replies import BARE, CUPS, DARK, GOOD, REPLIES, WRONG, block, judging

ASK = "How many cups? Use <answer> tags.\nAssistant: "
WORDS = {"length_unit": "words"}
LABEL = pack_columns(CUPS)

RewardFunc = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def judge() -> Iterator[FakeServer]:
    with judging() as server:
        yield server


@pytest.fixture
def reward_func(judge: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RewardFunc:
    """Loaded by its path, as OpenRLHF does."""
    settings = tmp_path / "rewards.yaml"
    settings.write_text(f"judge: openai:made@{judge.openai}")
    monkeypatch.setenv(VARIABLE, str(settings))
    monkeypatch.setenv("P2R_JUDGE_CACHE", str(tmp_path / "verdicts.sqlite"))
    monkeypatch.setenv("OPENAI_API_KEY", "made")
    return load()


def load() -> RewardFunc:
    spec = importlib.util.spec_from_file_location("reward_func", openrlhf.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: RewardFunc = module.reward_func
    return function


def test_each_call_brings_one_sample_and_gets_tensors_of_one(reward_func: RewardFunc) -> None:
    found = [reward_func([ASK + reply], [ASK], [LABEL]) for reply in (GOOD, WRONG, BARE)]
    assert [one["rewards"].tolist() for one in found] == [[4.0], [3.0], [0.0]]
    assert [one["scores"].tolist() for one in found] == [[1.0], [0.5], [0.0]]
    for one in found:
        assert one["rewards"].dtype == torch.float32
        assert {tensor.shape for tensor in one["extra_logs"].values()} == {torch.Size([1])}


def test_it_is_synchronous_and_runs_in_threads(reward_func: RewardFunc) -> None:
    assert not inspect.iscoroutinefunction(reward_func)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda reply: reward_func([ASK + reply], [ASK], [LABEL]), [GOOD, WRONG] * 10))
    assert [one["rewards"].item() for one in found] == [4.0, 3.0] * 10


def test_all_samples_log_the_same_names(reward_func: RewardFunc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(openrlhf.VARIABLE, "filter")
    found = [reward_func([ASK + reply], [ASK], [LABEL]) for reply in REPLIES]
    found += [reward_func([GOOD], [ASK * 3], [LABEL]), reward_func([ASK + GOOD], [ASK], ["2"])]
    assert len({tuple(one["extra_logs"]) for one in found}) == 1
    assert "perception_length" not in found[0]["extra_logs"]  # nothing counts tokens here: it never has a value


def test_without_a_score_there_is_no_reward_and_the_log_says_why(
    reward_func: RewardFunc, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        found = reward_func([ASK + DARK], [ASK], [LABEL])
        assert (found["rewards"], found["scores"]) == (None, None)
        assert "judge: " in caplog.text
        assert reward_func([GOOD], [ASK], [LABEL])["rewards"] is None
        assert "the prompt is not found" in caplog.text
        assert reward_func([ASK + GOOD], [ASK], ["two"])["rewards"] is None
        assert "problem type is missing" in caplog.text


def test_dynamic_filtering_is_given_nan(reward_func: RewardFunc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(openrlhf.VARIABLE, "filter")
    found = reward_func([ASK + DARK, ASK + GOOD], [ASK, ASK], [LABEL, LABEL])
    assert found["rewards"].isnan().tolist() == found["scores"].isnan().tolist() == [True, False]
    assert found["rewards"][1] == 4.0


def test_what_openrlhf_swallows_is_logged_first(
    reward_func: RewardFunc, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ConfigError, match="do not fit together"):
        reward_func([ASK], [ASK], [])
    monkeypatch.setenv(openrlhf.VARIABLE, "zero")
    with pytest.raises(ConfigError, match="stop or filter"):
        reward_func([ASK + GOOD], [ASK], [LABEL])
    monkeypatch.setenv(openrlhf.VARIABLE, "stop")
    Path(os.environ[VARIABLE]).write_text("judge: lexical\nreward: {length: dynamic}")
    with pytest.raises(ConfigError, match="use fixed"):
        load()([ASK + GOOD], [ASK], [LABEL])
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ConfigError, match=VARIABLE):
        load()([ASK + GOOD], [ASK], [LABEL])
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 4


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [1.0, 0.5, 0.5, 0.0]),
        ({"part": "reasoning"}, [1.0, 0.0, 1.0, 0.0]),
        ({"part": "perception_accuracy"}, [1.0, 1.0, 0.0, 0.0]),
        ({"reward": {"processes": "reasoning only"}}, [1.0, 0.0, 1.0, 0.0]),
        ({"reward": {"processes": "perception only"}}, [1.0, 1.0, 0.0, 0.0]),
        ({"reward": {"processes": "summed"}}, [1.0, 0.5, 0.5, 0.0]),
        ({"part": "format"}, [1.0, 1.0, 1.0, 0.0]),
        (
            {"part": "length", "reward": {**WORDS, "perception_band": [1, 9], "reasoning_band": [9, 9]}},
            [0.5, 0.5, 0.0, 0.0],  # the length of what is right alone is paid
        ),
    ],
)
def test_scores_are_the_accuracies_that_are_paid_for(settings: dict[str, Any], expected: list[float]) -> None:
    read = RewardSettings.from_mapping({"columns": {"sufficient": "seen"}, **settings})
    rows = [(GOOD, True), (WRONG, True), (GOOD, False), (BARE, None)]
    found = SampleRewards(read).score([Sample(text, {**CUPS, "seen": seen}) for text, seen in rows])
    assert openrlhf_result(found, read, "stop")["scores"] == expected


def test_the_documented_settings_and_row_are_read() -> None:
    settings = RewardSettings.from_mapping(yaml.safe_load(block("openrlhf.md", "yaml")))
    assert settings.judge is not None
    assert settings.reward.length_unit == "words"
    names: dict[str, Any] = {}
    exec(block("openrlhf.md", "python"), names)
    row = names["row"]
    rewards = SampleRewards(RewardSettings(judge="lexical"))
    found = rewards.score([openrlhf.query_sample(row["input"] + GOOD, row["input"], row["label"])])
    assert found[0].components["reasoning_accuracy"] == 1.0


def test_it_imports_without_torch_and_openrlhf() -> None:
    code = (
        "import sys; sys.modules |= {'torch': None, 'openrlhf': None, 'transformers': None}\n"
        "from p2r_rewards.trainers import openrlhf\n"
        "print(openrlhf.reward_func.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "reward_func"
