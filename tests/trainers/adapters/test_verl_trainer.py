"""PA-GRPO in verl's own trainer: its configuration, its queue, its advantage step, and its actor's loss."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.trainers.adapters.installed import require

require("verl")

import ray
import torch
import transfer_queue as tq
from omegaconf import OmegaConf
from transfer_queue import KVBatchMeta
from verl.experimental.agent_loop.agent_loop import AgentLoopMetrics, AgentLoopOutput
from verl.experimental.reward_loop import RewardLoopManager
from verl.trainer.ppo.padding_utils import upsample_batch_to_divisible_size
from verl.trainer.ppo.v1 import PPOTrainerSync, get_trainer_cls
from verl.utils.tensordict_utils import list_of_dict_to_tensordict

from p2r_rewards.advantages import pa_grpo_advantages
from p2r_rewards.errors import ConfigError
from p2r_rewards.token_credit import token_advantages
from p2r_rewards.token_segments import pad_segment_ids, parse_token_ids, token_segment_ids
from p2r_rewards.trainers.verl import compute_score
from p2r_rewards.trainers.verl.pa_grpo import PAGRPOSync
from tests.trainers.adapters.verl_kit import byte_tokenizer, commands, compose, make_batch

NAN = float("nan")
PA_GRPO = [
    "+reward.custom_reward_function.reward_kwargs.judge=lexical" if "settings=" in one else one for one in commands()[2]
]
CUPS = {"question": "How many cups are there?", "problem_type": "numerical"}
GOOD = "<observation>On the table stand two red cups.</observation>"
POOR = "<observation>It is dark.</observation>"
TEXTS = [
    f"{GOOD}<think>So it is.</think><answer>2</answer>",
    f"{GOOD}\n<think>Hm.</think><answer>3</answer>",
    f"{POOR}<think>So it is.</think><answer>2</answer>",
    f"{POOR}<think>Hm.",
]


@pytest.fixture(scope="module")
def queue() -> Iterator[None]:
    """verl's own queue, with one storage process."""
    ray.init(num_cpus=8, include_dashboard=False, log_to_driver=False)
    conf = compose(PA_GRPO).transfer_queue
    OmegaConf.set_struct(conf, False)
    tq.init(OmegaConf.merge(conf, {"backend": {"SimpleStorage": {"num_data_storage_units": 1}}}))
    yield
    tq.close()
    ray.shutdown()


def made_trainer(*overrides: str, kind: Any = PAGRPOSync) -> Any:
    """verl's trainer before its workers start, with a tokenizer."""
    trainer = kind(compose([*PA_GRPO, *overrides]))
    trainer.tokenizer = byte_tokenizer()
    return trainer


def put(name: str, texts: list[str], types: list[str | None], *, masked: bool = False, index: int = 0) -> KVBatchMeta:
    """The rollouts of two prompts in the queue, as verl's agent loop puts them there."""
    tokenizer = byte_tokenizer()
    keys, rows, tags = [], [], []
    for row, (text, kind) in enumerate(zip(texts, types, strict=True)):
        ids = [*tokenizer.encode(text), tokenizer.eos_token_id]
        score = compute_score("cups", text, "2", {**CUPS, "problem_type": kind}, judge="lexical")
        output = AgentLoopOutput(
            prompt_ids=[5, 6],
            response_ids=ids,
            response_mask=[1] * (len(ids) - 1) + [0 if masked else 1],
            response_logprobs=[-0.5] * len(ids),
            metrics=AgentLoopMetrics(),
            reward_score=score["score"],
            num_turns=2,
            extra_fields={"reward_extra_info": score},
        )
        uid = f"{name}{row // 4}"
        keys.append(f"{uid}_{row % 4}_{index}")
        rows.append({**output.as_dict(), "uid": uid, "old_log_probs": torch.full((len(ids),), -0.5)})
        tags.append({"status": "success", "seq_len": 2 + len(ids)})
    tq.kv_batch_put(keys=keys, fields=list_of_dict_to_tensordict(rows), tags=tags, partition_id=name)
    return KVBatchMeta(partition_id=name, keys=keys, tags=tags)


