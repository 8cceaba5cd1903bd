"""With R_P = R_R, PA-GRPO is GRPO: losses and gradient norms of both trainers, bit by bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from trl import GRPOConfig, GRPOTrainer

from p2r_rewards.problem import Problem
from p2r_rewards.rewards import reward_completion
from tests.trainers.trl import tiny

RIGHT, WRONG, JUNK = tiny.reply(), tiny.reply("bad", answer="A"), "Well."  # R_P = R_R = 2, 1, 0
# Groups whose advantages TRL's float32 and our float64 round alike.
SCRIPT = {
    "one": [RIGHT, WRONG, RIGHT.replace("so", "so then"), WRONG],
    "two": [JUNK, RIGHT, JUNK, RIGHT],
    "three": [RIGHT, JUNK + "…", JUNK, JUNK],
    "four": [WRONG, WRONG, WRONG, JUNK],
}
PROBLEM = Problem("Which?", gold="B", type="multiple choice", options=("A. a cat", "B. a dog"))


class ScriptedGRPO(tiny.Scripted, GRPOTrainer):
    def _group_size(self) -> int:
        return self.num_generations


def own_reward(completions: list[str], **_: Any) -> list[float | None]:
    return [reward_completion(PROBLEM, text, sufficient="good" in text).reasoning.total for text in completions]


def train(kind: Any, settings: Any, model: str, **more: Any) -> tuple[list[dict[str, float]], Any]:
    recorder = tiny.Recorder()
    trainer = kind(
        model,
        args=settings,
        train_dataset=tiny.dataset(list(SCRIPT)),
        processing_class=tiny.tokenizer(),
        callbacks=[recorder],
        **more,
    )
    trainer.script = SCRIPT
    trainer.train()
    return [log for log in recorder.logs if "grad_norm" in log], trainer


OPTIONS: dict[str, dict[str, Any]] = {
    "dapo": {},
    "grpo, KL": {"loss_type": "grpo", "beta": 0.1},
    "bnpo, several iterations": {"loss_type": "bnpo", "num_iterations": 2, "max_steps": 4},
    "dr_grpo, padding": {"loss_type": "dr_grpo", "pad_to_multiple_of": 64},
    "cispo, accumulation": {"loss_type": "cispo", "gradient_accumulation_steps": 2, "per_device_train_batch_size": 4},
    "sapo, steps a generation": {"loss_type": "sapo", "steps_per_generation": 4, "per_device_train_batch_size": 4},
    "truncation masked, entropy": {"mask_truncated_completions": True, "top_entropy_quantile": 0.5},
    "two-sided clipping, KL correction": {
        "delta": 1.5,
        "beta": 0.1,
        "use_bias_correction_kl": True,
        "num_iterations": 2,
    },
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_equal_rewards_make_it_grpo(options: dict[str, Any], tmp_path: Path) -> None:
    model = tiny.save_model(tmp_path / "model")
    theirs, stock = train(ScriptedGRPO, tiny.config(tmp_path, GRPOConfig, **options), model, reward_funcs=[own_reward])
    ours, trainer = train(
        tiny.ScriptedPAGRPO, tiny.config(tmp_path, rewards={"length": "off"}, **options), model, judge=tiny.truth
    )
    assert len(ours) >= 2
    assert all(log["grad_norm"] > 1e-4 for log in ours)
    for name in ("loss", "grad_norm"):
        assert [log[name] for log in ours] == [log[name] for log in theirs], name
    for own, other in zip(trainer.model.parameters(), stock.model.parameters(), strict=True):
        assert torch.equal(own, other)


# One advantage a completion: TRL's own loss with everything in it, the losses over whole sequences too.
ABLATIONS = {
    "sequence ratios": {"importance_sampling_level": "sequence", "loss_type": "grpo", "num_iterations": 2},
    "luspo": {"importance_sampling_level": "sequence", "loss_type": "luspo"},
    "vespo": {"loss_type": "vespo", "num_iterations": 2},
    "off-policy mask": {"off_policy_mask_threshold": 0.01, "num_iterations": 2},
}


@pytest.mark.parametrize("options", ABLATIONS.values(), ids=ABLATIONS)
def test_reasoning_only_is_grpo_with_every_option(options: dict[str, Any], tmp_path: Path) -> None:
    model = tiny.save_model(tmp_path / "model")
    theirs, _ = train(ScriptedGRPO, tiny.config(tmp_path, GRPOConfig, **options), model, reward_funcs=[own_reward])
    rewards = {"length": "off", "processes": "reasoning only"}
    ours, _ = train(tiny.ScriptedPAGRPO, tiny.config(tmp_path, rewards=rewards, **options), model)
    for name in ("loss", "grad_norm"):
        assert [log[name] for log in ours] == [log[name] for log in theirs], name
