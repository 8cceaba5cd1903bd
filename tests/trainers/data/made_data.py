"""Folders of clips and records, good and bad."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

ROW: dict[str, Any] = {
    "problem_id": "1",
    "problem": "Which way does it go?",
    "data_type": "video",
    "problem_type": "multiple choice",
    "options": "['A. left', 'B. right']",
    "solution": "<answer>A</answer>",
    "path": "./clips/good.mp4",
    "data_source": "made",
}
TRACE = "<observation>It goes left.</observation> <think>So left.</think><answer>A</answer>"


def clip(path: Path, frames: int = 12, fps: Any = 8, *, faststart: bool = False, size: int = 64) -> Path:
    noise = np.random.default_rng(0)
    options = {"movflags": "faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as container:
        stream: Any = container.add_stream("mpeg4", rate=fps)
        stream.width, stream.height, stream.pix_fmt = size, size, "yuv420p"
        for _ in range(frames):
            picture = noise.integers(0, 255, (size, size, 3)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def picture(path: Path) -> Path:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)).save(path)
    return path


def cut(source: Path, target: Path, share: float) -> Path:
    whole = source.read_bytes()
    target.write_bytes(whole[: int(len(whole) * share)])
    return target


def media(root: Path) -> Path:
    """A media root: under `clips/` everything that can go wrong, and beside the root what must not be reached."""
    outside = root.parent / "outside"
    for folder in (root / "clips", outside):
        folder.mkdir(parents=True)
    clips = root / "clips"
    good = clip(clips / "good.mp4")
    clip(clips / "one.mp4", frames=1)
    clip(clips / "slow.mp4", frames=4, fps=__import__("fractions").Fraction(1, 4))
    fast = clip(clips / "whole.mp4", frames=60, faststart=True)
    cut(fast, clips / "cut_end.mp4", 0.4)
    cut(good, clips / "cut_index.mp4", 0.6)
    (clips / "empty.mp4").touch()
    (clips / "text.mp4").write_text("this is no clip")
    (clips / "list.mp4").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    )
    (clips / "ff.mp4").write_text(f"ffconcat version 1.0\nfile '{good}'\n")
    (clips / "folder.mp4").mkdir()
    clip(outside / "secret.mp4")
    (clips / "link_out.mp4").symlink_to(outside / "secret.mp4")
    (clips / "link_in.mp4").symlink_to(good)
    (root / "door").symlink_to(outside)
    picture(clips / "good.png")
    cut(clips / "good.png", clips / "cut.png", 0.5)
    return root


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """As JSON Lines, a JSON list or a packed one, by suffix."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(json.dumps(rows).encode()))
    else:
        path.write_text(json.dumps(rows))
    return path
