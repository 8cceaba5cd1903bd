"""The estimator beside verl's GRPO, and advantages per token in verl's own losses beside a few lines of torch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.trainers.adapters.installed import require

require("verl")

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from tensordict import TensorDict
from verl import DataProto
from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage, get_adv_estimator_fn, get_policy_loss_fn
from verl.trainer.ppo.ray_trainer import compute_advantage
from verl.workers.config import ActorConfig, PolicyLossConfig

from p2r_rewards.advantages import pa_grpo_advantages
from p2r_rewards.errors import ConfigError
from p2r_rewards.token_credit import token_advantages
from p2r_rewards.trainers.samples import RewardSettings
from p2r_rewards.trainers.verl import estimator
from p2r_rewards.trainers.verl.options import PAGRPOOptions, check_supported, loss_scale
from tests.trainers.adapters.verl_kit import commands, compose

PA_GRPO = commands()[2]
AGGREGATIONS = ("token-mean", "token-sum", "seq-mean-token-sum", "seq-mean-token-sum-norm", "seq-mean-token-mean")
LOSSES = ("vanilla", "dppo_tv", "dppo_kl", "gpg", "cispo", "sapo", "dro")


def at_last_token(rewards: Any, mask: torch.Tensor) -> torch.Tensor:
    """Where verl puts the reward of a sequence."""
    scores = torch.zeros(mask.shape)
    scores[torch.arange(len(mask)), mask.sum(1) - 1] = torch.as_tensor(rewards, dtype=torch.float32)
    return scores


def made_mask(rows: int, seed: int = 0) -> torch.Tensor:
    lengths = torch.randint(1, 7, (rows,), generator=torch.Generator().manual_seed(seed))
    return (torch.arange(7) < lengths[:, None]).long()


class TestEstimator:
    def test_it_is_verl_s_grpo_to_the_last_bit_on_exact_rewards(self) -> None:
        # A deviation of 64, in which verl's float32 loses the epsilon, and float64 rounds to the same.
        rewards = [96.0, -32.0, -32.0, -32.0, 104.0, -24.0, -24.0, -24.0, 1.0, 1.0, 129.0, 1.0]
        index = np.repeat(np.array(["a", "b", "c"], dtype=object), 4)
        mask = made_mask(12)
        scores = at_last_token(rewards, mask)
        expected, _ = compute_grpo_outcome_advantage(scores.clone(), mask, index)
        found, returns = get_adv_estimator_fn("p2r_grpo")(token_level_rewards=scores, response_mask=mask, index=index)
        assert torch.equal(found, expected)
        assert torch.equal(returns, found)

    @given(
        st.lists(st.lists(st.integers(0, 42).map(lambda n: n / 10), min_size=2, max_size=8), min_size=1, max_size=4),
        st.randoms(use_true_random=False),
    )
    def test_it_is_verl_s_grpo_where_groups_differ(self, groups: list[list[float]], random: Any) -> None:
        rows = [(f"uid-{number}", reward) for number, group in enumerate(groups) for reward in group]
        random.shuffle(rows)
        index = np.array([uid for uid, _ in rows], dtype=object)
        mask = made_mask(len(rows))
        scores = at_last_token([reward for _, reward in rows], mask)
        expected, _ = compute_grpo_outcome_advantage(scores.clone(), mask, index)
        found, _ = estimator.compute_grpo_advantage(scores, mask, index)
        differs = torch.tensor([len(set(groups[int(uid[4:])])) > 1 for uid in index])
        torch.testing.assert_close(found[differs], expected[differs], rtol=1e-5, atol=2e-6)
        assert not found[~differs].any()

    def test_unscored_rollouts_are_left_out_where_verl_s_own_loses_the_group(self) -> None:
        mask = made_mask(8)
        rewards = [1.0, float("nan"), 3.0, 2.0, float("nan"), 5.0, 1.0, 0.0]
        index = np.array(list("aaaabbcc"), dtype=object)
        scores = at_last_token(rewards, mask)
        stock, _ = compute_grpo_outcome_advantage(scores.clone(), mask, index)
        assert stock[:6].isnan().any(1).all()  # two whole groups
        found, _ = estimator.compute_grpo_advantage(scores, mask, index)
        without = torch.tensor([0, 2, 3, 6, 7])
        expected, _ = compute_grpo_outcome_advantage(scores[without], mask[without], index[without])
        torch.testing.assert_close(found[without], expected, rtol=1e-5, atol=1e-6)
        assert not found[[1, 4, 5]].any()  # unscored, unscored, and alone in its group

    def test_crumbs_of_equal_rewards_are_nothing(self) -> None:
        mask = made_mask(3)
        scores = at_last_token([2.3, 2.3, 2.3], mask)
        index = np.array(list("aaa"), dtype=object)
        assert not estimator.compute_grpo_advantage(scores, mask, index)[0].any()

    def test_verl_s_advantage_step_finds_it_by_name(self) -> None:
        mask = made_mask(4)
        batch = {"token_level_rewards": at_last_token([1.0, 0.0, 0.0, 1.0], mask), "response_mask": mask}
        data = DataProto(TensorDict(batch, batch_size=4), {"uid": np.array(list("aabb"), dtype=object)})
        config = compose(PA_GRPO).algorithm
        found = compute_advantage(data, adv_estimator=config.adv_estimator, config=config)
        assert found.batch["advantages"].sign()[:, 0].tolist() == [1, -1, -1, 1]
        config.norm_adv_by_std_in_grpo = False
        with pytest.raises(ConfigError, match="norm_adv_by_std_in_grpo"):
            compute_advantage(data, adv_estimator=config.adv_estimator, config=config)


def made_actor(loss_mode: str, mode: str, **more: Any) -> Any:
    return ActorConfig(
        strategy="fsdp",
        rollout_n=4,
        ppo_micro_batch_size_per_gpu=2,
        loss_agg_mode=mode,
        clip_ratio=0.2,
        clip_ratio_c=3.0,
        policy_loss=PolicyLossConfig(loss_mode=loss_mode, dro_beta=0.1),
        **more,
    )


class Case:
    """Eight completions of two groups with segments, log-probabilities, and both advantages."""

    def __init__(self) -> None:
        random = torch.Generator().manual_seed(3)
        self.mask = made_mask(8, seed=5)
        ids = torch.randint(0, 3, self.mask.shape, generator=random)
        self.ids = torch.where(self.mask.bool(), ids, -1)
        self.old = -torch.rand(self.mask.shape, generator=random)
        self.new = (self.old + 0.6 * torch.randn(self.mask.shape, generator=random)).requires_grad_()
        self.perception = torch.tensor([1.0, 0.0, float("nan"), 2.0, 0.0, 0.0, 0.0, 0.0])
        self.reasoning = torch.tensor([0.2, 2.0, 1.0, 1.2, 1.0, 0.0, 1.0, 0.0])
        self.advantages = pa_grpo_advantages(self.perception, self.reasoning, 4, eps=estimator.EPS)

    def loss(self, config: Any, advantages: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """verl's, and its gradient."""
        function = get_policy_loss_fn(config.policy_loss.loss_mode)
        loss, _ = function(
            old_log_prob=self.old,
            log_prob=self.new,
            advantages=advantages,
            response_mask=self.mask,
            loss_agg_mode=config.loss_agg_mode,
            config=config,
        )
        return loss, torch.autograd.grad(loss, self.new)[0]

    def by_hand(self, mode: str, weigh: Any = None) -> torch.Tensor:
        """Eq. 7 with verl's clipping from below, token by token."""
        rows = []
        for row in range(8):
            terms = []
            for token in range(int(self.mask[row].sum())):
                one = [self.advantages.perception[row], self.advantages.reasoning[row]]
                known = [self.advantages.perception_known[row], self.advantages.reasoning_known[row]]
                segment = int(self.ids[row, token])
                a = one[segment - 1] if segment else sum(one) / max(sum(map(int, known)), 1)
                ratio = (self.new[row, token] - self.old[row, token]).exp()
                term = torch.minimum(ratio * a, ratio.clamp(0.8, 1.2) * a)
                if a < 0:
                    term = torch.maximum(term, 3.0 * a)
                terms.append(-term * (1.0 if weigh is None else weigh(row, segment)))
            rows.append(torch.stack(terms))
        if weigh is not None:
            return torch.stack([row.sum() for row in rows]).mean()
        total = torch.cat(rows).sum()
        return {
            "token-mean": lambda: total / self.mask.sum(),
            "token-sum": lambda: total,
            "seq-mean-token-sum": lambda: total / 8,
            "seq-mean-token-sum-norm": lambda: total / 8 / 7,
            "seq-mean-token-mean": lambda: torch.stack([row.mean() for row in rows]).mean(),
        }[mode]()


