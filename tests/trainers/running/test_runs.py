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

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.trainers.recipes import load_recipe
from p2r_rewards.trainers.recipes.recipe import MadeSettings
from p2r_rewards.trainers.running.curves import make_panels, read_log
from p2r_rewards.trainers.running.made_clips import make_world
from p2r_rewards.trainers.running.making import make_ready
from p2r_rewards.trainers.running.run import last_checkpoint, merge_adapter
from tests.trainers.running import driver

ROOT = Path(__file__).parents[3]
SMALL = [
    *("made.clips=8", "made.held_out=2", "made.hidden=32", "made.layers=1", "made.slips=0.0"),
    "training.logging_steps=1",
]
STEPS = ["training.max_steps=6", "training.save_steps=2"]
WATCH = "watch={every: 3, rows: 2, max_new_tokens: 8}"
SFT = [*SMALL, *STEPS, "training.warmup_steps=0", "training.per_device_train_batch_size=4", "watch=null", "judge=null"]
RL = [
    *SMALL,
    *STEPS,
    WATCH,
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


def start(stage: str, changes: list[str], *options: str, processes: int = 1) -> subprocess.CompletedProcess[str]:
    settings = [part for change in changes for part in ("--set", change)]
    module = ["-m", "tests.trainers.running.driver", *options, "--", stage, "tiny", *settings]
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


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that knows the form: it earns something, and so trains."""
    folder = tmp_path_factory.mktemp("begin")
    driver.run("sft", [*SFT, *LEARN, *places(folder, "begin")])
    return folder / "begin"


@pytest.mark.parametrize(("stage", "changes"), [("sft", SFT), ("rl", RL)])
def test_a_killed_run_resumes_to_the_same_numbers(stage: str, changes: list[str], begin: Path, tmp_path: Path) -> None:
    step = random.SystemRandom().randint(3, 5)
    if stage == "rl":
        changes = [*changes, f"model={begin}"]
    else:
        begin = tmp_path / "made" / "model"
    driver.run(stage, [*changes, *places(tmp_path, "whole")])
    killed = start(stage, [*changes, *places(tmp_path, "killed")], "--kill-at", str(step))
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


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "changes", "whole"), [("sft", SFT, 4), ("rl", RL, 16)])
def test_two_processes_give_what_one_gives(
    stage: str, changes: list[str], whole: int, begin: Path, tmp_path: Path
) -> None:
    """The command on two processes, each with half of the batch: in RL, the same rollouts, rewards and gradients."""
    changes = [*changes, *([f"model={begin}", "training.max_steps=3"] if stage == "rl" else [])]
    for processes in (1, 2):
        share = f"training.per_device_train_batch_size={whole // processes}"
        own = [*changes, share, *places(tmp_path, str(processes))]
        done = start(stage, own, "--alike", processes=processes)
        assert done.returncode == 0, done.stderr[-3000:]
    one, two = (told(tmp_path / name) for name in ("1", "2"))
    assert len(one) == len(two) >= 3
    for alone, shared in zip(one, two, strict=True):
        assert shared.keys() == alone.keys()
        assert shared == pytest.approx(alone, rel=2e-3, abs=1e-4)
    if stage == "rl":
        assert any(
            entry.get("reward_std", 0) > 0 and entry["grad_norm"] > 1e-3 for entry in one
        )  # something was learnt
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("1", "2")]
    for name, own_weights in weights[0].items():
        torch.testing.assert_close(weights[1][name], own_weights, atol=2e-4, rtol=2e-3)


def test_a_run_that_ends_early_is_no_run_that_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """transformers takes a StopIteration, wherever it comes from, for the end of the data."""
    from p2r_rewards.trainers.trl import VideoCollator

    made = iter(range(3))
    whole = VideoCollator.__call__
    monkeypatch.setattr(VideoCollator, "__call__", lambda self, rows: (next(made), whole(self, rows))[1])
    with pytest.raises(DataError, match=r"ended at step \d of 6"):
        driver.run("sft", [*SFT, *places(tmp_path, "run")])
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_what_was_made_otherwise_is_not_taken_for_this(tmp_path: Path) -> None:
    recipe = load_recipe("sft", "tiny", [*SFT, *places(tmp_path, "run")])
    make_ready(recipe)
    clip = tmp_path / "made" / "clips" / "00000.mp4"
    before = clip.stat().st_mtime_ns
    make_ready(recipe)
    assert clip.stat().st_mtime_ns == before
    other = load_recipe("sft", "tiny", [*SFT, *places(tmp_path, "run"), "made.clips=9"])
    with pytest.raises(ConfigError, match=r"made\.clips is 9, but .* was made with 8"):
        make_ready(other)


@pytest.mark.parametrize("slips", [0.0, 0.25])
def test_traces_are_as_wrong_as_asked_for(slips: float, tmp_path: Path) -> None:
    """Observation and answer are wrong apart from one another; what is held out has no trace."""
    made = MadeSettings(folder=str(tmp_path), clips=200, held_out=4, size=28, frames=2, slips=slips)
    files = make_world(made)
    rows = json.loads(files["cot"].read_text())
    observed = answered = both = 0
    for row in rows:
        gold = row["solution"].removeprefix("<answer>").removesuffix("</answer>")
        observation, answer = row["output"].split("</observation>")
        wrong = gold not in observation, f"<answer>{gold}</answer>" not in answer
        observed, answered, both = observed + wrong[0], answered + wrong[1], both + all(wrong)
    shares = [count / len(rows) for count in (observed, answered, both)]
    assert shares == pytest.approx([slips, slips, slips**2], abs=0.06)
    assert not any("output" in row for row in json.loads(files["held-out"].read_text()))


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
    watched = [WATCH[:-1] + ", temperature: 1.0}", "judge=lexical", "report_to=[tensorboard]"]
    driver.run("sft", [*SFT, *places(tmp_path, "plain")])
    driver.run("sft", [*SFT, *watched, *places(tmp_path, "watched")])
    plain, seen = (load_file(tmp_path / name / "model.safetensors") for name in ("plain", "watched"))
    assert all(torch.equal(plain[name], seen[name]) for name in plain)
    panels = {panel.title: panel for panel in make_panels(read_log(tmp_path / "watched"))}
    assert [step for step, _ in panels["Reasoning accuracy"].curves["held out"]] == [0.0, 3.0, 6.0]
    assert [step for step, _ in panels["Loss"].curves["loss"]] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]  # looking drops none
    assert (tmp_path / "watched" / "recipe.yaml").is_file()
    assert list((tmp_path / "watched").rglob("events.out.tfevents.*"))
