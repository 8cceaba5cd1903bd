"""Our adapter against EasyR1's documented protocol: a file that is loaded by path, a list or one reply, a dict each.

EasyR1 is on no package index, so none of it runs here.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers import easyr1
from p2r_rewards.trainers.easyr1 import compute_score
from p2r_rewards.trainers.samples import pack_columns
from tests.trainers.adapters.replies import BARE, CUPS, DARK, GOOD, REPLIES, WRONG, block, judging, save_byte_tokenizer


def load(path: Path) -> ModuleType:
    """The module as EasyR1 loads it: from a path, under a name of its own."""
    spec = importlib.util.spec_from_file_location("custom_reward_fn", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def reward_fn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The docs page's file, loaded by the docs page's configuration, but for the judge's address and the paths."""
    with judging() as server:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        Path("reward.py").write_text(block("easyr1.md", "python"))
        save_byte_tokenizer(Path("tokenizer.json"), end="<|im_end|>")
        settings = yaml.safe_load(block("easyr1.md", "yaml"))
        settings |= {"judge": f"openai:tiny@{server.openai}", "tokenizer": "tokenizer.json"}
        settings["reward"] = {"perception_band": [20, 40], "reasoning_band": [5, 60]}
        Path("rewards.yaml").write_text(yaml.safe_dump(settings))
        config = yaml.safe_load(block("easyr1.md", "yaml", 1))["worker"]["reward"]
        path, name = config["reward_function"].rsplit(":", 1)
        module = load(Path(path))
        assert module.REWARD_TYPE == "batch"
        assert module.REWARD_NAME
        easyr1._scorer.cache_clear()
        yield partial(getattr(module, name), **config["reward_function_kwargs"])


def inputs(*replies: str, **columns: Any) -> list[dict[str, Any]]:
    """What EasyR1 gives of each reply, and nothing else."""
    truth = pack_columns({**CUPS, **columns})
    return [{"response": reply, "response_length": len(reply), "ground_truth": truth} for reply in replies]


def test_a_batch_gets_overall_and_components_with_the_same_keys(reward_fn: Any) -> None:
    scores = reward_fn(inputs(*REPLIES))
    known = [4.4, 3.2, 3.2, 0.0]
    dark = sum(known) / 4  # unscored: what its group earns
    assert [one["overall"] for one in scores] == pytest.approx([4.4, 3.2, 3.2, dark, 0.0])
    assert [one["unscored"] for one in scores] == [0, 0, 0, 1, 0]
    assert len({tuple(one) for one in scores}) == 1
    assert all(isinstance(value, float) for one in scores for value in one.values())
    # EasyR1 logs the mean of each: that of what is known.
    assert np.mean([one["perception_accuracy"] for one in scores]) == pytest.approx(0.5)
    assert np.mean([one["reasoning_reward"] for one in scores]) == pytest.approx((2.2 + 1.0 + 2.2 + 2.2 + 0.0) / 5)


def test_an_unscored_reply_has_no_advantage_and_leaves_its_group_s_mean(reward_fn: Any) -> None:
    with_it = np.array([one["overall"] for one in reward_fn(inputs(*REPLIES))])
    without = np.array([one["overall"] for one in reward_fn(inputs(*(one for one in REPLIES if one != DARK)))])
    assert with_it.mean() == pytest.approx(without.mean())
    assert (with_it - with_it.mean())[REPLIES.index(DARK)] == pytest.approx(0.0)


def test_groups_do_not_mix_and_a_lost_one_is_0(reward_fn: Any) -> None:
    batch = [
        *inputs(GOOD, DARK, id="a"),
        *inputs(WRONG, BARE, DARK, id="b"),
        *inputs(GOOD, GOOD, problem_type="poetry"),
    ]
    scores = reward_fn(batch)
    assert [one["overall"] for one in scores] == pytest.approx([4.4, 4.4, 3.2, 0.0, 1.6, 0.0, 0.0])
    assert [one["unscored"] for one in scores] == [0, 1, 0, 0, 1, 1, 1]


def test_single_replies_have_the_same_keys_and_numbers(reward_fn: Any) -> None:
    batch = inputs(GOOD, WRONG, BARE)
    assert [reward_fn(one) for one in batch] == reward_fn(batch)
    alone = reward_fn(inputs(DARK)[0])
    assert alone.keys() == reward_fn(batch)[0].keys()
    assert (alone["overall"], alone["unscored"]) == (0.0, 1.0)


def test_bands_of_groups_need_whole_batches(tmp_path: Path) -> None:
    path = tmp_path / "rewards.yaml"
    path.write_text("judge: lexical\nreward: {length: dynamic, length_unit: words, perception_band: [99, 99]}")
    found = compute_score(inputs(GOOD, GOOD, GOOD), settings=str(path))
    assert [one["perception_length"] for one in found] == [0.2] * 3
    with pytest.raises(ConfigError, match="one by one"):
        compute_score(inputs(GOOD)[0], settings=str(path))


def test_a_bare_answer_without_a_type_is_unscored_and_no_error(reward_fn: Any) -> None:
    (score,) = reward_fn([{"response": GOOD, "response_length": 9, "ground_truth": "2"}])
    assert (score["overall"], score["unscored"]) == (0.0, 1.0)


def test_the_keys_follow_from_the_settings_alone(tmp_path: Path) -> None:
    path = tmp_path / "rewards.yaml"
    path.write_text("part: reasoning\n")
    known, unknown = inputs(GOOD), inputs(GOOD, problem_type="poetry")
    keys = ["overall", "perception_format", "reasoning_accuracy", "reasoning_format", "reasoning_reward", "unscored"]
    for batch in (known, unknown):
        assert list(compute_score(batch, settings=str(path))[0]) == keys


def test_the_function_is_synchronous_and_our_own_file_can_be_loaded_by_its_path() -> None:
    assert load(Path(easyr1.__file__)).compute_score.__module__ == "custom_reward_fn"


def test_an_unknown_argument_is_an_error_at_once() -> None:
    with pytest.raises(TypeError, match="setings"):
        compute_score(inputs(GOOD), setings="rewards.yaml")


def test_it_imports_without_torch() -> None:
    code = "import sys; sys.modules['verl'] = sys.modules['torch'] = None; import p2r_rewards.trainers.easyr1"
    subprocess.run([sys.executable, "-c", code], check=True)
