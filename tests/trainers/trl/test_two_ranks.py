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

from tests.trainers.trl import tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranks")
    tiny.save_model(folder / "model")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = Path(__file__).with_name("two_ranks.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", str(port)]
    done = subprocess.run(
        [*command, str(script), str(folder), "off", "dynamic"],
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
    assert len(set(seen[0]["texts"]) | set(seen[1]["texts"])) >= 8
    log = seen[0]["log"][0]
    assert log["judge/asked"] == 15  # of both ranks: of 16 rows one has no observation
    assert log["collapsed/perception"] == 0.25
    table = pd.read_parquet(folder / length / "completions" / "completions_00001.parquet")
    for _, group in table.groupby("prompt"):
        assert len(group) == 4
        assert abs(group["reasoning_advantage"].sum()) < 1e-5  # normalised over both ranks