@pytest.mark.parametrize("mode", AGGREGATIONS)
def test_verl_s_clipped_loss_takes_an_advantage_per_token(mode: str) -> None:
    case = Case()
    credited = token_advantages(case.advantages, case.ids)
    assert len({tuple(row.tolist()) for row in credited}) == 8  # they do differ
    loss, gradient = case.loss(made_actor("vanilla", mode), credited)
    expected = case.by_hand(mode)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, case.new)[0])


@pytest.mark.parametrize("mode", AGGREGATIONS)
@pytest.mark.parametrize("loss_mode", LOSSES)
def test_a_token_s_gradient_rests_on_its_own_process(loss_mode: str, mode: str) -> None:
    case, config = Case(), made_actor(loss_mode, mode)
    _, gradient = case.loss(config, token_advantages(case.advantages, case.ids))
    _, by_perception = case.loss(config, case.advantages.perception[:, None] * case.mask)
    _, by_reasoning = case.loss(config, case.advantages.reasoning[:, None] * case.mask)
    assert gradient.abs().sum() > 0
    torch.testing.assert_close(gradient[case.ids == 1], by_perception[case.ids == 1])
    torch.testing.assert_close(gradient[case.ids == 2], by_reasoning[case.ids == 2])
    assert not gradient[case.ids == -1].any()


