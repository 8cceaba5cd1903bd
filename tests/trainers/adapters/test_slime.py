"""Our adapter against slime's documented protocol: its samples, its conversion to training data, its hooks.

slime needs CUDA to be installed, so none of it runs here; the fields and the order of calls are those of its sources.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import math
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import yaml

from p2r_rewards.advantages import pa_grpo_advantages
from p2r_rewards.errors import ConfigError
from p2r_rewards.token_credit import token_advantages
from p2r_rewards.trainers.samples import pack_columns
from p2r_rewards.trainers.samples.settings import VARIABLE
from p2r_rewards.trainers.slime import (
    ProcessAdvantages,
    keep_group,
    log_components,
    post_process_rewards,
    rm,
    token_credit,
)
from p2r_rewards.trainers.slime import rewards as slime_rewards
from tests.trainers.adapters.replies import BARE, CUPS, DARK, GOOD, REPLIES, block, judging, save_byte_tokenizer

END = 0
POST_PROCESS = "p2r_rewards.trainers.slime.post_process_rewards"
METADATA = {name: value for name, value in CUPS.items() if name != "solution"}


@dataclass
class SlimeSample:
    """The fields of `slime.utils.types.Sample` that hooks see."""

    response: str
    tokens: list[int] = field(default_factory=list)
    response_length: int = 0
    group_index: int = 0
    prompt: str = "How many cups are there?"
    label: str | None = "2"
    metadata: dict[str, Any] = field(default_factory=lambda: dict(METADATA))
    reward: Any = None
    remove_sample: bool = False

    def get_reward_value(self, args: Any) -> float:
        return self.reward if not args.reward_key else self.reward[args.reward_key]


def sample(text: str, group: int = 0, **fields: Any) -> SlimeSample:
    response = [*(byte + 1 for byte in text.encode()), END]
    return SlimeSample(text, [5, 6, 7, *response], len(response), group, **fields)


@pytest.fixture
def args(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """slime's, as the docs page's command and files make them, but for the judge's address and the paths."""
    with judging() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        settings = yaml.safe_load(block("slime.md", "yaml"))
        save_byte_tokenizer(tmp_path / "tokenizer.json", end="<|im_end|>")
        settings |= {"judge": f"openai:tiny@{server.openai}", "tokenizer": str(tmp_path)}
        settings["reward"] = {"perception_band": [20, 40], "reasoning_band": [5, 60]}
        path = tmp_path / "rewards.yaml"
        path.write_text(yaml.safe_dump(settings))
        custom = yaml.safe_load(block("slime.md", "yaml", 1))
        assert set(custom) == {"p2r_reward_settings"}
        flags = dict(re.findall(r"--([a-z-]+) (\S+)", block("slime.md", "bash")))
        flags["p2r_reward_settings"] = str(path)
        yield SimpleNamespace(**{name.replace("-", "_"): value for name, value in flags.items()})


def rewarded(args: Any, samples: list[SlimeSample]) -> list[SlimeSample]:
    for one, reward in zip(samples, asyncio.run(rm(args, samples)), strict=True):
        one.reward = reward
    return samples


PERCEPTION = [2.2, 2.2, 1.0, None, 0.0]
REASONING = [2.2, 1.0, 2.2, 2.2, 0.0]
"""R_P and R_R of `REPLIES`, by hand."""


def test_one_sample_or_many_with_the_same_keys(args: SimpleNamespace) -> None:
    samples = [sample(text) for text in REPLIES]
    many = asyncio.run(rm(args, samples, evaluation=False))
    assert [one["reward"] for one in many] == pytest.approx([4.4, 3.2, 3.2, 0.0, 0.0])
    assert [one["unscored"] is None for one in many] == [True, True, True, False, True]
    assert [one["perception_reward"] for one in many] == [pytest.approx(one) for one in PERCEPTION]
    assert len({tuple(one) for one in many}) == 1
    assert asyncio.run(rm(args, samples[0])) == many[0]


def test_slime_can_await_every_function_that_it_loads_by_path(args: SimpleNamespace) -> None:
    """It splits the path at the last dot, and awaits what `rm` returns."""
    paths = [value for value in vars(args).values() if value.startswith("p2r_rewards.")]
    assert len(paths) == 5
    for path in paths:
        module, name = path.rsplit(".", 1)
        loaded = getattr(importlib.import_module(module), name)
        assert inspect.iscoroutinefunction(loaded) == (name == "rm")


