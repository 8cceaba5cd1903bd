"""What vLLM is given of a row's media, and what TRL's `VLLMGeneration` is made to do with it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.trainers.trl import PAGRPOConfig, video_trainer
from p2r_rewards.trainers.trl.media import MediaReader
from p2r_rewards.trainers.trl.vllm_generation import as_images, show_media
from p2r_rewards.trainers.trl.vllm_media import MediaPacker, MediaTokens, as_stills, find_places, name_media, raw_pixels
from tests.trainers.trl import test_video_training, tiny, tiny_vision

KINDS = ("qwen2_5_vl", "qwen3_vl")
TOKENS = {"qwen2_5_vl": MediaTokens(5, 6, frames_apart=False), "qwen3_vl": MediaTokens(5, 6, frames_apart=True)}
needs_vllm = pytest.mark.skipif(not importlib.util.find_spec("vllm"), reason="vLLM's own input types: needs vllm")


names: Any = name_media


def read(kind: str, folder: Path) -> list[Any]:
    reader = MediaReader(tiny_vision.processor(kind), kind, frames=4, min_pixels=56 * 56, max_pixels=72 * 72)
    return reader.read_all(test_video_training.prompts(folder))


def given(kind: str, row: Any) -> dict[str, Any]:
    """What vLLM should get of a row's media."""
    return as_stills(row.fields) if TOKENS[kind].frames_apart else row.fields


@pytest.mark.parametrize("kind", KINDS)
def test_places_hold_the_placeholders_of_their_media(kind: str, tmp_path: Path) -> None:
    """Of Qwen3-VL each frame of a video stands by itself: the times in between belong to none."""
    for row in read(kind, tmp_path):
        places, shown = find_places(row.ids, row.fields, TOKENS[kind]), given(kind, row)
        for name in ("image", "video"):
            grids = shown.get(f"{name}_grid_thw", torch.empty(0, 3, dtype=torch.long))
            assert len(places.get(name, [])) == len(grids)
            for place, grid in zip(places.get(name, []), grids, strict=True):
                own = row.ids[place.offset : place.offset + place.length]
                assert len(own) == int(grid.prod()) // 4
                assert set(own) in ({5}, {6})
                assert kind == "qwen3_vl" or set(own) == {5 if name == "image" else 6}


def test_stills_are_images_and_then_frames_with_their_own_patches() -> None:
    fields = {
        "image_grid_thw": torch.tensor([[1, 2, 2]]),
        "pixel_values": torch.zeros(4, 6),
        "video_grid_thw": torch.tensor([[2, 2, 4], [1, 2, 2]]),
        "pixel_values_videos": torch.arange(20.0)[:, None].expand(20, 6),
    }
    stills = as_stills(fields)
    assert stills["image_grid_thw"].tolist() == [[1, 2, 2], [1, 2, 4], [1, 2, 4], [1, 2, 2]]
    assert stills["pixel_values"][:, 0].tolist() == [0.0] * 4 + [float(patch) for patch in range(20)]
    assert set(stills) == {"image_grid_thw", "pixel_values"}
    alone = {name: fields[name] for name in ("image_grid_thw", "pixel_values")}
    assert as_stills(alone) is alone


def test_a_prompt_with_other_placeholders_than_media_is_refused(tmp_path: Path) -> None:
    row = read("qwen2_5_vl", tmp_path)[0]
    with pytest.raises(DataError, match="has 2 placeholders of videos, its media need 1"):
        find_places([*row.ids, 6], row.fields, TOKENS["qwen2_5_vl"])


def test_rows_of_one_group_share_a_name_and_calls_do_not(tmp_path: Path) -> None:
    """What a vision tower made before its weights changed must not be found under the name again."""
    fields = [row.fields for row in read("qwen2_5_vl", tmp_path)]
    one, again, other, text = names([fields[0], fields[0], fields[1], fields[4]])
    assert text is None
    assert one.name == again.name != other.name
    (later,) = names([fields[0]])
    assert later.name != one.name


def test_a_server_gets_the_media_of_each_groups_first_row_only(tmp_path: Path) -> None:
    fields = [read("qwen2_5_vl", tmp_path)[0].fields] * 6
    assert [one is not None for one in as_images(fields)] == [True] * 6
    assert [one is not None for one in as_images(fields, every=4, start=6)] == [False, False, True, False, False, False]


@pytest.mark.parametrize("kind", KINDS)
def test_raw_pixels_are_those_before_normalisation(kind: str, tmp_path: Path) -> None:
    processor = tiny_vision.processor(kind)
    images = processor.image_processor
    picture = tiny_vision.picture(size=(64, 64))
    want = images(picture, do_normalize=False, do_rescale=False, return_tensors="pt")["pixel_values"]
    got = raw_pixels(images(picture, return_tensors="pt")["pixel_values"], images)
    assert got.dtype == torch.uint8
    assert torch.equal(got, want.to(torch.uint8))
    rescaled = images(picture, do_normalize=False, return_tensors="pt")["pixel_values"]
    without = SimpleNamespace(do_normalize=False, do_rescale=True, rescale_factor=images.rescale_factor)
    assert torch.equal(raw_pixels(rescaled, without), want.to(torch.uint8))