@pytest.mark.parametrize(
    ("mode", "more"),
    [("seq-mean-token-mean", {}), ("seq-mean-token-sum", {}), ("seq-mean-token-sum-norm", {"loss_scale_factor": 11})],
)
def test_segments_weigh_alike_whatever_their_length(mode: str, more: dict[str, Any]) -> None:
    case, actor = Case(), made_actor("vanilla", mode, **more)
    config = OmegaConf.create({"loss_agg_mode": mode, "policy_loss": {"loss_mode": "vanilla"}, **more})
    if "loss_scale_factor" not in config:
        config.loss_scale_factor = None
    credited = token_advantages(case.advantages, case.ids, reduction="segment_mean", **loss_scale(config))
    actor.global_batch_info.update(more)
    loss, gradient = case.loss(actor, credited)

    def weigh(row: int, segment: int) -> float:
        return 1.0 / int((case.ids[row] == segment).sum()) if segment else 2.0 / int(case.mask[row].sum())

    expected = case.by_hand(mode, weigh)
    # Scaling by a positive factor leaves what is clipped alone.
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, case.new)[0])


SUMMED = RewardSettings.from_mapping({"judge": "lexical", "reward": {"processes": "summed"}})


@pytest.mark.parametrize(
    ("override", "settings", "options", "error"),
    [
        ("algorithm.adv_estimator=grpo", {}, {}, "adv_estimator='grpo'.*'p2r_grpo'"),
        ("algorithm.norm_adv_by_std_in_grpo=False", {}, {}, "norm_adv_by_std"),
        ("algorithm.use_kl_in_reward=True", {}, {}, "use_kl_loss"),
        ("actor_rollout_ref.actor.policy_loss.loss_mode=gspo", {}, {}, "gspo.*one ratio"),
        ("actor_rollout_ref.actor.policy_loss.loss_mode=geo_mean", {}, {}, "geo_mean.*mean of"),
        ("actor_rollout_ref.actor.policy_loss.loss_mode=clip_cov", {}, {}, "clip_cov.*together"),
        ("actor_rollout_ref.actor.loss_agg_mode=token-mean", {}, {"reduction": "segment_mean"}, "token-mean"),
        ("actor_rollout_ref.actor.loss_agg_mode=token-sum", {}, {"reduction": "segment_mean"}, "token-sum"),
        ("actor_rollout_ref.actor.loss_agg_mode=seq-mean-token-sum-norm", {}, {"reduction": "segment_mean"}, "factor"),
        ("actor_rollout_ref.actor.policy_loss.loss_mode=dro", {}, {"reduction": "segment_mean"}, "not linear"),
        ("trainer.nnodes=1", {"part": "reasoning"}, {}, "both processes"),
        ("trainer.nnodes=1", {"reward": {"advantage_eps": 0.01}}, {}, "advantage_eps=0.01.*pa_grpo.eps"),
        ("trainer.nnodes=1", {"reward": {"advantage_tie": 0.01}}, {}, "advantage_tie=0.01.*pa_grpo.tie"),
    ],
)
def test_what_would_not_do_what_it_says_is_refused_by_name(
    override: str, settings: dict[str, Any], options: dict[str, Any], error: str
) -> None:
    config = compose([*PA_GRPO, override])
    read = RewardSettings.from_mapping({"judge": "lexical", **settings})
    with pytest.raises(ConfigError, match=error):
        check_supported(config, PAGRPOOptions.from_mapping(options), read)


def test_one_advantage_a_rollout_runs_on_sequence_losses_too() -> None:
    config = compose([*PA_GRPO, "actor_rollout_ref.actor.policy_loss.loss_mode=gspo"])
    check_supported(config, PAGRPOOptions(), SUMMED)


@pytest.mark.parametrize(
    "options", [{"orphan": "mean"}, {"orphans": "half"}, {"reduction": "mean"}, {"eps": -1}, {"tie": "0"}, "orphans"]
)
def test_options_at_fault_are_refused(options: Any) -> None:
    with pytest.raises(ConfigError, match=r"orphan|reduction|eps|tie|table"):
        PAGRPOOptions.from_mapping(options)
