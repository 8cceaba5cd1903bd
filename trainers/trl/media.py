"""Prompts with text, images and videos to ids and model inputs, one row at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from transformers.video_utils import VideoMetadata

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.trainers.trl.video_decoding import Video, decode_video

MODEL_TYPES = ("qwen2_5_vl", "qwen3_vl")
"""The models whose video inputs are known and tested."""

# Along the first dimension, rows of all these are joined as they are; token types are padded.
_JOINED = ("pixel_values", "image_grid_thw", "pixel_values_videos", "video_grid_thw", "second_per_grid_ts")
_TOKEN_TYPES = "mm_token_type_ids"

Fields = dict[str, torch.Tensor]
"""What a row gives the model beside ids: tensors without a batch dimension, on the CPU."""


class RowInputs(NamedTuple):
    """A tokenized prompt.

    Attributes:
        ids: Its token ids, media placeholders among them.
        fields: See `Fields`.
    """

    ids: list[int]
    fields: Fields


class MediaReader:
    """Reads prompts of messages: renders the chat template, decodes videos, runs the processor.

    Args:
        processor: The model's own; it is left as it is.
        model_type: One of `MODEL_TYPES`.
        frames: Most frames of a video.
        min_pixels: Fewest pixels of a frame.
        max_pixels: Most pixels of a frame.
        template: Options of the chat template.
    """

    def __init__(
        self,
        processor: Any,
        model_type: str,
        *,
        frames: int,
        min_pixels: int,
        max_pixels: int,
        template: Mapping[str, Any] | None = None,
    ) -> None:
        self.processor = processor
        self.frames = frames
        self._pixels = (min_pixels, max_pixels)
        self._counts_all_frames = model_type == "qwen3_vl"  # its limits are of a whole video
        self._render = partial(processor.apply_chat_template, tokenize=False, **(template or {}))

    def read_all(self, prompts: Sequence[Any]) -> list[RowInputs]:
        """The rows of prompts that end before the reply; equal prompts, as of one group, are read once and shared."""
        known: dict[str, RowInputs] = {}
        rows = []
        for prompt in prompts:
            key = json.dumps(prompt, sort_keys=True, default=lambda value: f"{type(value).__name__} {id(value)}")
            if key not in known:
                known[key] = self.read(prompt)
            rows.append(known[key])
        return rows

    def read(self, messages: Sequence[Mapping[str, Any]], *, add_generation_prompt: bool = True) -> RowInputs:
        """The row of one conversation.

        Raises:
            DataError: A part is of an unknown kind, its file can't be read, or a text holds what stands for media.
            ConfigError: The processor gives fields that are not known here.
        """
        messages = without_nulls(messages)
        parts = [part for message in messages for part in content_parts(message)]
        self._refuse_placeholders(parts)
        images = [read_image(part) for part in parts if part["type"] == "image"]
        videos = [self._read_video(part) for part in parts if part["type"] == "video"]
        text = self._render(messages, add_generation_prompt=add_generation_prompt)
        found = self.processor(
            text=[text],
            images=images or None,
            videos=[video.frames for video in videos] or None,
            videos_kwargs=self._video_options(videos) if videos else {},
            return_tensors="pt",
        )
        ids = found.pop("input_ids")[0].tolist()
        found.pop("attention_mask", None)
        unknown = set(found) - {*_JOINED, _TOKEN_TYPES}
        if unknown:
            message = f"{type(self.processor).__name__} gives {sorted(unknown)}, which would not reach the model"
            raise ConfigError(message)
        return RowInputs(ids, {name: value[0] if name == _TOKEN_TYPES else value for name, value in found.items()})

    def _refuse_placeholders(self, parts: Sequence[Mapping[str, Any]]) -> None:
        """A placeholder in a text would be filled with the patches of the media beside it."""
        for token in (self.processor.image_token, self.processor.video_token):
            if any(part["type"] == "text" and token in part["text"] for part in parts):
                message = f"a text holds {token!r}, which stands for an image or video: take it out"
                raise DataError(message)

    def _read_video(self, part: Mapping[str, Any]) -> Video:
        video = part["video"]
        if isinstance(video, str | Path):
            _refuse_options(part, ("type", "video"))
            return decode_video(_local(str(video)), self.frames)
        _refuse_options(part, ("type", "video", "fps"))
        frames = np.asarray(video)
        if frames.ndim != 4 or frames.shape[-1] != 3 or not len(frames):
            message = f"a video is a path or frames of shape (T, H, W, 3), not {type(video).__name__}"
            raise DataError(message)
        if "fps" not in part:
            message = "a video given as frames needs their 'fps' beside it, or their times would be guessed"
            raise DataError(message)
        return Video(frames.astype(np.uint8), list(range(len(frames))), len(frames), float(part["fps"]))

    def _video_options(self, videos: Sequence[Video]) -> dict[str, Any]:
        counts = {len(video.frames) for video in videos}
        if self._counts_all_frames and len(counts) > 1:
            message = f"videos of one prompt must have the same number of frames for this model, not {sorted(counts)}"
            raise DataError(message)
        scale = counts.pop() if self._counts_all_frames else 1
        return {
            "do_sample_frames": False,
            "cap_pixels_per_frame": False,
            "size": {"shortest_edge": self._pixels[0] * scale, "longest_edge": self._pixels[1] * scale},
            "return_metadata": True,
            "video_metadata": [
                VideoMetadata(
                    total_num_frames=video.total,
                    fps=video.fps,
                    duration=video.total / video.fps,
                    height=video.frames.shape[1],
                    width=video.frames.shape[2],
                    video_backend="pyav",
                    frames_indices=list(video.indices),
                )
                for video in videos
            ],
        }


def join_fields(rows: Sequence[Fields], width: int, completion: int = 0) -> Fields:
    """The fields of a batch whose prompts are padded on the left to `width`, before completions of one length."""
    joined = {
        name: torch.cat(tensors) for name in _JOINED if (tensors := [fields[name] for fields in rows if name in fields])
    }
    if any(_TOKEN_TYPES in fields for fields in rows):
        kinds = torch.zeros(len(rows), width + completion, dtype=torch.long)
        for row, fields in enumerate(rows):
            own = fields[_TOKEN_TYPES]
            kinds[row, width - len(own) : width] = own
        joined[_TOKEN_TYPES] = kinds
    return joined


def has_video(messages: Any) -> bool:
    """Whether a prompt holds a video; plain text holds none."""
    contents = [] if isinstance(messages, str) else [message.get("content") for message in messages]
    return any(
        isinstance(part, Mapping) and part.get("type") == "video"
        for content in contents
        if isinstance(content, list | tuple)
        for part in content
    )


def content_parts(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of a message's content, text as one part.

    Raises:
        DataError: A part is neither text, image nor video.
    """
    content = message.get("content")
    if content is None or isinstance(content, str):
        return [{"type": "text", "text": content or ""}]
    for part in content:
        kind = part.get("type")
        if kind not in ("text", "image", "video") or kind not in part:
            message_text = f"a part of a message is text, image or video, with a key of that name, not {part!r:.80}"
            raise DataError(message_text)
    return list(content)