class FakeEngine:
    """Finishes its requests in the reverse of their order."""

    def __init__(self) -> None:
        self.model_config = SimpleNamespace(multimodal_config=SimpleNamespace(mm_device_do_normalize=False))
        self.asked: list[tuple[str, Any, Any]] = []

    def add_request(self, *request: Any) -> None:
        self.asked.append(request)

    def has_unfinished_requests(self) -> bool:
        return bool(self.asked)

    def step(self) -> list[Any]:
        name, prompt, _ = self.asked.pop()
        return [SimpleNamespace(request_id=name, finished=True, prompt=prompt)]


class FakeLLM:
    def __init__(self) -> None:
        self.llm_engine = FakeEngine()
        self.slept = 0

    def sleep(self, level: int) -> None:
        self.slept = level

    def generate(self, prompts: Any, **named: Any) -> Any:
        return ["vLLM's own", prompts, named]


def colocated(**options: Any) -> Any:
    generation = SimpleNamespace(mode="colocate", generation_kwargs=options, llm=FakeLLM(), processing_class=None)
    show_media(generation, TOKENS["qwen2_5_vl"])
    return generation


def test_placeholders_are_not_sampled_and_other_options_stay() -> None:
    options = colocated(seed=1, logit_bias={7: 1.0}).generation_kwargs
    assert options == {"seed": 1, "logit_bias": {7: 1.0, 5: -100.0, 6: -100.0}}


def test_everything_but_generation_with_media_is_left_to_vllm() -> None:
    llm = colocated().llm
    llm.sleep(level=2)
    assert llm.slept == 2
    prompts = [{"prompt_token_ids": [1]}]
    assert llm.generate(prompts, sampling_params=1, use_tqdm=False) == [
        "vLLM's own",
        prompts,
        {"sampling_params": 1, "use_tqdm": False},
    ]


@needs_vllm
def test_outputs_come_in_the_order_of_prompts(tmp_path: Path) -> None:
    from vllm import SamplingParams

    rows = read("qwen2_5_vl", tmp_path)
    media = as_images([row.fields for row in rows])
    prompts = [
        {"prompt_token_ids": row.ids, **({"multi_modal_data": {"image": own[0]}} if own else {})}
        for row, own in zip(rows, media, strict=True)
    ]
    outputs = colocated().llm.generate(prompts, sampling_params=SamplingParams(max_tokens=3), use_tqdm=False)
    assert [one.prompt["prompt_token_ids"] for one in outputs] == [row.ids for row in rows]
    assert [one.prompt["type"] for one in outputs] == ["token" if own is None else "multimodal" for own in media]


@needs_vllm
@pytest.mark.parametrize("kind", KINDS)
def test_the_engine_gets_the_tensors_that_training_sees(kind: str, tmp_path: Path) -> None:
    packer = MediaPacker(TOKENS[kind])
    rows = read(kind, tmp_path)
    for row, media in zip(rows, name_media([row.fields for row in rows]), strict=True):
        prompt: Any = packer.engine_input(row.ids, media)
        assert prompt["prompt_token_ids"] == row.ids
        shown = given(kind, row)
        for name in ("image", "video"):
            items = prompt.get("mm_kwargs", {}).get(name, [])
            hashes = prompt.get("mm_hashes", {}).get(name, [])
            assert len(items) == len(set(hashes)) == len(shown.get(f"{name}_grid_thw", []))
            for key in items[0] if items else ():
                whole = torch.cat([item[key].data.reshape(-1) for item in items])
                assert torch.equal(whole, shown[key].reshape(-1))
            for place, item in zip(prompt.get("mm_placeholders", {}).get(name, []), items, strict=True):
                assert place.get_num_embeds() == int(item[f"{name}_grid_thw"].data.prod()) // 4


@needs_vllm
@pytest.mark.parametrize("kind", KINDS)
def test_the_server_reads_what_it_is_sent(kind: str, tmp_path: Path) -> None:
    from vllm.entrypoints.scale_out.token_in_token_out.mm_serde import decode_mm_kwargs_item
    from vllm.entrypoints.scale_out.token_in_token_out.protocol import MultiModalFeatures

    packer = MediaPacker(TOKENS[kind])
    rows = read(kind, tmp_path)
    for row, media in zip(rows, name_media([row.fields for row in rows]), strict=True):
        sent = packer.server_features(media, row.ids)
        if sent is None:
            assert media is None
            continue
        features = MultiModalFeatures.model_validate(sent)
        direct: Any = packer.engine_input(row.ids, media)
        assert features.mm_hashes == direct["mm_hashes"]
        assert features.kwargs_data
        for name, items in features.kwargs_data.items():
            got = [decode_mm_kwargs_item(item or "") for item in items]
            assert [dict(one.get_data()).keys() for one in got] == [
                dict(one.get_data()).keys() for one in direct["mm_kwargs"][name]
            ]
            for one, want in zip(got, direct["mm_kwargs"][name], strict=True):
                assert all(torch.equal(one[key].data, want[key].data) for key in want)


def test_positions_that_vllm_does_not_give_are_refused(tmp_path: Path) -> None:
    args = tiny.config(tmp_path, PAGRPOConfig, video_positions="transformers")
    with pytest.raises(ConfigError, match="video_positions='transformers' and use_vllm don't go together"):
        video_trainer._check_positions(args, "qwen2_5_vl")
    video_trainer._check_positions(args, "qwen3_vl")