def advantages_of(batch: KVBatchMeta) -> list[torch.Tensor]:
    data = tq.kv_batch_get(keys=batch.keys, partition_id=batch.partition_id, select_fields=["advantages", "returns"])
    assert all(map(torch.equal, data["advantages"].unbind(), data["returns"].unbind()))
    return list(data["advantages"].unbind())


def by_the_core(texts: list[str], types: list[str | None], **options: Any) -> list[torch.Tensor]:
    """What each token is to carry, from the core alone."""
    tokenizer = byte_tokenizer()
    decode = partial(tokenizer.decode, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    ends = {tokenizer.eos_token_id}
    scores = [
        compute_score("cups", text, "2", {**CUPS, "problem_type": kind}, judge="lexical")
        for text, kind in zip(texts, types, strict=True)
    ]
    found = pa_grpo_advantages(
        torch.tensor([score["perception_reward"] for score in scores]),
        torch.tensor([score["reasoning_reward"] for score in scores]),
        4,
        eps=1e-6,
    )
    ids = [[*tokenizer.encode(text), tokenizer.eos_token_id] for text in texts]
    segments = [token_segment_ids(parse_token_ids(row, decode, end_ids=ends), row, decode, end_ids=ends) for row in ids]
    credited = token_advantages(found, torch.from_numpy(pad_segment_ids(segments)), **options)
    return [row[: len(one)] for row, one in zip(credited, ids, strict=True)]


def test_each_token_carries_the_advantage_of_its_process(queue: None) -> None:
    # The first prompt is scored, the second has one rollout that can't be.
    texts, types = [*TEXTS, *reversed(TEXTS)], ["numerical"] * 7 + [None]
    batch = put("train", texts, types)
    metrics: dict[str, float] = {}
    made_trainer()._compute_advantage(batch, metrics)
    found, expected = advantages_of(batch), by_the_core(texts, types)
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)
    assert len(set(found[0].tolist())) == 2  # two processes
    assert not any(row.isnan().any() for row in found)
    assert not found[7][: len(GOOD)].any()
    assert metrics["p2r/unscored/perception"] == metrics["p2r/unscored/reasoning"] == 1 / 8
    assert metrics["p2r/reasoning_accuracy/mean"] == 3 / 7
    assert metrics["p2r/collapsed/both"] == 0.0


@pytest.mark.parametrize(
    ("overrides", "options"),
    [
        (["+trainer.v1.pa_grpo.orphans=zero"], {"orphans": "zero"}),
        (
            ["+trainer.v1.pa_grpo.reduction=segment_mean", "actor_rollout_ref.actor.loss_agg_mode=seq-mean-token-mean"],
            {"reduction": "segment_mean", "loss_type": "grpo"},
        ),
    ],
)
def test_the_options_are_those_of_the_core(queue: None, overrides: list[str], options: dict[str, Any]) -> None:
    types: list[str | None] = ["numerical"] * 4
    name = f"options{len(overrides)}"
    batch = put(name, TEXTS, types)
    made_trainer(*overrides)._compute_advantage(batch, {})
    assert all(map(torch.equal, advantages_of(batch), by_the_core(TEXTS, types, **options)))


