"""NeMo-RL's documented protocol, as its public source has it: PyPI has no package to drive. Ray is the real one."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.trainers import nemo_rl
from p2r_rewards.trainers.nemo_rl import EnvironmentReturn, RewardEnvironment, vlm_reward
from p2r_rewards.trainers.samples import RewardSettings, pack_columns
from p2r_rewards.trainers.samples.settings import VARIABLE
from tests.judges.fake_server import FakeServer
from tests.trainers.adapters.replies import BARE, BLIND, CUPS, DARK, GOOD, WRONG, block, judging

INFO = {"ground_truth": pack_columns(CUPS)}
SCORED = (GOOD, WRONG, BLIND, BARE)


@pytest.fixture(scope="module")
def judge() -> Iterator[FakeServer]:
    with judging() as server:
        yield server


@pytest.fixture
def cfg(judge: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("P2R_JUDGE_CACHE", str(tmp_path / "verdicts.sqlite"))
    monkeypatch.setenv("OPENAI_API_KEY", "made")
    return {"rewards": {"judge": f"openai:made@{judge.openai}"}}


def log(reply: str, question: str = "How many cups?") -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]


def step(environment: RewardEnvironment, replies: tuple[str, ...], infos: Any = INFO) -> EnvironmentReturn:
    return environment.step([log(reply) for reply in replies], [infos] * len(replies))


def advantages(rewards: torch.Tensor) -> torch.Tensor:
    """With NeMo-RL's leave-one-out baseline, for one prompt."""
    others = (rewards.sum() - rewards) / (len(rewards) - 1)
    return rewards - others


def test_a_step_returns_what_rollouts_unpack(cfg: dict[str, Any]) -> None:
    observations, metadata, stops, rewards, ended, answers = step(RewardEnvironment(cfg), SCORED)
    assert rewards.tolist() == [4.0, 3.0, 3.0, 0.0]
    assert rewards.dtype == torch.float32
    assert ended.bool().all()
    assert [one["content"].rpartition(" ")[2] for one in observations] == [
        "correct",
        "incorrect",
        "correct",
        "incorrect",
    ]
    assert {one["role"] for one in observations} == {"environment"}
    assert (metadata, stops, answers) == ([INFO] * 4, [None] * 4, None)
    assert EnvironmentReturn._fields == (
        *("observations", "metadata", "next_stop_strings", "rewards", "terminateds", "answers"),
    )


def test_columns_may_stand_beside_the_ground_truth(cfg: dict[str, Any]) -> None:
    beside = {"ground_truth": "2", "problem": "How many cups are there?", "problem_type": "numerical"}
    assert step(RewardEnvironment(cfg), SCORED, beside).rewards.tolist() == [4.0, 3.0, 3.0, 0.0]


def test_what_the_ground_truth_holds_counts_before_what_stands_beside_it(cfg: dict[str, Any]) -> None:
    beside = {"ground_truth": pack_columns(CUPS), "gold": "3", "answer": "Two and one make 3 #### 3"}
    assert step(RewardEnvironment(cfg), SCORED, beside).rewards.tolist() == [4.0, 3.0, 3.0, 0.0]


def test_processes_apart_sum_to_the_reward(cfg: dict[str, Any]) -> None:
    rewards = step(RewardEnvironment({**cfg, "processes": True}), SCORED).rewards
    assert {name: values.tolist() for name, values in rewards.items()} == {
        "reward/perception": [2.0, 2.0, 1.0, 0.0],
        "reward/reasoning": [2.0, 1.0, 2.0, 0.0],
    }


def test_an_unscored_sample_ends_the_run_with_its_reason(cfg: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"sample 1 of 2 is unscored: judge: .*unscored: mean"):
        step(RewardEnvironment(cfg), (GOOD, DARK))
    with pytest.raises(DataError, match="none of 1 samples is scored"):
        step(RewardEnvironment({**cfg, "unscored": "mean"}), (DARK,))
    with pytest.raises(DataError, match="none of the assistant's"):
        RewardEnvironment(cfg).step([[{"role": "user", "content": "?"}]], [INFO])


