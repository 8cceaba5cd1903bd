"""What vLLM is given of a row's media: the very tensors that training sees, and where they stand in the prompt."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import torch

from p2r_rewards.errors import DataError
from p2r_rewards.trainers.trl.media import Fields

if TYPE_CHECKING:
    from vllm.inputs import EngineInput

_GRIDS = {"image": "image_grid_thw", "video": "video_grid_thw"}
_PIXELS = {"image": "pixel_values", "video": "pixel_values_videos"}
_SECONDS = "second_per_grid_ts"


class RowMedia(NamedTuple):
    """The media of one row.

    Attributes:
        fields: What the model sees of them.
        name: Under which vLLM may keep what its vision tower makes of them. It is new in each generation call: what was
            made by older weights must not be found again.
    """

    fields: Fields
    name: str


class Place(NamedTuple):
    """Where an image or video stands in a prompt.

    Attributes:
        offset: Its first token.
        length: Up to its last token.
    """

    offset: int
    length: int


class MediaTokens(NamedTuple):
    """The tokens where a model sees media.

    Attributes:
        image: The placeholder of a patch of an image.
        video: That of a video.
        frames_apart: Whether the frames of a video stand apart, with their times in between (Qwen3-VL): vLLM is then
            given each as an image, which is what the model sees in it.
    """

    image: int
    video: int
    frames_apart: bool


def name_media(rows: Sequence[Fields]) -> list[RowMedia | None]:
    """The media of each row, rows that share fields under one name; None where a row has text only."""
    names = {id(fields): uuid4().hex for fields in rows}
    return [
        RowMedia(fields, names[id(fields)]) if any(grid in fields for grid in _GRIDS.values()) else None
        for fields in rows
    ]


def find_places(ids: Sequence[int], fields: Fields, tokens: MediaTokens) -> dict[str, list[Place]]:
    """The place of each image and each video, in order, as vLLM is given them.

    Raises:
        DataError: The prompt has more or fewer placeholders than media.
    """
    runs = {"image": _runs(ids, tokens.image), "video": _runs(ids, tokens.video)}
    places: dict[str, list[Place]] = {}
    for kind, grid in _GRIDS.items():
        apart = kind == "video" and tokens.frames_apart
        need = sum(int(one[0]) if apart else 1 for one in fields.get(grid, ()))
        if need != len(runs[kind]):
            message = f"the prompt has {len(runs[kind])} placeholders of {kind}s, its media need {need}"
            raise DataError(message)
        if need:
            found = [Place(start, end - start) for start, end in runs[kind]]
            places.setdefault("image" if apart else kind, []).extend(found)
    return places


def as_stills(fields: Fields) -> Fields:
    """The fields with each frame of a video as one more image; a frame of a model's own holds two of the clip."""
    if "video_grid_thw" not in fields:
        return fields
    grids, pixels = fields["video_grid_thw"], fields["pixel_values_videos"]
    frames = grids.repeat_interleave(grids[:, 0], dim=0)
    frames[:, 0] = 1
    images = {"image_grid_thw": [frames], "pixel_values": [pixels]}
    return {name: torch.cat([fields[name], *own]) if name in fields else own[0] for name, own in images.items()}


class MediaPacker:
    """Packs media for vLLM.

    Args:
        tokens: Where the model sees media.
        unnormalise: The processor whose normalisation is taken back, because vLLM normalises pixels itself; None: it
            does not.
    """

    def __init__(self, tokens: MediaTokens, unnormalise: Any = None) -> None:
        self.tokens = tokens
        self._processors = unnormalise and {"image": unnormalise.image_processor, "video": unnormalise.video_processor}

    def engine_input(self, ids: list[int], media: RowMedia | None) -> EngineInput:
        """A prompt as vLLM's engine takes it, with media that need no more processing."""
        from vllm.inputs import mm_input, tokens_input
        from vllm.multimodal.inputs import PlaceholderRange

        if media is None:
            return tokens_input(ids)
        ranges = {
            kind: [PlaceholderRange(offset=place.offset, length=place.length) for place in places]
            for kind, places in find_places(ids, media.fields, self.tokens).items()
        }
        items = self._items(media.fields)
        return mm_input(ids, items, _names(media, ranges), ranges)

    def server_features(self, media: RowMedia | None, ids: Sequence[int]) -> dict[str, Any] | None:
        """The media as vLLM's server takes them beside token ids (`features` of `/inference/v1/generate`)."""
        if media is None:
            return None
        from vllm.v1.serial_utils import MsgpackEncoder

        places = find_places(ids, media.fields, self.tokens)
        encode = MsgpackEncoder(size_threshold=2**62).encode  # all tensors in one buffer
        return {
            "mm_hashes": _names(media, places),
            "mm_placeholders": {
                kind: [{"offset": place.offset, "length": place.length} for place in found]
                for kind, found in places.items()
            },
            "kwargs_data": {
                kind: [b64encode(b"".join(encode(item))).decode() for item in items]
                for kind, items in self._items(media.fields).items()
            },
        }

    def _items(self, fields: Fields) -> Any:
        """The fields cut into images and videos, as vLLM keeps them."""
        from vllm.multimodal.inputs import MultiModalFieldConfig, MultiModalKwargsItems

        fields, cuts = {**fields}, {}
        if self._processors:
            for kind, pixels in _PIXELS.items():
                if pixels in fields:
                    fields[pixels] = raw_pixels(fields[pixels], self._processors[kind])
        if self.tokens.frames_apart:
            fields = as_stills(fields)
        for kind, grid in _GRIDS.items():
            if grid in fields:
                pixels = _PIXELS[kind]
                cuts[pixels] = MultiModalFieldConfig.flat_from_sizes(kind, fields[grid].prod(-1))
                cuts[grid] = MultiModalFieldConfig.batched(kind, keep_on_cpu=True)
        if _SECONDS in fields:
            cuts[_SECONDS] = MultiModalFieldConfig.batched("video", keep_on_cpu=True)
        return MultiModalKwargsItems.from_hf_inputs(fields, cuts)


def raw_pixels(pixels: torch.Tensor, processor: Any) -> torch.Tensor:
    """Patches before they were rescaled and normalised, whole numbers from 0 to 255; shape (patches, 3 * size)."""
    raw = pixels.reshape(len(pixels), 3, -1)
    if processor.do_normalize:
        std, mean = (torch.tensor(values).view(1, 3, 1) for values in (processor.image_std, processor.image_mean))
        raw = raw * std + mean
    if processor.do_rescale:
        raw = raw / processor.rescale_factor
    return raw.round().clamp(0, 255).to(torch.uint8).reshape(pixels.shape)


def _runs(ids: Sequence[int], token: int) -> list[tuple[int, int]]:
    """Start and end of each unbroken run of the token."""
    found: list[tuple[int, int]] = []
    for place, one in enumerate(ids):
        if one != token:
            continue
        if found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            found.append((place, place + 1))
    return found


def _names(media: RowMedia, places: Mapping[str, Sequence[Any]]) -> dict[str, list[str]]:
    return {kind: [f"{media.name}-{kind}-{number}" for number in range(len(own))] for kind, own in places.items()}
