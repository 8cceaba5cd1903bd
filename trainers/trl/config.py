"""`PAGRPOConfig`: TRL's options, and how perception and reasoning are rewarded and credited."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError
from p2r_rewards.token_credit import LossType, Orphans, Reduction
from p2r_rewards.trainers.trl.rows import PROBLEM_FIELDS
from p2r_rewards.trainers.trl.video_config import VideoGRPOConfig


@dataclass
class PAGRPOConfig(VideoGRPOConfig):
    """TRL's `GRPOConfig` with the options of videos and of PA-GRPO (arXiv 2511.11113, Sec. 3.2.3).

    All of TRL's defaults stay, `beta=0.0` among them: the paper has a KL term (Eq. 7). What advantages per token would
    silently change is refused by name. The ablations of Table 2 are `rewards={"processes": …}` and
    `rewards={"length": "off"}`; those of one advantage a completion run on TRL's own loss, with every option of it.

    Args:
        rewards: A `RewardConfig`, its mapping, or the path of a TOML or YAML file; kept as a mapping, so that it is
            saved with the training arguments.
        orphans: What tokens of no segment carry: the "mean" of their row's known advantages, or "zero".
        reduction: "token", or "segment_mean": each segment weighs the same whatever its length.
        completion_prefix: What the chat template has written of the reply. None: an opening tag at the prompt's end is
            found by itself.
        columns: Fields of a problem whose data set column has an unusual name, such as `{"gold": "truth"}`.
        judge_prices: What a million tokens cost that the judge reads, and that it writes; for the log.

    Raises:
        ConfigError: An option has a bad value, or does not go together with advantages per token.
    """

    rewards: dict[str, Any] | str | None = None  # as transformers' argument parser can read it
    orphans: str = "mean"
    reduction: str = "token"
    completion_prefix: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    judge_prices: list[float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rewards = _read_rewards(self.rewards).to_mapping()
        _check_choice("orphans", self.orphans, get_args(Orphans))
        _check_choice("reduction", self.reduction, get_args(Reduction))
        _check_columns(self.columns)
        _check_prices(self.judge_prices)
        check_supported(self)

    @property
    def reward_config(self) -> RewardConfig:
        """The constants of the rewards."""
        return _read_rewards(self.rewards)

    @property
    def credits_tokens(self) -> bool:
        """Whether advantages differ within a completion; if not, TRL gets one a completion, as from GRPO."""
        return self.reward_config.processes == "separate" or self.reduction == "segment_mean"


def check_supported(args: PAGRPOConfig) -> None:
    """Refuses the options of TRL that would not do what they say.

    Raises:
        ConfigError: It names the option, its value and the cure.
    """
    own_normalising = "rewards are normalised per process and group (Eq. 6)"
    fixed = (
        ("scale_rewards", "group", own_normalising),
        ("multi_objective_aggregation", "sum_then_normalize", own_normalising),
        ("reward_weights", None, "the two processes are not weighed; set rewards={'length_bonus': …} and the like"),
    )
    for name, only, why in fixed:
        if getattr(args, name) != only:
            raise _refused(args, name, f"leave it at {only!r}", why)
    if not args.credits_tokens:
        return
    if args.loss_type not in get_args(LossType):
        why = "it weighs whole sequences, so advantages per token would mean something else"
        raise _refused(args, "loss_type", f"use one of {', '.join(map(repr, get_args(LossType)))}", why)
    if args.importance_sampling_level != "token":
        why = "one ratio a sequence would spread each process's clipping over the other's tokens"
        raise _refused(args, "importance_sampling_level", "use 'token'", why)
    if args.off_policy_mask_threshold is not None:
        why = "it drops whole sequences by the sign of their one advantage, and would drop single tokens here"
        raise _refused(args, "off_policy_mask_threshold", "leave it at None", why)


def _refused(args: PAGRPOConfig, name: str, cure: str, why: str) -> ConfigError:
    ablation = (
        ""
        if name in ("scale_rewards", "multi_objective_aggregation", "reward_weights")
        else (
            " (with one advantage a completion, as in rewards={'processes': 'reasoning only'} and reduction='token', "
            "everything is allowed)"
        )
    )
    return ConfigError(f"{name}={getattr(args, name)!r} is not supported: {why}; {cure}{ablation}")


def _read_rewards(value: object) -> RewardConfig:
    if value is None:
        return RewardConfig()
    if isinstance(value, RewardConfig):
        return value
    if isinstance(value, str | Path):
        return RewardConfig.from_file(value)
    return RewardConfig.from_mapping(value)  # type: ignore[arg-type] # it refuses what is no mapping


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        message = f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}"
        raise ConfigError(message)


def _check_columns(columns: object) -> None:
    if isinstance(columns, dict) and set(columns) <= set(PROBLEM_FIELDS):
        return
    message = f"columns must map some of {', '.join(PROBLEM_FIELDS)} to names of columns, not {columns!r:.80}"
    raise ConfigError(message)


def _check_prices(prices: object) -> None:
    if prices is None or (isinstance(prices, list | tuple) and len(prices) == 2 and all(map(_is_price, prices))):
        return
    message = f"judge_prices must be two numbers, for a million tokens read and written, not {prices!r:.80}"
    raise ConfigError(message)


def _is_price(price: object) -> bool:
    return isinstance(price, int | float) and price >= 0