def test_a_mean_in_its_place_has_no_advantage_and_hardly_changes_the_others(cfg: dict[str, Any]) -> None:
    rewards = step(RewardEnvironment({**cfg, "unscored": "mean"}), (*SCORED, DARK)).rewards
    assert rewards.tolist() == [4.0, 3.0, 3.0, 0.0, 2.5]
    found = advantages(rewards)
    assert found[4] == 0
    assert torch.allclose(found[:4], advantages(rewards[:4]) * (1 - 1 / 4**2))


def test_means_are_those_of_the_samples_own_prompt(cfg: dict[str, Any]) -> None:
    other = {"ground_truth": pack_columns({**CUPS, "problem": "And on the floor?"})}
    last = {"ground_truth": pack_columns({**CUPS, "problem": "And in the box?"})}
    logs = [log(reply) for reply in (GOOD, DARK, BARE, DARK, DARK)]
    environment = RewardEnvironment({**cfg, "unscored": "mean"})
    rewards = environment.step(logs, [INFO, INFO, other, other, last]).rewards
    assert rewards.tolist() == [4.0, 4.0, 0.0, 0.0, 2.0]


def test_samples_of_a_prompt_are_one_group_though_each_has_its_own_frames(cfg: dict[str, Any]) -> None:
    def ask(reply: str, question: str) -> list[dict[str, Any]]:
        content = [{"type": "image", "image": object()}, {"type": "text", "text": question}]
        return [{"role": "user", "content": content}, {"role": "assistant", "content": reply}]

    logs = [ask(GOOD, "On the table?"), ask(DARK, "On the table?"), ask(BARE, "In the box?")]
    rewards = RewardEnvironment({**cfg, "unscored": "mean"}).step(logs, [INFO] * 3).rewards
    assert rewards.tolist() == [4.0, 4.0, 0.0]


def test_components_are_told_as_means_since_the_last_time(cfg: dict[str, Any]) -> None:
    environment = RewardEnvironment({**cfg, "unscored": "mean"})
    step(environment, (*SCORED, DARK))
    batch, metrics = environment.global_post_process_and_metrics({"rewards": 1})
    assert batch == {"rewards": 1}
    assert metrics["perception_accuracy"] == 0.5
    assert metrics["reasoning_accuracy"] == pytest.approx(3 / 5)
    assert metrics["unscored"] == 1.0
    assert environment.global_post_process_and_metrics(batch)[1] == {"unscored": 0.0}


@pytest.mark.parametrize(
    ("wrong", "cure"),
    [
        ({"reward": {}}, "did you mean rewards"),
        ({"rewards": {"judg": "lexical"}}, "did you mean judge"),
        ({"rewards": {"judge": "lexical"}, "settings": "x.yaml"}, "choose one"),
        ({"rewards": {"judge": "lexical"}, "unscored": "zero"}, "stop or mean"),
        ({"rewards": {"judge": "lexical"}, "processes": "yes"}, "true or false"),
        ({"rewards": {"part": "reasoning"}, "processes": True}, "needs the whole reward"),
        ({}, VARIABLE),
    ],
)
def test_a_bad_configuration_is_told(monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], cure: str) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConfigError, match=cure):
        RewardEnvironment(wrong)


class VerifyWorker:
    """The loop of NeMo-RL's `VLMVerifyWorker.verify`: every exception is a reward of 0."""

    def verify(self, responses: list[str], truths: list[str]) -> list[float]:
        results = []
        for response, truth in zip(responses, truths, strict=True):
            try:
                score, _ = vlm_reward(truth, response)
            except Exception:
                score = 0.0
            results.append(float(score))
        return results


