"""Where Qwen2.5-VL's tokens stand in time and space: the positions that it was trained with, and that vLLM gives it.

The installed transformers truncates the seconds between frames to whole ones, which puts all frames of a video at one
time, and starts the text behind a video where another version would not.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import torch

TEXT, IMAGE, VIDEO = 0, 1, 2
"""The values of `mm_token_type_ids`."""


def use_classic_positions(model: torch.nn.Module) -> int:
    """How many Qwen2.5-VL backbones inside the model got `classic_rope_index`, >= 0; other models stay as they are."""
    backbones = [part for part in model.modules() if type(part).__name__ == "Qwen2_5_VLModel"]
    for backbone in backbones:
        vars(backbone)["get_rope_index"] = types.MethodType(classic_rope_index, backbone)
    return len(backbones)


def classic_rope_index(
    model: Any,
    input_ids: torch.Tensor,
    mm_token_type_ids: torch.Tensor,
    image_grid_thw: torch.Tensor | None = None,
    video_grid_thw: torch.Tensor | None = None,
    second_per_grid_ts: torch.Tensor | None = None,
    attention_mask: torch.Tensor | None = None,
    **_: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions of shape (3, B, T) for time, height and width, and of shape (B, 1) how far they run ahead of T.

    A video's frame t stands at time floor(t * seconds per frame * tokens per second) behind the text before it; the
    text behind it goes on one after the largest position so far.
    """
    merge = model.config.vision_config.spatial_merge_size
    rate = model.config.vision_config.tokens_per_second
    images = iter([] if image_grid_thw is None else image_grid_thw.tolist())
    videos = iter([] if video_grid_thw is None else video_grid_thw.tolist())
    seconds = iter([] if second_per_grid_ts is None else torch.as_tensor(second_per_grid_ts).tolist())
    mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
    positions = torch.zeros(3, *input_ids.shape, dtype=torch.long)
    ahead = []
    for row, (kinds, real) in enumerate(zip(mm_token_type_ids.cpu(), mask.bool().cpu(), strict=True)):
        parts: list[torch.Tensor] = []
        start = 0
        for kind, length in _runs(kinds[real].tolist()):
            if kind == TEXT:
                part = torch.arange(length).expand(3, -1)
            elif kind == IMAGE:
                part = _grid(next(images), merge, 0.0)
            else:
                part = _grid(next(videos), merge, next(seconds, 1.0) * rate)
            parts.append(part + start)
            start = int(parts[-1].max()) + 1
        found = torch.cat(parts, 1)
        positions[:, row, real] = found
        ahead.append([start - found.size(1)])
    return positions.to(input_ids.device), torch.tensor(ahead, device=input_ids.device)


def _runs(kinds: list[int]) -> Iterator[tuple[int, int]]:
    for kind, run in groupby(kinds):
        yield kind, sum(1 for _ in run)


def _grid(grid: list[int], merge: int, interval: float) -> torch.Tensor:
    """The positions of one image or video, shape (3, tokens), from 0 on; `interval` between frames."""
    time, height, width = grid[0], grid[1] // merge, grid[2] // merge
    axes = ((torch.arange(time) * interval).long(), torch.arange(height), torch.arange(width))
    return torch.stack(torch.meshgrid(*axes, indexing="ij")).reshape(3, -1)
