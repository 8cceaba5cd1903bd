"""ms-swift's own GRPO on a CPU with our plugin: its loader, reward wrapper, encoding, advantages and loss."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.trainers.adapters.installed import require
from tests.trainers.adapters.replies import CUPS, REPLIES

require("swift", "ms_swift")

import torch

from p2r_rewards.advantages import pa_grpo_advantages
from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.trainers.ms_swift import REWARDS, BatchScorer
from p2r_rewards.trainers.ms_swift.pa_grpo import credit
from p2r_rewards.trainers.ms_swift.supported import check_supported
from p2r_rewards.trainers.samples import RewardSettings
from tests.trainers.adapters import ms_swift_run
from tests.trainers.adapters.ms_swift_run import Run, train

NAN = float("nan")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tmp_path_factory.mktemp("pa_grpo"))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tmp_path_factory.mktemp("own"), own=True)


PERCEPTION = [2.2, 2.2, 1.0, NAN, 0.0]
REASONING = [2.2, 1.0, 2.2, 2.2, 0.0]
"""R_P and R_R of the scripted replies, by hand: what is dark has no verdict."""


def expected(text: str, perception: float, reasoning: float, known: int) -> list[float]:
    """The advantage of each byte, by the text alone."""
    body = text.removesuffix("<|im_end|>")
    rest = [reasoning] * (text != body)
    if "</observation>" not in body:
        return [(perception + reasoning) / known] * len(body) + rest
    seen = body.index("</observation>") + len("</observation>")
    between = (perception + reasoning) / known
    return [perception] * seen + [between] + [reasoning] * (len(body) - seen - 1) + rest


def test_tokens_carry_the_core_s_advantages_where_the_loss_sees_them(run: Run) -> None:
    advantages = pa_grpo_advantages(np.array(PERCEPTION), np.array(REASONING), 5)
    assert len(run.steps) == 4
    for step in run.steps:
        mask = step.batch.completion_mask
        assert step.batch.advantages.shape == mask.shape
        assert not step.batch.advantages[~mask].any()
        texts = step.texts(run.trainer.template.tokenizer)
        assert [text.removesuffix("<|im_end|>") for text in texts] == list(REPLIES)
        for row, text in enumerate(texts):
            pair = float(advantages.perception[row]), float(advantages.reasoning[row])
            found = step.batch.advantages[row][mask[row]].tolist()
            assert found == pytest.approx(expected(text, *pair, 2 - bool(np.isnan(PERCEPTION[row]))), abs=1e-5)


def test_a_group_that_lies_on_two_processes_is_one_group(tmp_path: Path) -> None:
    runner = Path(ms_swift_run.__file__)
    command = ["torch.distributed.run", "--nproc_per_node", "2", "--standalone", str(runner), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(runner.parents[3]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command], env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = [json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in (0, 1)]
    advantages = pa_grpo_advantages(np.array(PERCEPTION * 2), np.array(REASONING * 2), 10)
    for rank, one in enumerate(found):
        for row, (text, values) in enumerate(zip(one["texts"], one["advantages"], strict=True)):
            place = 5 * rank + row
            pair = float(advantages.perception[place]), float(advantages.reasoning[place])
            assert values == pytest.approx(expected(text, *pair, 2 - bool(np.isnan(PERCEPTION[row]))), abs=1e-5)


def test_the_loss_is_that_of_these_advantages(run: Run) -> None:
    for step in run.steps[:2]:  # before the first update the ratio is 1, and the policy is its own reference
        mask = step.batch.completion_mask
        by_hand = -((step.batch.advantages * mask).sum(1) / mask.sum(1)).mean().item()
        assert step.loss == pytest.approx(by_hand, abs=1e-5)
        assert abs(by_hand) > 1e-3


def test_equal_rewards_give_ms_swift_s_own_advantages_and_loss(run: Run) -> None:
    from swift.rl_core.advantage import compute_advantages, expand_advantage_to_per_token

    trainer, step = run.trainer, run.steps[0]
    rewards = torch.tensor([[2.2, 0.0, 1.0, 1.2, 0.7]]).T.repeat(1, 4)  # R_P = R_R
    ours = trainer._normalise(rewards)
    theirs, _ = compute_advantages(rewards[:, :1], torch.ones(1), 5)
    torch.testing.assert_close(ours.perception, theirs)
    torch.testing.assert_close(ours.reasoning, theirs)
    mask = step.batch.completion_mask
    segments = [encode_segments(trainer, ids[own]) for ids, own in zip(step.ids, mask, strict=True)]
    losses = []
    for advantages in (credit(ours, segments, mask), expand_advantage_to_per_token(theirs, mask)):
        inputs = copy.deepcopy(step.inputs)
        inputs["grpo_batch"].advantages = advantages
        losses.append(trainer.compute_loss(trainer.model, inputs).item())
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
    assert losses[0] != pytest.approx(step.loss, abs=1e-3)


def encode_segments(trainer: Any, ids: torch.Tensor) -> Any:
    return trainer._segments(SimpleNamespace(encoded={"input_ids": ids.tolist(), "labels": ids.tolist()}))


def test_parts_are_logged_under_a_name_each_and_collapsed_groups_counted(run: Run) -> None:
    logged = run.trainer.state.log_history[0]
    assert logged["rewards/P2RPerception/mean"] == pytest.approx(np.nanmean(PERCEPTION), abs=1e-5)
    assert logged["rewards/P2RReasoning/mean"] == pytest.approx(np.mean(REASONING), abs=1e-5)
    assert logged["rewards/P2RPerceptionAccuracy/mean"] == pytest.approx(0.5)  # of four that are scored
    assert logged["rewards/P2RReasoningAccuracy/mean"] == pytest.approx(0.6)
    assert [logged[f"collapsed/{name}"] for name in ("perception", "reasoning", "both", "sum")] == [0.0] * 4
    table = run.table[0]
    advantages = pa_grpo_advantages(np.array(PERCEPTION * 2), np.array(REASONING * 2), 5)
    assert table["perception_advantage"] == pytest.approx(advantages.perception, abs=1e-5)
    assert table["reasoning_advantage"] == pytest.approx(advantages.reasoning, abs=1e-5)
    assert np.isnan(table["P2RPerception"]).tolist() == np.isnan(PERCEPTION * 2).tolist()


def test_four_functions_ask_the_judge_once_an_observation(run: Run) -> None:
    assert run.asked_for("two cups") == run.asked_for("Nothing") == 1  # in two groups, two steps, four functions


def test_dynamic_sampling_keeps_groups_that_teach_either_process(run: Run) -> None:
    same, differ = [1.0] * 5, [0.0, 1.0, 0.0, 1.0, 1.0]
    lost = [NAN, NAN, NAN, NAN, 1.0]  # one reward alone teaches nothing; ms-swift would see 0, 0, 0, 0, 1
    for perception, reasoning, kept in ((same, same, 0), (differ, same, 1), (same, differ, 1), (lost, same, 0)):
        rewards = torch.tensor([perception, reasoning, same, same]).T
        assert run.trainer.compute_std([], rewards).tolist() == [float(kept)] * 5


def test_ms_swift_itself_takes_an_unscored_reply_for_a_0(own: Run) -> None:
    """The trap that the override is free of."""
    combined = np.array(PERCEPTION) + np.array(REASONING)
    assert np.isnan(own.table[0]["P2R"]).tolist() == np.isnan([*combined, *combined]).tolist()
    rewards = torch.tensor(np.nan_to_num(combined))
    zeroed = (rewards - rewards.mean()) / (rewards.std() + 1e-4)
    assert own.table[0]["advantages"][:5] == pytest.approx(zeroed.tolist(), abs=1e-4)
    assert zeroed[3] < -1


def test_unscored_replies_are_left_out_of_plain_grpo_by_the_override(run: Run) -> None:
    trainer = copy.copy(run.trainer)
    trainer._p2r = dataclasses.replace(run.trainer._p2r, reward=RewardConfig(processes="summed"))
    rewards = torch.tensor([[*PERCEPTION], [*REASONING]]).T
    found = trainer._normalise(rewards)
    core = pa_grpo_advantages(np.array(PERCEPTION), np.array(REASONING), 5, processes="summed")
    assert found.perception.tolist() == pytest.approx(core.perception.tolist(), abs=1e-5)
    assert found.perception[3] == 0.0


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"scale_rewards": "batch"}, "scale_rewards"),
        ({"advantage_estimator": "rloo"}, "advantage_estimator"),
        ({"importance_sampling_level": "sequence"}, "importance_sampling_level"),
        ({"off_policy_sequence_mask_delta": 0.1}, "off_policy_sequence_mask_delta"),
        ({"kl_in_reward": True}, "kl_in_reward"),
        ({"use_liger_loss": True}, "use_liger_loss"),
        ({"advantage_reweight": "rlsd"}, "advantage_reweight"),
        ({"teacher_model_server": "http://localhost:1"}, "teacher"),
        ({"loss_type": "real"}, "loss_type"),
        ({"reward_weights": torch.tensor([1.0, 2.0, 0.0, 0.0])}, "does not weigh"),
        ({"reward_weights": torch.tensor([1.0, 1.0, 1.0, 0.0])}, "P2RPerceptionAccuracy"),
    ],
)
def test_options_that_would_not_do_what_they_say_are_refused(run: Run, changes: dict[str, Any], names: str) -> None:
    trainer = copy.copy(run.trainer)
    check_supported(trainer, run.trainer._p2r_columns)
    vars(trainer).update(changes)
    with pytest.raises(ConfigError, match=names):
        check_supported(trainer, run.trainer._p2r_columns)


def test_the_processes_need_their_functions_and_no_others(run: Run) -> None:
    trainer = copy.copy(run.trainer)
    trainer.reward_funcs = [one for one in run.trainer.reward_funcs if isinstance(one, REWARDS["p2r_reasoning"])]
    assert trainer._column(REWARDS["p2r_reasoning"]) == 0
    with pytest.raises(ConfigError, match="needs the reward function P2RPerception"):
        trainer._column(REWARDS["p2r_perception"])


def test_several_samples_of_one_rollout_are_refused(run: Run) -> None:
    trainer = copy.copy(run.trainer)
    trainer.dynamic_num_samples = True
    with pytest.raises(ConfigError, match="several turns"):
        trainer._compute_advantages([], torch.zeros(5, 4), [])


def test_a_mask_of_another_length_is_an_error(run: Run) -> None:
    found = pa_grpo_advantages(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0]), 2)
    with pytest.raises(DataError, match="sees 2 tokens"):
        credit(found, [np.ones(3, np.int8)] * 2, torch.ones(2, 2))


def test_credit_follows_the_mask_wherever_rows_begin() -> None:
    found = pa_grpo_advantages(torch.tensor([0.0, 2.0]), torch.tensor([1.0, 0.0]), 2)
    mask = torch.tensor([[0, 1, 1, 0], [1, 0, 1, 1]])  # the second has a hole, as where a tool's tokens are masked
    credited = credit(found, [np.array([1, 2], np.int8), np.array([1, 1, 2], np.int8)], mask)
    a = 2**0.5 / 2
    by_hand = [[0, -a, a, 0], [a, 0, a, -a]]
    assert credited.tolist() == [pytest.approx(row, abs=1e-3) for row in by_hand]


def test_ms_swift_sees_that_the_functions_are_to_be_awaited() -> None:
    """An object whose `__call__` is async goes unseen elsewhere."""
    from swift.rl_core.grpo_algorithm import _is_async_reward

    assert all(_is_async_reward(kind(scorer=BatchScorer(RewardSettings(judge="lexical")))) for kind in REWARDS.values())


def test_its_loader_must_not_be_given_a_file_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It puts the plugin's folder first on sys.path: beside our files, `import trl` would find ours."""
    from swift.utils import import_external_file

    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "plugin.py").write_text("import sys\nfirst = sys.path[0]\n")
    assert import_external_file(str(tmp_path / "plugin.py")).first == str(tmp_path)
    trainers = Path(REWARDS["p2r"].__init__.__code__.co_filename).resolve().parents[1]
    assert (trainers / "trl" / "__init__.py").exists()


def test_an_error_in_scoring_ends_the_step_instead_of_being_swallowed() -> None:
    from swift.rl_core.data import GRPOSample
    from swift.rl_core.grpo_algorithm import score_completions

    reward = REWARDS["p2r"](scorer=BatchScorer(RewardSettings(judge="lexical")))
    sample = GRPOSample(messages=[{"role": "assistant", "content": 7}], extra=CUPS)
    with pytest.raises(DataError, match="a completion is text"):
        score_completions([sample], [reward], [None], False, torch.device("cpu"))
