"""Two processes under torchrun (gloo): groups that lie over both ranks are normalised as one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.trainers.trl import test_video_training, tiny, tiny_vision


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranks")
    tiny.save_model(folder / "model")
    tiny_vision.save_model("qwen2_5_vl", folder / "video" / "model")
    (folder / "messages.json").write_text(json.dumps(test_video_training.prompts(folder)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = Path(__file__).with_name("two_ranks.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", str(port)]
    done = subprocess.run(
        [*command, str(script), str(folder)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.mark.parametrize("length", ["off", "dynamic"])
def test_groups_lie_over_both_ranks(length: str, folder: Path) -> None:
    seen = [json.loads((folder / f"{length}{rank}.json").read_text()) for rank in range(2)]
    assert len(set(seen[0]["texts"])) == len(set(seen[1]["texts"])) == 8
    assert set(seen[0]["texts"]).isdisjoint(seen[1]["texts"])
    logs = seen[0]["logs"]
    assert sum(log["judge/asked"] for log in logs) == 15  # of both ranks: of 16 rows one has no observation
    assert sorted(log["collapsed/reasoning"] for log in logs)[:3] == [0.0, 0.0, 0.0]
    for step in range(1, 5):
        table = pd.read_parquet(folder / length / "completions" / f"completions_{step:05d}.parquet")
        assert len(table) == 4
        assert abs(table["reasoning_advantage"].sum()) < 1e-5  # normalised over both ranks


def test_a_judge_that_fails_on_one_rank_leaves_no_rank_waiting(folder: Path) -> None:
    logs = json.loads((folder / "failing0.json").read_text())
    assert len(logs) == 2
    assert all(0.0 < log["judge/failed"] < 1.0 for log in logs)
    assert all(log["judge/failed"] == log["judge/unscored"] for log in logs)


def test_videos_of_groups_over_both_ranks_are_seen(folder: Path) -> None:
    seen = [json.loads((folder / f"video{rank}.json").read_text()) for rank in range(2)]
    assert all(one["seeing"] >= 4 for one in seen)
    assert seen[0]["total"] == seen[1]["total"]  # gradients were shared