def without_nulls(value: Any) -> Any:
    """Messages without the keys that are None: a Dataset gives every part the keys of all.

    A chat template that finds a `video` key in a text part would render a second video, and lose the question.

    Example:
        >>> without_nulls([{"role": "user", "content": [{"type": "text", "text": "Why?", "video": None}]}])
        [{'role': 'user', 'content': [{'type': 'text', 'text': 'Why?'}]}]
    """
    if isinstance(value, Mapping):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list | tuple) else value


def read_image(part: Mapping[str, Any]) -> Image.Image:
    """The image of a part: an image, its bytes, or the path of a file, in RGB.

    Raises:
        DataError: It is none of these, or can't be read.
    """
    image = part["image"]
    if isinstance(image, Mapping):  # as an undecoded Dataset column gives it
        image = BytesIO(image["bytes"]) if image.get("bytes") else image.get("path")
    if isinstance(image, Image.Image):
        return image.convert("RGB")
    try:
        with Image.open(_local(image) if isinstance(image, str) else image) as opened:
            loaded: Image.Image = opened.convert("RGB")
            return loaded
    except (OSError, AttributeError, TypeError) as error:
        message = f"image {image!r:.80} can't be read: {error}"
        raise DataError(message) from error


def _local(path: str) -> str:
    if "://" in path and not path.startswith("file://"):
        message = f"media are read from files, not from {path!r:.80}: download it first"
        raise DataError(message)
    return path.removeprefix("file://")


def _refuse_options(part: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = [name for name in part if name not in known]
    if unknown:
        message = f"a video part has {unknown}, which would be ignored: frames and pixels are options of the trainer"
        raise DataError(message)
