"""The recipe `tiny`, shortened: both rewards rise in both stages, by margins that no chance of sampling makes."""

from pathlib import Path

import pytest

from p2r_rewards.trainers.running.curves import Curve, make_panels, mean, read_log
from tests.trainers.running import driver

SHORT = ["made.clips=64", "made.held_out=16", "made.slips=0.0", "watch.rows=32"]
SFT = ["training.max_steps=110", "training.learning_rate=2e-3", "watch.every=55", "training.save_strategy=no"]
RL = [  # few problems, so that each is often tried
    *("data.limit=8", "training.max_steps=24", "training.learning_rate=3e-4"),
    *("watch=null", "training.save_strategy=no"),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    shared = [*SHORT, f"made.folder={folder / 'made'}"]
    driver.run("sft", [*shared, *SFT, f"output_dir={folder / 'sft'}"])
    driver.run("rl", [*shared, *RL, f"model={folder / 'sft'}", f"output_dir={folder / 'rl'}"])
    return folder


def curves(run: Path, title: str) -> dict[str, Curve]:
    return next(panel.curves for panel in make_panels(read_log(run)) if panel.title == title)


@pytest.mark.slow
@pytest.mark.parametrize("process", ["Perception", "Reasoning"])
def test_held_out_rewards_rise_while_fine_tuning(process: str, runs: Path) -> None:
    held_out = curves(runs / "sft", f"{process} accuracy")["held out"]
    assert held_out[0][1] == 0.0
    assert held_out[-1][1] > 0.2


@pytest.mark.slow
@pytest.mark.parametrize("process", ["Perception", "Reasoning"])
def test_rewards_rise_in_reinforcement(process: str, runs: Path) -> None:
    rollouts = curves(runs / "rl", f"{process} accuracy")["rollouts"]
    assert mean(rollouts[-6:]) > mean(rollouts[:6]) + 0.05


@pytest.mark.slow
def test_fewer_groups_collapse_in_both_processes_than_in_reasoning(runs: Path) -> None:
    groups = curves(runs / "rl", "Groups that teach nothing")
    assert mean(groups["both (PA-GRPO)"]) < mean(groups["reasoning (GRPO)"])
