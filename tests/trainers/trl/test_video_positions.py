"""Positions of video tokens: against the published rule, written as plain loops."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import Qwen2_5_VLForConditionalGeneration

from p2r_rewards.trainers.trl.video_positions import classic_rope_index, use_classic_positions
from tests.trainers.trl import tiny_vision

RATE, MERGE = 4, 2
MODEL = SimpleNamespace(
    config=SimpleNamespace(vision_config=SimpleNamespace(spatial_merge_size=MERGE, tokens_per_second=RATE))
)


def by_loops(parts: list[Any]) -> list[tuple[int, int, int]]:
    """A part is a number of text tokens, or the grid of an image, or the grid of a video and its seconds a frame."""
    found: list[tuple[int, int, int]] = []
    for part in parts:
        start = max(max(one) for one in found) + 1 if found else 0
        if isinstance(part, int):
            found += [(start + i,) * 3 for i in range(part)]
            continue
        (times, height, width), seconds = part
        for t in range(times):
            for h in range(height // MERGE):
                for w in range(width // MERGE):
                    found.append((start + int(t * seconds * RATE), start + h, start + w))
    return found


CASES = {
    "half seconds": [3, ((3, 4, 4), 0.5), 2],  # the installed version puts all frames at one time
    "long": [1, ((4, 4, 6), 2.5), 4],  # text starts behind the last frame, not beside it
    "image": [2, ((1, 6, 4), 0.0), 1],
    "several": [1, ((2, 4, 4), 1.25), 1, ((1, 4, 4), 0.0), 1, ((2, 8, 4), 0.1), 5],
    "text": [7],
}


@pytest.mark.parametrize("parts", CASES.values(), ids=CASES)
@pytest.mark.parametrize("padding", [0, 3])
def test_positions_follow_the_published_rule(parts: list[Any], padding: int) -> None:
    want = by_loops(parts)
    kinds: list[int] = []
    for part in parts:
        kinds += (
            [0] * part
            if isinstance(part, int)
            else [2 if part[1] else 1] * (part[0][0] * part[0][1] * part[0][2] // MERGE**2)
        )
    images = [part[0] for part in parts if not isinstance(part, int) and not part[1]]
    videos = [part for part in parts if not isinstance(part, int) and part[1]]
    mask = torch.tensor([[0] * padding + [1] * len(kinds)])
    positions, ahead = classic_rope_index(
        MODEL,
        torch.zeros(1, padding + len(kinds), dtype=torch.long),
        torch.tensor([[0] * padding + kinds]),
        torch.tensor(images) if images else None,
        torch.tensor([grid for grid, _ in videos]) if videos else None,
        torch.tensor([seconds for _, seconds in videos]) if videos else None,
        mask,
    )
    assert positions[:, 0, padding:].T.tolist() == [list(one) for one in want]
    assert not positions[:, 0, :padding].any()
    assert ahead.tolist() == [[max(max(one) for one in want) + 1 - len(kinds)]]


def test_rows_of_a_batch_take_their_own_media_in_turn() -> None:
    random.seed(0)
    rows = [[2, ((2, 4, 4), 0.5), 3], [5], [1, ((1, 4, 8), 1.0), 2]]
    width = max(len(by_loops(parts)) for parts in rows)
    kinds = torch.zeros(3, width, dtype=torch.long)
    mask = torch.zeros(3, width, dtype=torch.long)
    for row, parts in enumerate(rows):
        length = len(by_loops(parts))
        mask[row, width - length :] = 1
        if len(parts) == 3:
            tokens = length - parts[0] - parts[2]
            kinds[row, width - length + parts[0] : width - length + parts[0] + tokens] = 2
    videos = torch.tensor([[2, 4, 4], [1, 4, 8]])
    positions, _ = classic_rope_index(
        MODEL, torch.zeros_like(kinds), kinds, None, videos, torch.tensor([0.5, 1.0]), mask
    )
    for row, parts in enumerate(rows):
        assert positions[:, row, mask[row].bool()].T.tolist() == [list(one) for one in by_loops(parts)]


def test_only_the_backbone_of_qwen2_5_vl_is_changed(tmp_path: Any) -> None:
    for kind, count in (("qwen2_5_vl", 1), ("qwen3_vl", 0)):
        from transformers import AutoModelForImageTextToText

        model = AutoModelForImageTextToText.from_pretrained(tiny_vision.save_model(kind, tmp_path / kind))
        names = set(model.state_dict())
        assert use_classic_positions(model) == count
        assert set(model.state_dict()) == names
    assert "get_rope_index" not in vars(Qwen2_5_VLForConditionalGeneration)
