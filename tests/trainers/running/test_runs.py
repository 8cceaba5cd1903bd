"""Runs of the tiny recipe: resumed after a kill, on two processes, with an adapter."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.running.curves import make_panels, read_log
from p2r_rewards.trainers.running.run import last_checkpoint, merge_adapter
from tests.trainers.running import driver

ROOT = Path(__file__).parents[3]
SMALL = ["made.clips=8", "made.held_out=2", "made.hidden=32", "made.layers=1", "training.logging_steps=1"]
STEPS = ["training.max_steps=6", "training.save_steps=2", "training.warmup_steps=0"]
SFT = [*SMALL, *STEPS, "training.per_device_train_batch_size=4", "watch=null", "rewards={}", "judge=null"]
RL = [
    *SMALL,
    *STEPS[:2],
    "training.per_device_train_batch_size=8",
    "training.num_generations=4",
    "training.max_completion_length=60",
    "training.beta=0.04",
]
LEARN = [
    "training.max_steps=120",
    "training.learning_rate=6e-3",
    "training.per_device_train_batch_size=8",
    "training.save_strategy=no",
]
# Times, and what TRL's SFTTrainer counts anew in each process.
NOT_COMPARED = ("time", "runtime", "per_second", "waited", "seconds", "slowest", "num_tokens")


def places(folder: Path, name: str) -> list[str]:
    return [f"made.folder={folder / 'made'}", f"output_dir={folder / name}"]


def start(*arguments: str, processes: int = 1) -> subprocess.CompletedProcess[str]:
    module = ["-m", "tests.trainers.running.driver", *arguments]
    launch = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"] if processes > 1 else []
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, *launch, *module], cwd=ROOT, capture_output=True, text=True, env=environment, check=False
    )


def told(folder: Path) -> list[dict[str, Any]]:
    """What was logged, but for `NOT_COMPARED` and the summary of this process's own steps."""
    return [
        {key: value for key, value in entry.items() if not any(word in key for word in NOT_COMPARED)}
        for entry in read_log(folder)
        if "train_runtime" not in entry
    ]


@pytest.mark.parametrize(("stage", "changes"), [("sft", SFT), ("rl", RL)])
def test_a_killed_run_resumes_to_the_same_numbers(stage: str, changes: list[str], tmp_path: Path) -> None:
    step = random.SystemRandom().randint(3, 5)
    begin = tmp_path / "made" / "model"
    if stage == "rl":  # a policy that knows the form earns something, and so trains
        driver.run("sft", [*SFT, *LEARN, *places(tmp_path, "begin")])
        begin = tmp_path / "begin"
        changes = [*changes, f"model={begin}"]
    driver.run(stage, [*changes, *places(tmp_path, "whole")])
    killed = start(stage, str(step), "no", *changes, *places(tmp_path, "killed"))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    checkpoint = last_checkpoint(tmp_path / "killed")
    assert checkpoint is not None
    assert checkpoint.name in ("checkpoint-2", "checkpoint-4")
    with pytest.raises(ConfigError, match="--resume"):
        driver.run(stage, [*changes, *places(tmp_path, "killed")])
    driver.run(stage, [*changes, *places(tmp_path, "killed")], resume=True)
    assert json.dumps(told(tmp_path / "killed")) == json.dumps(told(tmp_path / "whole")), f"killed at {step}"
    whole, resumed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "killed"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    before = load_file(begin / "model.safetensors")
    assert not all(torch.equal(whole[name], before[name]) for name in whole)  # it has trained at all


def test_a_checkpoint_cut_off_is_passed_over(tmp_path: Path) -> None:
    for step, text in ((2, "{}"), (10, '{"log_hist'), (4, "{}")):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "trainer_state.json").write_text(text)
    (tmp_path / "checkpoint-12").mkdir()
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-4"
    assert last_checkpoint(tmp_path / "none") is None


def test_two_processes_give_what_one_gives(tmp_path: Path) -> None:
    driver.run("sft", [*SFT, *places(tmp_path, "one")])
    half = "training.per_device_train_batch_size=2"
    done = start("sft", "0", "no", *SFT, half, *places(tmp_path, "two"), processes=2)
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    for name, weights in one.items():
        torch.testing.assert_close(two[name], weights, atol=2e-4, rtol=2e-3)
    losses = [[entry["loss"] for entry in told(tmp_path / name) if "loss" in entry] for name in ("one", "two")]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def test_an_adapter_is_trained_and_merged(tmp_path: Path) -> None:
    lora = ["lora={rank: 2, alpha: 4}", "training.max_steps=2", "training.report_to=none"]
    driver.run("sft", [*SFT, *lora[:2], *places(tmp_path, "run")])
    merge_adapter(tmp_path / "run", tmp_path / "merged")
    made = load_file(tmp_path / "made" / "model" / "model.safetensors")
    merged = load_file(tmp_path / "merged" / "model.safetensors")
    changed = {name for name in made if not torch.equal(made[name], merged[name])}
    assert changed
    assert all(".q_proj" in name or ".k_proj" in name or ".v_proj" in name or ".o_proj" in name for name in changed)


def test_a_watched_run_trains_as_any_other_and_has_curves(tmp_path: Path) -> None:
    watched = ["watch={every: 3, rows: 2, max_new_tokens: 8}", "judge=lexical", "report_to=[tensorboard]"]
    driver.run("sft", [*SFT, *places(tmp_path, "plain")])
    driver.run("sft", [*SFT, *watched, *places(tmp_path, "watched")])
    plain, seen = (load_file(tmp_path / name / "model.safetensors") for name in ("plain", "watched"))
    assert all(torch.equal(plain[name], seen[name]) for name in plain)
    panels = {panel.title: panel for panel in make_panels(read_log(tmp_path / "watched"))}
    assert [step for step, _ in panels["Reasoning accuracy"].curves["reasoning"]] == [0.0, 3.0, 6.0]
    assert (tmp_path / "watched" / "recipe.yaml").is_file()
    assert list((tmp_path / "watched").rglob("events.out.tfevents.*"))
