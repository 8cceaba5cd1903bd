"""Media as they are sent: which frames, how large, from where, and what is refused."""

from __future__ import annotations

import base64
import io
import shutil
from pathlib import Path
from typing import Any

import pytest

av = pytest.importorskip("av")
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from p2r_rewards.errors import ConfigError  # noqa: E402
from p2r_rewards.experiments.generation.frames import even_positions, fitting_size, sample_video  # noqa: E402
from p2r_rewards.experiments.generation.media_parts import MediaReader, MediaSettings  # noqa: E402
from p2r_rewards.experiments.generation.tasks import Media  # noqa: E402
from p2r_rewards.trainers.data.media_root import MediaError  # noqa: E402
from p2r_rewards.trainers.trl.video_decoding import decode_video  # noqa: E402


def numbered(path: Path, frames: int, fps: int = 10, size: int = 64, **options: str) -> Path:
    """A video whose n-th frame is as bright as n, and so tells which one it is."""
    with av.open(str(path), "w", options=options) as container:
        stream: Any = container.add_stream("mpeg4", rate=fps)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = size, size, "yuv420p", 4_000_000
        for number in range(frames):
            picture = np.full((size, size, 3), 20 + 200 * number // max(frames - 1, 1), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def brightness(images: list[Any]) -> list[float]:
    return [float(np.asarray(image).mean()) for image in images]


def shade(number: int, frames: int) -> float:
    return 20 + 200 * number // (frames - 1)


@pytest.mark.parametrize(
    ("count", "start", "end", "expected"),
    [
        (4, None, None, [0, 13, 27, 40]),  # 41 frames at 10 a second: 0.0 s to 4.0 s
        (4, 1.0, 2.0, [10, 13, 17, 20]),  # both ends are shown
        (4, 3.5, 99.0, [35, 37, 38, 40]),  # an end behind the video's is its end
        (2, None, 0.05, [0, 0]),  # one frame stands twice
        (5, 1.0, None, [10, 20, 30, 40]),  # an even number of frames
    ],
)
def test_frames_are_spread_evenly_over_what_is_shown(
    tmp_path: Path, count: int, start: float | None, end: float | None, expected: list[int]
) -> None:
    path = numbered(tmp_path / "v.mp4", 41)
    seen = brightness(sample_video(str(path), count, 10**6, start, end))
    assert seen == pytest.approx([shade(number, 41) for number in expected], abs=2)


def test_frames_are_those_that_training_sees(tmp_path: Path) -> None:
    path = numbered(tmp_path / "v.mp4", 33)
    trained = brightness(list(decode_video(path, 8).frames))
    assert brightness(sample_video(str(path), 8, 10**6, None, None)) == pytest.approx(trained, abs=0.5)


def test_long_videos_are_skipped_through(tmp_path: Path) -> None:
    path = numbered(tmp_path / "long.mkv", 601)  # a minute
    seen = brightness(sample_video(str(path), 4, 10**6, None, None))
    assert seen == pytest.approx([shade(number, 601) for number in (0, 200, 400, 600)], abs=2)


def test_a_header_without_a_number_of_frames(tmp_path: Path) -> None:
    path = numbered(tmp_path / "v.webm.mkv", 21, live="1")  # a stream: neither duration nor frames are told
    assert len(sample_video(str(path), 4, 10**6, None, None)) == 4


def test_a_cut_video_is_told_from_a_whole_one(tmp_path: Path) -> None:
    whole = numbered(tmp_path / "v.mkv", 400, size=128)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(MediaError) as told:
        sample_video(str(cut), 8, 10**6, None, None)
    assert told.value.kind == "cut"


def test_sizes() -> None:
    assert fitting_size(100, 50, 10**6) == (100, 50)
    assert all(w * h <= 256 * 784 for w, h in (fitting_size(w, h, 256 * 784) for w, h in ((4000, 3000), (9, 10**6))))
    assert even_positions(0, 6, 32) == [0, 1, 2, 4, 5, 6]
    assert even_positions(0, 3, 32) == [0, 1, 2, 3]  # all of an even number are shown


def decoded(part: dict[str, Any]) -> list[Image.Image]:
    kind = part["type"]
    head, _, data = part[kind]["url"].partition(",")
    assert head in ("data:image/jpeg;base64", "data:video/jpeg;base64")
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in data.split(",")]


def test_three_ways_to_send_a_video(tmp_path: Path) -> None:
    path = numbered(tmp_path / "v.mp4", 9, size=128)
    media = Media("video", Path("v.mp4"))
    settings = {"frames": 4, "max_pixels": 32 * 32}
    as_images = MediaReader(tmp_path, MediaSettings(**settings)).parts(media)
    as_video = MediaReader(tmp_path, MediaSettings(**settings, send="video")).parts(media)
    as_file = MediaReader(tmp_path, MediaSettings(**settings, send="file")).parts(media)
    assert [part["type"] for part in as_images] == ["image_url"] * 4
    assert [part["type"] for part in as_video] == ["video_url"]
    assert [image.size for part in as_images for image in decoded(part)] == [(32, 32)] * 4
    assert [image.size for image in decoded(as_video[0])] == [(32, 32)] * 4
    head, _, data = as_file[0]["video_url"]["url"].partition(",")
    assert (head, base64.b64decode(data)) == ("data:video/mp4;base64", path.read_bytes())
    with pytest.raises(MediaError, match="send 'frames' or 'video'"):
        MediaReader(tmp_path, MediaSettings(send="file")).parts(Media("video", Path("v.mp4"), start=0.1))


