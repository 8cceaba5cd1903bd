"""PA-GRPO on verl's trainers: each token carries the advantage of the process that wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import transfer_queue as tq
from omegaconf import open_dict
from tensordict import TensorDict
from verl.trainer.ppo.v1 import (
    PPOTrainerColocateAsync,
    PPOTrainerSeparateAsync,
    PPOTrainerSync,
    register_trainer,
)

from p2r_rewards.advantages import Advantages, pa_grpo_advantages
from p2r_rewards.errors import ConfigError
from p2r_rewards.token_credit import token_advantages
from p2r_rewards.token_segments import SegmentIds, pad_segment_ids
from p2r_rewards.trainers.samples.tokens import TokenReader
from p2r_rewards.trainers.verl import estimator, manager
from p2r_rewards.trainers.verl.metrics import describe
from p2r_rewards.trainers.verl.options import PAGRPOOptions, check_supported, loss_scale
from p2r_rewards.trainers.verl.scoring import plain, read_settings

__all__ = ["PAGRPOColocateAsync", "PAGRPOSeparateAsync", "PAGRPOSync", "estimator"]


class Rollouts(NamedTuple):
    """The rollouts of a batch that are no padding.

    Attributes:
        rows: Their places in the batch.
        groups: The prompt of each.
        ids: The sampled ids of each.
        scores: What `compute_score` returned of each.
    """

    rows: list[int]
    groups: list[str]
    ids: list[list[int]]
    scores: list[dict[str, Any]]

    def rewards(self, process: str) -> torch.Tensor:
        """R_P ("perception") or R_R ("reasoning"), shape (N,), NaN where unscored."""
        return torch.tensor([score[f"{process}_reward"] for score in self.scores])


class _PAGRPO:
    """What the trainers have in common: verl's step, and then the advantages of its tokens in place of verl's.

    verl decides where the trainer runs and what a batch is by the name of its own mode, which is put back.

    Raises:
        ConfigError: A setting does not go together with PA-GRPO, see `check_supported`.
    """

    stock_mode: str
    config: Any
    tokenizer: Any

    def __init__(self, config: Any) -> None:
        options = plain(config.trainer.v1.get("pa_grpo") or {})
        rewards = manager.reward_options(config)
        rewards.pop("unscored", None)
        self._options = PAGRPOOptions.from_mapping(options)
        self._settings = read_settings(rewards)
        check_supported(config, self._options, self._settings)
        with open_dict(config):
            config.trainer.v1.trainer_mode = self.stock_mode
        super().__init__(config)  # type: ignore[call-arg] # that of verl's trainer

    def _compute_advantage(self, batch: Any, metrics: dict[str, Any]) -> Any:
        data = tq.kv_batch_get(
            keys=batch.keys,
            partition_id=batch.partition_id,
            select_fields=["uid", "responses", "response_mask", "extra_fields"],
        )
        rollouts = read_rollouts(data, batch)  # before verl's rollout correction rejects tokens
        batch = super()._compute_advantage(batch, metrics)  # type: ignore[misc]
        advantages = pa_grpo_advantages(
            rollouts.rewards("perception"),
            rollouts.rewards("reasoning"),
            rollouts.groups,
            processes=self._settings.reward.processes,
            eps=self._options.eps,
            tie=self._options.tie,
        )
        metrics.update(describe(rollouts.scores, advantages))
        reader = TokenReader.of(self.tokenizer, self._settings)
        credited = self._credit(advantages, [reader.segments(ids) for ids in rollouts.ids])
        lengths = data["responses"].offsets().diff().tolist()
        nested = spread(credited, rollouts.rows, lengths)
        fields = TensorDict({"advantages": nested, "returns": nested}, batch_size=len(lengths))
        return tq.kv_batch_put(keys=batch.keys, partition_id=batch.partition_id, fields=fields)

    def _credit(self, advantages: Advantages, segments: Sequence[SegmentIds]) -> torch.Tensor:
        """The advantage of each token, shape (N, T)."""
        options = self._options
        scale = loss_scale(self.config.actor_rollout_ref.actor) if options.reduction == "segment_mean" else {}
        ids = torch.from_numpy(pad_segment_ids(segments))
        credited: torch.Tensor = token_advantages(
            advantages, ids, orphans=options.orphans, reduction=options.reduction, **scale
        )
        return credited


def read_rollouts(data: Any, batch: Any) -> Rollouts:
    """The rollouts of a batch.

    Args:
        data: Of verl's queue: `uid`, `responses`, `response_mask`, `extra_fields`.
        batch: The keys and tags of its rows.

    Raises:
        ConfigError: A rollout has several outputs, or tokens that the policy did not write, or no rewards of ours.
    """
    rows = [row for row, tag in enumerate(batch.tags) if not tag.get("is_padding", False)]
    if any(batch.keys[row].rsplit("_", 1)[-1] != "0" for row in rows):
        message = "a rollout of several outputs can't be credited by process: use an agent loop with one output"
        raise ConfigError(message)
    ids, masks = ([one.tolist() for one in data[name].unbind()] for name in ("responses", "response_mask"))
    if not all(all(masks[row]) for row in rows):
        message = "tokens that the policy did not write (tools, further turns) can't be credited by process"
        raise ConfigError(message)
    uids, extras = _values(data["uid"]), _values(data["extra_fields"])
    scores = [extras[row].get("reward_extra_info") or {} for row in rows]
    if not all("perception_reward" in score for score in scores):
        message = (
            "PA-GRPO needs the rewards of both processes: set reward.custom_reward_function.path to "
            "pkg://p2r_rewards.trainers.verl, and no colocated reward model"
        )
        raise ConfigError(message)
    return Rollouts(rows, [uids[row] for row in rows], [ids[row] for row in rows], scores)


def _values(column: Any) -> list[Any]:
    """A column that holds no tensors, in whichever form the queue returns it."""
    return [getattr(value, "data", value) for value in column]


def spread(credited: torch.Tensor, rows: Sequence[int], lengths: Sequence[int]) -> torch.Tensor:
    """Rows of advantages at their places in the batch, nested; padding rows are 0."""
    place = dict(zip(rows, credited, strict=True))
    filled = [
        place[row][:length] if row in place else torch.zeros(length, dtype=credited.dtype)
        for row, length in enumerate(lengths)
    ]
    return torch.nested.as_nested_tensor(filled, layout=torch.jagged)


@register_trainer("pa_grpo_sync")
class PAGRPOSync(_PAGRPO, PPOTrainerSync):  # type: ignore[misc] # verl has no types
    """PA-GRPO on verl's synchronous trainer."""

    stock_mode = "sync"


@register_trainer("pa_grpo_colocate_async")
class PAGRPOColocateAsync(_PAGRPO, PPOTrainerColocateAsync):  # type: ignore[misc]
    """PA-GRPO on verl's trainer with rollouts on the same devices."""

    stock_mode = "colocate_async"


@register_trainer("pa_grpo_separate_async")
class PAGRPOSeparateAsync(_PAGRPO, PPOTrainerSeparateAsync):  # type: ignore[misc]
    """PA-GRPO on verl's trainer with rollouts on devices of their own."""

    stock_mode = "separate_async"
