"""Messages with media: what is read, within which limits, and what is refused by name."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from p2r_rewards.errors import DataError
from p2r_rewards.trainers.trl.media import MediaReader, has_video, join_fields, read_image
from tests.trainers.trl import tiny_vision

KINDS = ("qwen2_5_vl", "qwen3_vl")


def reader(kind: str, **options: Any) -> MediaReader:
    settings = {"frames": 16, "min_pixels": 16 * 28 * 28, "max_pixels": 128 * 28 * 28, **options}
    return MediaReader(tiny_vision.processor(kind), kind, **settings)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (360, 640), (64, 48)])
@pytest.mark.parametrize("frames", [6, 40])
def test_frames_and_pixels_are_the_papers(kind: str, size: tuple[int, int], frames: int, tmp_path: Path) -> None:
    """At most 16 frames, at most 128 * 28 * 28 pixels each, however long the clip; the aspect ratio stays."""
    path = tiny_vision.clip(tmp_path / "a.mp4", frames=frames, size=size)
    row = reader(kind).read(tiny_vision.ask("?", {"type": "video", "video": path}))
    time, height, width = row.fields["video_grid_thw"][0].tolist()
    patch = 14 if kind == "qwen2_5_vl" else 16
    assert time * 2 == min(frames, 16)
    assert 16 * 28 * 28 * 0.7 <= height * width * patch**2 <= 128 * 28 * 28
    assert abs(width / height - size[0] / size[1]) < 0.4


@pytest.mark.parametrize("kind", KINDS)
def test_frames_in_memory_are_read_as_those_of_a_file(kind: str, tmp_path: Path) -> None:
    from p2r_rewards.trainers.trl.video_decoding import decode_video

    path = tiny_vision.clip(tmp_path / "a.mp4", frames=8, fps=4)
    read = reader(kind)
    file = read.read(tiny_vision.ask("?", {"type": "video", "video": path}))
    frames = decode_video(path, 8).frames
    memory = read.read(tiny_vision.ask("?", {"type": "video", "video": frames, "fps": 4.0}))
    assert memory.ids == file.ids
    for name, value in file.fields.items():
        assert np.array_equal(memory.fields[name], value), name


def test_equal_prompts_share_one_row() -> None:
    read = reader(KINDS[0])
    image = tiny_vision.picture()
    one = tiny_vision.ask("?", {"type": "image", "image": image})
    other = tiny_vision.ask("!", {"type": "image", "image": image})
    rows = read.read_all([one, other, tiny_vision.ask("?", {"type": "image", "image": image})])
    assert rows[0] is rows[2]
    assert rows[0] is not rows[1]


def test_fields_are_joined_in_the_order_of_rows() -> None:
    read = reader(KINDS[0])
    rows = [read.read(tiny_vision.ask("?", {"type": "image", "image": tiny_vision.picture(seed)})) for seed in range(2)]
    text = read.read(tiny_vision.ask("Only text, longer than the others by far?"))
    fields = join_fields([rows[0].fields, text.fields, rows[1].fields], len(text.ids), 3)
    assert len(fields["image_grid_thw"]) == 2
    count = len(rows[0].fields["pixel_values"])
    assert fields["pixel_values"][:count].equal(rows[0].fields["pixel_values"])
    assert fields["mm_token_type_ids"].shape == (3, len(text.ids) + 3)
    assert not fields["mm_token_type_ids"][1].any()
    assert not fields["mm_token_type_ids"][:, -3:].any()


def test_images_are_read_from_files_bytes_and_memory(tmp_path: Path) -> None:
    image = tiny_vision.picture()
    image.save(tmp_path / "a.png")
    buffer = BytesIO()
    image.save(buffer, "PNG")
    sources: list[Any] = [
        image,
        str(tmp_path / "a.png"),
        f"file://{tmp_path / 'a.png'}",
        {"bytes": buffer.getvalue(), "path": None},
        {"bytes": None, "path": str(tmp_path / "a.png")},
    ]
    for source in sources:
        assert np.array_equal(read_image({"type": "image", "image": source}), image)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "options of other libraries": ({"type": "video", "video": "a.mp4", "nframes": 8}, "nframes"),
    "an address": ({"type": "video", "video": "https://example.org/a.mp4"}, "read from files"),
    "an image's address": ({"type": "image", "image": "http://example.org/a.png"}, "read from files"),
    "frames without times": ({"type": "video", "video": np.zeros((4, 56, 56, 3))}, "fps"),
    "frames of no shape": ({"type": "video", "video": np.zeros((4, 56)), "fps": 1}, "shape"),
    "no video": ({"type": "video"}, "text, image or video"),
    "sound": ({"type": "audio", "audio": "a.wav"}, "text, image or video"),
    "a missing file": ({"type": "video", "video": "missing.mp4"}, "missing.mp4"),
    "a missing image": ({"type": "image", "image": "missing.png"}, "missing.png"),
}


@pytest.mark.parametrize(("part", "words"), BAD.values(), ids=BAD)
def test_what_can_not_be_read_is_named(part: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        reader(KINDS[0]).read(tiny_vision.ask("?", part))


def test_videos_of_unlike_length_in_one_prompt_are_refused_for_qwen3(tmp_path: Path) -> None:
    clips = [tiny_vision.clip(tmp_path / f"{frames}.mp4", frames=frames) for frames in (4, 8)]
    prompt = tiny_vision.ask("?", *({"type": "video", "video": clip} for clip in clips))
    assert len(reader(KINDS[0]).read(prompt).fields["video_grid_thw"]) == 2
    with pytest.raises(DataError, match="same number of frames"):
        reader(KINDS[1]).read(prompt)


def test_a_video_is_found_in_any_prompt() -> None:
    assert has_video(tiny_vision.ask("?", {"type": "video", "video": "a.mp4"}))
    for prompt in ("text", [{"role": "user", "content": "text"}], tiny_vision.ask("?", {"type": "audio"})):
        assert not has_video(prompt)


@pytest.mark.parametrize("kind", ["qwen2_5_vl", "qwen3_vl"])
@pytest.mark.parametrize("mark", ["<|image_pad|>", "<|video_pad|>"])
def test_a_text_that_holds_a_placeholder_is_refused(kind: str, mark: str) -> None:
    """Else it takes the patches of the medium beside it, or ends the processor with a bare StopIteration."""
    for content in (f"What is {mark}?", [{"type": "text", "text": f"What is {mark}?"}]):
        with pytest.raises(DataError, match="stands for an image or video: take it out"):
            reader(kind).read([{"role": "user", "content": content}])