@pytest.fixture
def environment_settings(cfg: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    path = tmp_path / "rewards.yaml"
    path.write_text(yaml.safe_dump(cfg["rewards"]))
    monkeypatch.setenv(VARIABLE, str(path))
    nemo_rl._shared_rewards.cache_clear()
    yield
    nemo_rl._shared_rewards.cache_clear()


@pytest.mark.usefixtures("environment_settings")
def test_the_vlm_form_says_reward_and_right_or_wrong() -> None:
    packed = pack_columns(CUPS)
    assert [vlm_reward(packed, reply) for reply in (GOOD, WRONG, BARE)] == [(4.0, True), (3.0, False), (0.0, False)]
    with pytest.raises(SystemExit, match="judge"):
        vlm_reward(packed, DARK)
    with pytest.raises(SystemExit, match="problem type is missing"):
        vlm_reward("2", GOOD)


@pytest.mark.usefixtures("environment_settings")
def test_in_ray_the_actor_pays_the_same_and_no_fault_becomes_zero(cfg: dict[str, Any]) -> None:
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    try:
        module, _, name = nemo_rl.ACTOR.rpartition(".")
        actor = getattr(importlib.import_module(module), name).options(num_cpus=0.1).remote(cfg)
        logs = [log(reply) for reply in SCORED]
        assert ray.get(actor.step.remote(logs, [INFO] * 4)).rewards.tolist() == [4.0, 3.0, 3.0, 0.0]
        with pytest.raises(ray.exceptions.RayTaskError, match="is unscored"):
            ray.get(actor.step.remote([log(DARK)], [INFO]))
        worker = ray.remote(VerifyWorker).options(num_cpus=0.1).remote()
        packed = pack_columns(CUPS)
        assert ray.get(worker.verify.remote([GOOD, BARE], [packed] * 2)) == [4.0, 0.0]
        with pytest.raises(ray.exceptions.RayError):
            ray.get(worker.verify.remote([GOOD, DARK], [packed] * 2))
    finally:
        ray.shutdown()


def test_registering_names_the_actor_and_its_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[str, str] = {}
    pythons: dict[str, str] = {}
    parts = {
        "nemo_rl": {},
        "nemo_rl.distributed": {},
        "nemo_rl.environments": {},
        "nemo_rl.distributed.ray_actor_environment_registry": {"ACTOR_ENVIRONMENT_REGISTRY": pythons},
        "nemo_rl.distributed.virtual_cluster": {"PY_EXECUTABLES": type("Executables", (), {"SYSTEM": "python"})},
        "nemo_rl.environments.utils": {"register_env": known.__setitem__},
    }
    for name, attributes in parts.items():
        module = ModuleType(name)
        vars(module).update(attributes)
        monkeypatch.setitem(sys.modules, name, module)
    nemo_rl.register()
    assert known == {"p2r": nemo_rl.ACTOR}
    assert pythons == {nemo_rl.ACTOR: "python"}


def test_it_imports_without_ray_torch_and_nemo_rl() -> None:
    code = (
        "import sys; sys.modules |= {'torch': None, 'ray': None, 'nemo_rl': None}\n"
        "from p2r_rewards.trainers import nemo_rl\n"
        "try: nemo_rl.register()\n"
        "except Exception as error: print(error)\n"
        "try: nemo_rl.RewardEnvironmentActor\n"
        "except Exception as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "github.com/NVIDIA-NeMo/RL" in done.stdout
    assert "pip install 'p2r-rewards[ray]'" in done.stdout


def test_the_documented_configuration_and_data_are_read(cfg: dict[str, Any]) -> None:
    documented = yaml.safe_load(block("nemo-rl.md", "yaml"))
    made = documented["env"][documented["data"]["env_name"]]
    assert RewardSettings.from_mapping(made["rewards"]).reward.length_unit == "words"
    made["rewards"]["judge"] = cfg["rewards"]["judge"]
    names: dict[str, Any] = {}
    exec(block("nemo-rl.md", "python"), names)
    rewards = step(RewardEnvironment(made), SCORED, names["extra_env_info"]).rewards
    assert rewards.tolist() == [4.0, 3.0, 3.0, 0.0]
