"""Advantages of completions to what TRL's loss multiplies each token with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch

from p2r_rewards.advantages import Advantages
from p2r_rewards.token_credit import LossType, Orphans, Reduction, token_advantages
from p2r_rewards.token_segments import SegmentIds, pad_segment_ids
from p2r_rewards.trainers.trl.config import PAGRPOConfig


def credit(
    advantages: Advantages, segments: Sequence[SegmentIds], output: dict[str, Any], args: PAGRPOConfig, processes: int
) -> torch.Tensor:
    """The advantages that TRL's loss takes: of shape (B, T), or (B,) where a completion has only one.

    Args:
        advantages: Of this process's B completions.
        segments: The segment of each of their tokens.
        output: What TRL has made of the same completions, in their order.
        args: The options.
        processes: How many processes train; each generates B completions.
    """
    if not args.credits_tokens:
        return cast(torch.Tensor, advantages.perception)  # it is the one that both processes hold
    mask = output["completion_mask"]
    ids = torch.from_numpy(pad_segment_ids(segments, length=mask.size(1))).to(mask.device)
    ids = ids.masked_fill(mask == 0, -1)  # truncated completions may be masked
    loss_type, scale = cast(LossType, args.loss_type), dict[str, Any]()
    if args.reduction == "segment_mean":
        if loss_type == "bnpo":  # its normaliser is known at the loss only, see `rescale`
            loss_type, scale = "dr_grpo", {"max_completion_length": 1}
        elif loss_type == "dr_grpo":
            scale = {"max_completion_length": args.max_completion_length}
        else:
            scale = {"total_tokens": output["num_items_in_batch"], "total_rows": len(ids) * processes}
    credited = token_advantages(
        advantages,
        ids,
        orphans=cast(Orphans, args.orphans),
        reduction=cast(Reduction, args.reduction),
        loss_type=loss_type,
        **scale,
    )
    return cast(torch.Tensor, credited)


def rescale(inputs: dict[str, Any], args: PAGRPOConfig) -> dict[str, Any]:
    """The inputs of one loss call, with advantages for the rows that "bnpo" normalises by: those of this very call."""
    if args.reduction != "segment_mean" or args.loss_type != "bnpo":
        return inputs
    mask = inputs["completion_mask"]
    return {**inputs, "advantages": inputs["advantages"] * (mask.sum() / len(mask))}