def test_the_docs_row_and_packed_labels_are_read(args: SimpleNamespace) -> None:
    row = yaml.safe_load(block("slime.md", "json"))
    from_docs = sample(GOOD, label=row["label"], metadata=row["metadata"], prompt=row["prompt"])
    packed = sample(GOOD, label=pack_columns(CUPS), metadata={})
    clashing = sample(GOOD, label=pack_columns(CUPS), metadata={"gold": "7", "answer": "So it is seven."})
    found = asyncio.run(rm(args, [from_docs, packed, clashing]))
    assert [one["reward"] for one in found] == pytest.approx([4.4, 4.4, 4.4])


def test_bands_of_groups_need_whole_groups(args: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "dynamic.yaml"
    path.write_text("judge: lexical\nreward: {length: dynamic, length_unit: words, perception_band: [99, 99]}")
    args.p2r_reward_settings = str(path)
    found = asyncio.run(rm(args, [sample(GOOD)] * 3))
    assert [one["perception_length"] for one in found] == [0.2] * 3
    with pytest.raises(ConfigError, match="--group-rm"):
        asyncio.run(rm(args, sample(GOOD)))


def test_without_the_hook_unscored_samples_stay_out_of_the_loss(args: SimpleNamespace) -> None:
    args.custom_reward_post_process_path = None
    samples = rewarded(args, [sample(GOOD), sample(DARK), sample(BARE)])
    assert [one.remove_sample for one in samples] == [False, True, False]
    args.custom_reward_post_process_path = POST_PROCESS
    assert not rewarded(args, [sample(DARK)])[0].remove_sample  # its reasoning is known, and trains


def trained(args: Any, samples: list[SlimeSample], ranks: int = 2) -> list[list[float]]:
    """slime's way from samples to advantages: post-processed as a whole, split over ranks, credited on each."""
    _, rewards = post_process_rewards(args, samples)
    found: dict[int, list[float]] = {}
    for rank in range(ranks):
        partition = range(rank, len(samples), ranks)
        data: dict[str, Any] = pickle.loads(
            pickle.dumps(
                {
                    "tokens": [torch.tensor(samples[row].tokens) for row in partition],
                    "response_lengths": [samples[row].response_length for row in partition],
                    "rewards": [rewards[row] for row in partition],
                    "kl": [torch.zeros(samples[row].response_length) for row in partition],
                }
            )
        )
        assert math.isfinite(sum(data["rewards"]) / len(data["rewards"]))  # slime logs their mean
        assert torch.tensor(data["rewards"]).shape == (len(partition),)
        token_credit(args, data)
        assert [len(one) for one in data["returns"]] == data["response_lengths"]
        found |= {row: one.tolist() for row, one in zip(partition, data["advantages"], strict=True)}
    return [found[row] for row in range(len(samples))]


def segments(text: str) -> list[int]:
    """The segment of each byte, by the text alone, and of the end-of-sequence."""
    if "</observation>" not in text:
        return [0] * len(text) + [2]
    seen = text.index("</observation>") + len("</observation>")
    return [1] * seen + [0] + [2] * (len(text) - seen - 1) + [2]


def test_tokens_carry_the_core_s_advantages_though_groups_are_split_over_ranks(args: SimpleNamespace) -> None:
    samples = rewarded(args, [sample(text, group) for text in REPLIES for group in (0, 1)])
    core = pa_grpo_advantages(
        [one for one in PERCEPTION for _ in range(2)], [one for one in REASONING for _ in range(2)], [0, 1] * 5
    )
    found = trained(args, samples)
    for row, one in enumerate(samples):
        expected = token_advantages(core.take(slice(row, row + 1)), [segments(one.response)])[0]
        assert found[row] == pytest.approx(expected.tolist(), abs=1e-6)
    assert not any(one.remove_sample for one in samples)


def test_equal_rewards_give_grpo(args: SimpleNamespace) -> None:
    samples = [sample(text) for text in (GOOD, BARE, DARK, GOOD)]
    rewards = [2.2, 0.0, 1.0, 1.7]
    for one, reward in zip(samples, rewards, strict=True):
        one.reward = {"reward": 2 * reward, "perception_reward": reward, "reasoning_reward": reward}
    values = torch.tensor(rewards)
    grpo = (values - values.mean()) / (values.std() + 1e-4)
    for tokens, expected in zip(trained(args, samples), grpo.tolist(), strict=True):
        assert tokens == pytest.approx([expected] * len(tokens), abs=1e-5)


def test_a_sample_of_which_nothing_is_known_is_removed(args: SimpleNamespace) -> None:
    unknown = sample(GOOD, metadata={})  # no problem type
    samples = rewarded(args, [sample(GOOD), sample(BARE), unknown])
    assert [one[-1] for one in trained(args, samples)] == pytest.approx([0.707, -0.707, 0.0], abs=1e-3)
    assert [one.remove_sample for one in samples] == [False, False, True]


def test_groups_that_teach_either_process_are_kept(args: SimpleNamespace) -> None:
    assert keep_group(args, rewarded(args, [sample(GOOD), sample(BARE)]))
    assert not keep_group(args, rewarded(args, [sample(GOOD), sample(GOOD)]))
    # slime's own filter sees equal sums here, and drops what PA-GRPO learns from.
    first, second = rewarded(args, [sample(GOOD), sample(GOOD)])
    first.reward |= {"perception_reward": 2.0, "reasoning_reward": 1.0, "reward": 3.0}
    second.reward |= {"perception_reward": 1.0, "reasoning_reward": 2.0, "reward": 3.0}
    assert keep_group(args, [first, second])


def test_components_join_slime_s_metrics(args: SimpleNamespace) -> None:
    metrics: dict[str, Any] = {}
    samples = rewarded(args, [sample(text) for text in REPLIES])
    assert log_components(0, args, samples, metrics, 1.0) is False
    assert metrics["rollout/p2r/perception_accuracy"] == 0.5  # of four that are scored
    assert metrics["rollout/p2r/reasoning_reward"] == pytest.approx(sum(REASONING) / 5)
    assert metrics["rollout/p2r/unscored"] == 0.2
    assert log_components(0, args, samples, None, 1.0) is False


def test_what_can_not_be_credited_is_refused(args: SimpleNamespace, tmp_path: Path) -> None:
    data = {"tokens": [torch.arange(3)], "response_lengths": [2], "rewards": [1.0], "kl": [torch.zeros(2)]}
    with pytest.raises(ConfigError, match="custom-reward-post-process-path"):
        token_credit(args, dict(data))
    args.normalize_advantages = True
    with pytest.raises(ConfigError, match="normalize-advantages"):
        token_credit(args, dict(data))
    args.normalize_advantages = False
    with pytest.raises(ConfigError, match="custom-rm-path"):
        post_process_rewards(args, [sample(GOOD, reward=1.0)])
    args.reward_key = None
    with pytest.raises(ConfigError, match="--reward-key"):
        post_process_rewards(args, rewarded(args, [sample(GOOD)]))
    plain = tmp_path / "plain.yaml"
    plain.write_text("judge: lexical\n")
    args.p2r_reward_settings = str(plain)
    data["rewards"] = [ProcessAdvantages(0.0, 1.0, -1.0)]
    with pytest.raises(ConfigError, match="tokenizer"):
        token_credit(args, dict(data))


def test_a_rank_of_context_parallelism_gets_its_share(args: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """By slime's own slicing, which is made up here."""

    def slice_log_prob_with_cp(values: torch.Tensor, total: int, length: int) -> torch.Tensor:
        assert (total, length) == (len(one.tokens), one.response_length)
        return values[::2]

    made = SimpleNamespace(slice_log_prob_with_cp=slice_log_prob_with_cp)
    monkeypatch.setitem(sys.modules, "slime.backends.megatron_utils.cp_utils", made)  # type: ignore[arg-type]
    for name in ("slime", "slime.backends", "slime.backends.megatron_utils"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(__path__=[]))  # type: ignore[arg-type]
    one = sample(GOOD)
    half = torch.zeros(-(-one.response_length // 2))
    data: dict[str, Any] = {"tokens": [torch.tensor(one.tokens)], "response_lengths": [one.response_length]}
    data |= {"rewards": [ProcessAdvantages(0.5, 1.0, -1.0)], "kl": [half]}
    token_credit(args, data)
    table = {0: 0.5, 1: 1.0, 2: -1.0}
    assert data["advantages"][0].tolist() == [table[one] for one in segments(GOOD)][::2]


def test_settings_come_from_the_environment_where_slime_names_none(
    args: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, args.p2r_reward_settings)
    slime_rewards.read_settings.cache_clear()
    slime_rewards.scorer.cache_clear()
    del args.p2r_reward_settings
    assert asyncio.run(rm(args, sample(GOOD)))["reward"] == pytest.approx(4.4)


def test_it_imports_without_slime_and_without_torch() -> None:
    code = "import sys; sys.modules['slime'] = sys.modules['torch'] = None; import p2r_rewards.trainers.slime"
    subprocess.run([sys.executable, "-c", code], check=True)
