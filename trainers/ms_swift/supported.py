"""Which options of ms-swift's GRPO go together with advantages per token."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_args

from p2r_rewards.errors import ConfigError
from p2r_rewards.token_credit import LossType

_FIXED: tuple[tuple[str, Any, str], ...] = (
    ("scale_rewards", "group", "rewards are normalised per process and group"),
    ("advantage_estimator", "grpo", "rewards are normalised per process and group"),
    ("importance_sampling_level", "token", "one ratio a sequence would spread each process's clipping over the other"),
    ("off_policy_sequence_mask_delta", None, "it drops sequences by the sign of their one advantage"),
    ("kl_in_reward", False, "it would change the rewards of both processes"),
    ("advantage_reweight", None, "it scales the one advantage of a sequence"),
    ("use_liger_loss", False, "it averages the advantages of a sequence"),
    ("use_gym_env", False, "its reward has no process"),
)

TEACHER = "PA-GRPO does not support a teacher (OPD-RL, RLSD, SDAR): its signal is added to one advantage a sequence"


def check_supported(trainer: Any, columns: Collection[int]) -> None:
    """Refuses what would not do what it says.

    Args:
        trainer: ms-swift's, after its own constructor.
        columns: The reward functions that are normalised; the others may only be logged.

    Raises:
        ConfigError: It names the option, its value and the cure.
    """
    for name, only, why in _FIXED:
        value = getattr(trainer, name, only)
        if value != only and not (only is None and value in (None, "none", "")):
            message = f"PA-GRPO does not support {name}={value!r}: {why}; leave it at {only!r}"
            raise ConfigError(message)
    if trainer._has_teacher_explicit():
        raise ConfigError(TEACHER)
    if trainer.loss_type not in get_args(LossType):
        choices = ", ".join(map(repr, get_args(LossType)))
        message = f"PA-GRPO does not support loss_type={trainer.loss_type!r}; use one of {choices}"
        raise ConfigError(message)
    if trainer.template.sequence_parallel_size > 1:
        message = "PA-GRPO does not support sequence_parallel_size > 1: a completion's tokens lie on several ranks"
        raise ConfigError(message)
    for index, (name, weight) in enumerate(
        zip(trainer.reward_func_names, trainer.reward_weights.tolist(), strict=True)
    ):
        if index not in columns and weight != 0:
            message = f"PA-GRPO has no process for the reward function {name}: give it the weight 0, to log it only"
            raise ConfigError(message)
        if index in columns and weight != 1:
            message = f"the reward function {name} has the weight {weight:g}: PA-GRPO does not weigh processes; set 1"
            raise ConfigError(message)
