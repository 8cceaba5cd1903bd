"""Media under their root: what is let in, what is told of the rest."""

import os
from pathlib import Path

import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.data import MediaError, MediaRoot, look_at_clip, look_at_image
from p2r_rewards.trainers.data.check import see_medium
from tests.trainers.data import made_data


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_data.media(tmp_path_factory.mktemp("media") / "root")


REFUSED = [
    ("../outside/secret.mp4", "escapes the root"),
    ("clips/../../outside/secret.mp4", "escapes the root"),
    ("clips\\..\\..\\outside\\secret.mp4", "escapes the root"),
    ("/etc/passwd", "escapes the root"),
    ("C:/clips/good.mp4", "escapes the root"),
    ("clips/good.mp4\0.png", "escapes the root"),
    ("door/secret.mp4", "escapes the root"),  # a link among the folders
    ("clips/link_out.mp4", "escapes the root"),
    ("http://host/a.mp4", "an address"),
    ("file:///etc/passwd", "an address"),
    ("concat:a.mp4|b.mp4", "an address"),  # FFmpeg's protocols need no slashes
    ("//host/share/a.mp4", "an address"),
    ("clips/good.m3u8", "refused format"),
    ("clips/good", "refused format"),
    ("clips/good.png", "refused format"),  # no video
    ("clips/none.mp4", "missing"),
    ("clips/folder.mp4", "missing"),
    ("", "missing"),
    (".", "missing"),
    ("a" * 5000 + ".mp4", "missing"),  # longer than file systems allow
    ("clips/empty.mp4", "empty"),
]


@pytest.mark.parametrize(("path", "kind"), REFUSED)
def test_a_path_that_is_refused(root: Path, path: str, kind: str) -> None:
    with pytest.raises(MediaError) as caught:
        MediaRoot(root).find(path, "video")
    assert caught.value.kind == kind


@pytest.mark.parametrize("path", ["clips/good.mp4", "./clips//good.mp4", "clips\\good.mp4", "clips/link_in.mp4"])
def test_a_path_that_is_found(root: Path, path: str) -> None:
    assert MediaRoot(root).find(path, "video") == os.path.realpath(root / "clips" / "good.mp4")


def test_a_root_behind_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert MediaRoot(tmp_path / "link").find("clips/good.mp4", "video").endswith("good.mp4")
    with pytest.raises(ConfigError, match="no folder"):
        MediaRoot(tmp_path / "none")


BROKEN = [
    ("cut_end.mp4", "cut"),  # its index is whole, its frames are not
    ("cut_index.mp4", "cut"),  # its index stood at the end
    ("text.mp4", "broken"),
    ("list.mp4", "broken"),  # a playlist would open other files
    ("ff.mp4", "broken"),
]


@pytest.mark.parametrize(("name", "kind"), BROKEN)
def test_a_clip_that_is_refused(root: Path, name: str, kind: str) -> None:
    with pytest.raises(MediaError) as caught:
        look_at_clip(str(root / "clips" / name))
    assert caught.value.kind == kind


def test_clips_that_are_whole(root: Path) -> None:
    good = look_at_clip(str(root / "clips" / "good.mp4"))
    assert (good.frames, good.fps, good.width, good.odd_rate) == (12, 8.0, 64, False)
    assert look_at_clip(str(root / "clips" / "one.mp4")).frames == 1
    assert look_at_clip(str(root / "clips" / "slow.mp4")).odd_rate
    assert look_at_clip(str(root / "clips" / "whole.mp4")).frames == 60


def test_images(root: Path) -> None:
    assert look_at_image(str(root / "clips" / "good.png")) == (32, 32)
    with pytest.raises(MediaError) as caught:
        look_at_image(str(root / "clips" / "cut.png"))
    assert caught.value.kind == "cut"


def test_what_is_seen_of_a_medium(root: Path) -> None:
    assert see_medium(MediaRoot(root), "clips/good.png", "image").fault is None
    assert see_medium(MediaRoot(root), "clips/none.mp4", "video").fault == "missing"
