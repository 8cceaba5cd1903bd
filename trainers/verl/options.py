"""What PA-GRPO is told by verl's configuration, and what it refuses there."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError
from p2r_rewards.token_credit import Orphans, Reduction
from p2r_rewards.trainers.recipes.settings import check_keys
from p2r_rewards.trainers.samples import RewardSettings

REFUSED_LOSSES = {
    "gspo": "has one ratio a sequence, which spreads each process's clipping over the other's tokens",
    "geo_mean": "takes the mean of a sequence's advantages",
    "clip_cov": "chooses tokens by how the advantages of both processes together vary with log-probabilities",
    "kl_cov": "chooses tokens by how the advantages of both processes together vary with log-probabilities",
}
"""verl's losses in which a token's term does not rest on its own advantage alone, and why."""

SCALABLE_LOSSES = ("vanilla", "dppo_tv", "dppo_kl", "gpg", "cispo", "sapo")
"""Those that a positive factor of a token's advantage scales, and that token's term with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PAGRPOOptions:
    """The table `trainer.v1.pa_grpo` of verl's configuration.

    Args:
        orphans: What tokens of no segment carry: the "mean" of their row's known advantages, or "zero".
        reduction: "token", or "segment_mean": each segment weighs the same whatever its length.
        eps: Added to the standard deviation; verl's own.
        tie: A group whose rewards differ by no more than this teaches nothing.

    Raises:
        ConfigError: An unknown choice, or no such number.
    """

    orphans: Orphans = "mean"
    reduction: Reduction = "token"
    eps: float = 1e-6
    tie: float = 1e-6

    def __post_init__(self) -> None:
        for name, choices in (("orphans", Orphans), ("reduction", Reduction)):
            if getattr(self, name) not in get_args(choices):
                allowed = ", ".join(map(repr, get_args(choices)))
                message = f"trainer.v1.pa_grpo.{name} must be one of {allowed}, not {getattr(self, name)!r:.80}"
                raise ConfigError(message)

        for name in ("eps", "tie"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                message = f"trainer.v1.pa_grpo.{name} must be a finite number of at least 0, not {value!r:.80}"
                raise ConfigError(message)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> PAGRPOOptions:
        """The options that a table holds.

        Raises:
            ConfigError: An unknown key, with the nearest known one, or a bad value.
        """
        if not isinstance(values, Mapping):
            message = f"trainer.v1.pa_grpo must be a table of options, not {values!r:.80}"
            raise ConfigError(message)
        check_keys(values, [one.name for one in dataclasses.fields(cls)])
        return cls(**values)


def check_supported(config: Any, options: PAGRPOOptions, settings: RewardSettings) -> None:
    """Refuses what would not do what it says.

    Args:
        config: verl's configuration.
        options: Of PA-GRPO.
        settings: Of the rewards.

    Raises:
        ConfigError: It names the setting, its value and the cure.
    """
    algorithm, actor = config.algorithm, config.actor_rollout_ref.actor
    loss_mode = actor.policy_loss.get("loss_mode", "vanilla")
    wanted: tuple[tuple[str, Any, Any, str], ...] = (
        ("algorithm.adv_estimator", algorithm.adv_estimator, "p2r_grpo", "the others take a NaN for a reward"),
        ("algorithm.norm_adv_by_std_in_grpo", algorithm.get("norm_adv_by_std_in_grpo", True), True, "Eq. 6 divides"),
        (
            "algorithm.use_kl_in_reward",
            algorithm.use_kl_in_reward,
            False,
            "a penalty in the reward belongs to neither process; actor.use_kl_loss=True is the paper's term",
        ),
        ("reward_kwargs.part", settings.part, "process", "both processes must be scored"),
    )
    for name, value, only, why in wanted:
        if value != only:
            message = f"{name}={value!r} does not go together with PA-GRPO: {why}; set it to {only!r}"
            raise ConfigError(message)
    for name in ("eps", "tie"):
        value = getattr(settings.reward, f"advantage_{name}")
        if value != getattr(RewardConfig(), f"advantage_{name}"):
            message = f"reward.advantage_{name}={value!r} does nothing in verl: set trainer.v1.pa_grpo.{name} instead"
            raise ConfigError(message)
    if loss_mode in REFUSED_LOSSES and settings.reward.processes == "separate":
        message = (
            f"policy_loss.loss_mode={loss_mode!r} {REFUSED_LOSSES[loss_mode]}: use 'vanilla', or one advantage a "
            "rollout (reward_kwargs: {reward: {processes: summed}})"
        )
        raise ConfigError(message)
    if options.reduction == "segment_mean":
        loss_scale(actor)


def loss_scale(actor: Any) -> dict[str, Any]:
    """How `token_advantages` scales "segment_mean" for the loss of this actor.

    verl's "seq-mean-token-mean" divides by a row's tokens, the other sequence means by nothing or by a constant.

    Raises:
        ConfigError: The loss is normalised by what is not known when advantages are made, or a factor of the advantage
            is no factor of the loss.
    """
    mode, loss_mode = actor.loss_agg_mode, actor.policy_loss.get("loss_mode", "vanilla")
    if loss_mode not in SCALABLE_LOSSES:
        message = (
            f"reduction='segment_mean' scales advantages, and policy_loss.loss_mode={loss_mode!r} is not linear in "
            f"them: use reduction='token', or one of {', '.join(SCALABLE_LOSSES)}"
        )
        raise ConfigError(message)
    if mode == "seq-mean-token-mean" or loss_mode == "sapo":  # verl's sapo has that mode whatever is set
        return {"loss_type": "grpo"}
    if mode == "seq-mean-token-sum":
        return {"loss_type": "dr_grpo", "max_completion_length": 1}
    if mode == "seq-mean-token-sum-norm" and actor.loss_scale_factor:
        return {"loss_type": "dr_grpo", "max_completion_length": actor.loss_scale_factor}
    message = (
        f"reduction='segment_mean' can't be had with loss_agg_mode={mode!r}: what it divides by is known in the loss "
        "only; use 'seq-mean-token-mean', 'seq-mean-token-sum', 'seq-mean-token-sum-norm' with a loss_scale_factor, "
        "or reduction='token'"
    )
    raise ConfigError(message)