def folder_of_frames(path: Path, frames: int) -> Path:
    path.mkdir(parents=True)
    for number in range(frames):
        Image.new("RGB", (40, 40), (20 + 10 * number,) * 3).save(path / f"{number + 1:05d}.jpg", quality=95)
    (path / "notes.txt").write_text("no frame")
    return path


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (Media("video", Path("f/a")), [0, 6, 13, 19]),
        (Media("video", Path("f/a"), start=1.0, end=3.0, fps=3), [3, 5, 7, 9]),  # 3 frames a second, as MVBench has
        (Media("video", Path("f/a"), start=6.0, fps=3), [18, 19]),
    ],
)
def test_a_folder_of_frames_is_a_video(tmp_path: Path, media: Media, expected: list[int]) -> None:
    folder_of_frames(tmp_path / "f" / "a", 20)
    parts = MediaReader(tmp_path, MediaSettings(frames=4)).parts(media)
    seen = brightness([image for part in parts for image in decoded(part)])
    assert seen == pytest.approx([20 + 10 * number for number in expected], abs=2)


def test_frames_go_by_number_not_by_name(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    for number in range(12):
        Image.new("RGB", (40, 40), (20 * number,) * 3).save(tmp_path / "f" / f"{number}.jpg", quality=95)
    parts = MediaReader(tmp_path, MediaSettings(frames=12)).parts(Media("video", Path("f")))
    seen = brightness([image for part in parts for image in decoded(part)])
    assert seen == sorted(seen)


def broken(root: Path) -> None:
    whole = numbered(root / "v.mp4", 12)
    outside = root.parent / "outside"
    folder_of_frames(outside / "frames", 2)
    shutil.copy(whole, outside / "secret.mp4")
    (root / "link.mp4").symlink_to(outside / "secret.mp4")
    (root / "door").symlink_to(outside)
    folder_of_frames(root / "linked", 1)
    (root / "linked" / "00002.jpg").symlink_to(outside / "frames" / "00001.jpg")
    (root / "empty.mp4").touch()
    (root / "none").mkdir()
    (root / "text.mp4").write_text("no video")
    (root / "list.mp4").write_text(f"ffconcat version 1.0\nfile '{whole}'\n")
    (root / "cut.mp4").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (root / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("video", "../outside/secret.mp4", "escapes the root"),
        ("video", "/etc/passwd", "escapes the root"),
        ("video", "link.mp4", "escapes the root"),
        ("video", "door/frames", "escapes the root"),
        ("video", "../outside/frames", "escapes the root"),
        ("video", "linked", "escapes the root"),  # a frame in the folder is a link
        ("video", "http://host/v.mp4", "an address"),
        ("video", "concat:v.mp4|v.mp4", "an address"),
        ("video", "missing.mp4", "missing"),
        ("video", "missing", "missing"),
        ("video", "none", "empty"),
        ("video", "empty.mp4", "empty"),
        ("video", "text.mp4", "broken"),
        ("video", "list.mp4", "broken"),  # a playlist opens nothing
        ("video", "cut.mp4", "cut"),
        ("video", "v.mp4\0", "escapes the root"),
        ("video", "playlist.m3u8", "refused format"),
        ("image", "cut.png", "broken"),
        ("image", "v.mp4", "refused format"),
    ],
)
def test_what_is_refused(tmp_path: Path, kind: Any, path: str, expected: str) -> None:
    root = tmp_path / "media"
    root.mkdir()
    broken(root)
    with pytest.raises(MediaError) as told:
        MediaReader(root).parts(Media(kind, Path(path)))
    assert told.value.kind == expected
    assert str(tmp_path) not in str(told.value), "what is told does not depend on where the root lies"


def test_a_start_behind_the_end_of_the_video(tmp_path: Path) -> None:
    numbered(tmp_path / "v.mp4", 10)
    with pytest.raises(MediaError, match=r"ends after 1\.0 s") as told:
        MediaReader(tmp_path).parts(Media("video", Path("v.mp4"), start=5.0))
    assert told.value.kind == "too short"


@pytest.mark.parametrize("wrong", [{"start": -1.0}, {"end": float("nan")}, {"start": 2.0, "end": 2.0}, {"fps": 0.0}])
def test_times_that_are_none(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        Media("video", Path("v.mp4"), **wrong)


def test_identity_is_content_not_place(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    numbered(one / "v.mp4", 12)
    shutil.copytree(one, two)  # another time stamp
    media = Media("video", Path("v.mp4"))
    identity = MediaReader(one).identify(media)
    assert MediaReader(two).identify(media) == identity
    assert MediaReader(one).identify(Media("video", one / "v.mp4")) == identity
    assert MediaReader(one).identify(Media("video", Path("v.mp4"), start=0.5)) != identity
    assert MediaReader(one, MediaSettings(frames=4)).identify(media) != identity
    data = bytearray((two / "v.mp4").read_bytes())
    data[-1] ^= 1
    (two / "v.mp4").write_bytes(data)
    assert MediaReader(two).identify(media) != identity