def test_one_reward_for_both_processes_is_verl_s_grpo(queue: None) -> None:
    types: list[str | None] = ["numerical"] * 4
    ours, stock = put("ours", TEXTS, types), put("stock", TEXTS, types)
    processes = "+reward.custom_reward_function.reward_kwargs.reward.processes=summed"
    made_trainer(processes)._compute_advantage(ours, {})
    trainer = made_trainer("trainer.v1.trainer_mode=sync", "algorithm.adv_estimator=grpo", kind=PPOTrainerSync)
    trainer._compute_advantage(stock, {})
    for one, other in zip(advantages_of(ours), advantages_of(stock), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
        assert one.any()


def test_verl_s_padding_rows_carry_nothing_and_are_no_group(queue: None) -> None:
    types: list[str | None] = ["numerical"] * 4
    batch = upsample_batch_to_divisible_size(put("padded", TEXTS, types), 6, byte_tokenizer().eos_token_id)
    assert len(batch.keys) == 6
    metrics: dict[str, float] = {}
    made_trainer()._compute_advantage(batch, metrics)
    found = advantages_of(batch)
    assert all(map(torch.equal, found[:4], by_the_core(TEXTS, types)))
    assert [row.tolist() for row in found[4:]] == [[0.0], [0.0]]
    assert metrics["p2r/unscored/reasoning"] == 0.0


@pytest.mark.parametrize(
    ("name", "put_there", "error"),
    [
        ("tools", partial(put, masked=True), "did not write"),
        ("outputs", partial(put, index=1), "several outputs"),
    ],
)
def test_what_can_t_be_credited_is_refused(queue: None, name: str, put_there: Any, error: str) -> None:
    batch = put_there(name, TEXTS, ["numerical"] * 4)
    with pytest.raises(ConfigError, match=error):
        made_trainer()._compute_advantage(batch, {})


def test_rewards_of_another_function_are_refused(queue: None) -> None:
    batch = put("others", TEXTS, ["numerical"] * 4)
    data = tq.kv_batch_get(keys=batch.keys, partition_id="others", select_fields=["num_turns"])
    rows = [{"extra_fields": {"reward_extra_info": {"acc": 1.0}}} for _ in range(len(data))]
    tq.kv_batch_put(keys=batch.keys, fields=list_of_dict_to_tensordict(rows), partition_id="others")
    with pytest.raises(ConfigError, match="custom_reward_function"):
        made_trainer()._compute_advantage(batch, {})


def test_verl_s_reward_workers_and_their_processes_run_it_under_ray(queue: None, tmp_path: Path) -> None:
    byte_tokenizer().save_pretrained(tmp_path)
    config = compose(
        [
            f"actor_rollout_ref.model.path={tmp_path}",
            "reward.num_workers=1",
            "reward.reward_manager.name=remote",
            "reward.custom_reward_function.path=pkg://p2r_rewards.trainers.verl",
            "+reward.custom_reward_function.reward_kwargs.judge=lexical",
        ]
    )
    types = ["numerical", "numerical", None]
    rows = [("How many?", text, "2", {**CUPS, "problem_type": kind}) for text, kind in zip(TEXTS, types, strict=False)]
    found = RewardLoopManager(config).compute_rm_score(make_batch(byte_tokenizer(), rows))
    scores, extras = found.batch["rm_scores"].sum(1).tolist(), found.non_tensor_batch
    assert scores[:2] == [4.0, 3.0]
    assert scores[2] != scores[2]
    assert extras["unscored"].tolist() == [0.0, 0.0, 1.0]
    assert extras["unscored_reason"].tolist()[2] == "problem type is missing"
    assert extras["perception_reward"].dtype == float


@pytest.mark.parametrize("mode", ["sync", "colocate_async", "separate_async"])
def test_verl_finds_each_trainer_by_name_and_sees_its_own_mode(mode: str) -> None:
    kind = get_trainer_cls(f"pa_grpo_{mode}")
    assert issubclass(kind, get_trainer_cls(mode))
    apart = (
        "data.train_batch_size=256",
        "trainer.v1.separate_async.parameter_sync_step=1",
        "actor_rollout_ref.rollout.nnodes=1",
        "actor_rollout_ref.rollout.n_gpus_per_node=1",
        "actor_rollout_ref.rollout.checkpoint_engine.backend=nccl",
    )
    more = apart if mode == "separate_async" else ()
    trainer = made_trainer(f"trainer.v1.trainer_mode=pa_grpo_{mode}", *more, kind=kind)
    assert trainer.trainer_mode == trainer.config.trainer.v1.trainer_mode == mode


def test_a_setting_at_fault_ends_the_run_before_it_starts() -> None:
    with pytest.raises(ConfigError, match="use_kl_in_reward"):
        made_trainer("algorithm.use_kl_in_reward=True")


def test_the_environment_variable_of_the_page_registers_trainer_and_estimator() -> None:
    code = (
        "import verl; from verl.trainer.ppo.v1 import get_trainer_cls; "
        "from verl.trainer.ppo.core_algos import get_adv_estimator_fn as find; "
        "print(get_trainer_cls('pa_grpo_sync').__name__, find('p2r_grpo').__name__)"
    )
    environment = {**os.environ, "VERL_USE_EXTERNAL_MODULES": "p2r_rewards.trainers.verl.pa_grpo"}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["PAGRPOSync", "compute_grpo_advantage"]
