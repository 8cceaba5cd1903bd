"""Frames of real clips: which ones, exactly, and what is said of files that hold none."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from p2r_rewards.errors import DataError
from p2r_rewards.trainers.trl import video_decoding
from p2r_rewards.trainers.trl.video_decoding import decode_video, even_indices
from tests.trainers.trl import tiny_vision

LENGTHS = {
    # total frames, asked for -> indices
    "paper": (160, 16, [round(i * 159 / 15) for i in range(16)]),
    "odd": (31, 5, [0, 10, 20, 30]),
    "as many": (4, 4, [0, 1, 2, 3]),
    "short": (3, 16, [0, 2]),
    "one": (1, 16, [0, 0]),
}


@pytest.mark.parametrize(("total", "frames", "indices"), LENGTHS.values(), ids=LENGTHS)
def test_frames_are_even_in_number_and_in_time(total: int, frames: int, indices: list[int]) -> None:
    assert even_indices(total, frames) == indices


@pytest.mark.parametrize("frames", [1, 3, 12, 40])
def test_the_frames_asked_for_are_the_frames_decoded(frames: int, tmp_path: Path) -> None:
    path = tiny_vision.clip(tmp_path / "a.mp4", frames=frames, fps=5)
    with av.open(path) as container:
        every = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    video = decode_video(path, 8)
    assert (video.total, video.fps) == (frames, 5.0)
    assert video.indices == even_indices(frames, 8)
    assert np.array_equal(video.frames, np.stack([every[index] for index in video.indices]))
    if frames > 3:
        assert video.frames[-1].mean() - video.frames[0].mean() > 100  # the clips brighten


def test_a_wrong_count_in_the_header_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tiny_vision.clip(tmp_path / "a.avi", frames=12)
    right = decode_video(path, 4)
    real = video_decoding._first_stream

    class Told:
        def __init__(self, stream: av.VideoStream, frames: int) -> None:
            self.average_rate, self.guessed_rate, self.frames = stream.average_rate, stream.guessed_rate, frames

    for told in (0, 50):
        monkeypatch.setattr(video_decoding, "_first_stream", lambda *call, told=told: Told(real(*call), told))
        found = decode_video(path, 4)
        assert (found.total, found.indices) == (12, right.indices)
        assert np.array_equal(found.frames, right.frames)


def test_files_that_hold_no_video_are_named(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.rate = 8000
        container.mux(stream.encode(sound))
    for name in ("text.mp4", "sound.wav", "missing.mp4"):
        with pytest.raises(DataError, match=name):
            decode_video(tmp_path / name, 4)
