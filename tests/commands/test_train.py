"""`p2r-train` as users run it, in this process: data, dry runs, recipes, plots, errors."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from p2r_rewards import __version__
from p2r_rewards.commands.train import main

pytest.importorskip("trl")
pytest.importorskip("av")

from tests.trainers.data import made_data

TINY = [f"--set={one}" for one in ("made.clips=4", "made.held_out=2")]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_help_and_version() -> None:
    assert "Exit status: 0 done" in run("--help").output
    assert run("--version").output.strip() == f"p2r-train, version {__version__}"
    for command in ("data", "sft", "rl", "plot", "recipes", "merge"):
        assert run(command, "--help").exit_code == 0


def test_data_is_checked(tmp_path: Path) -> None:
    root = made_data.media(tmp_path / "root")
    good = made_data.write(tmp_path / "good.jsonl", [made_data.ROW])
    bad = made_data.write(tmp_path / "bad.json", [made_data.ROW, {**made_data.ROW, "path": "../x.mp4"}])
    shown = run("data", "--check", good, "--media-root", root, "--workers", 1)
    assert shown.exit_code == 0, shown.output
    assert "1 rows: 1 usable, 0 not" in shown.output
    told = run("data", "--check", bad, "--media-root", root, "--workers", 1, "--json")
    assert told.exit_code == 1
    found = json.loads(told.output)
    assert (found["rows"], found["usable"], found["clean"]) == (2, 1, False)
    assert found["faults"]["media: escapes the root"]["rows"] == 1
    assert run("data", "--check", bad, "--media-root", tmp_path / "none").exit_code == 2
    assert run("data", bad).exit_code == 2
    (tmp_path / "cut.json").write_text('[{"problem": "a"')
    assert run("data", "--check", tmp_path / "cut.json").exit_code == 1


def test_recipes_are_listed() -> None:
    shown = run("recipes").output
    assert "videop2r-7b  (rl, sft)" in shown
    assert Path(run("recipes", "tiny", "--stage", "sft").output.strip()).is_file()
    assert Path(run("recipes", "--launch", "zero3").output.strip()).is_file()
    assert run("recipes", "--launch", "zero4").exit_code == 2


REFUSED = [
    (["rl", "videop2r-7b"], "data.files and data.media_root are not set"),
    (["rl", "videop2r-8b"], "built in are"),
    (["rl", "tiny", "--set", "training.learning_rat=1"], "did you mean training.learning_rate?"),
    (["rl", "tiny", "--set", "training.learning_rate=fast"], "training.learning_rate must be a number"),
    (["rl", "tiny", "--set", "training.max_steps=2.5"], "training.max_steps must be a whole number"),
    (["rl", "tiny", "--set", "training.output_dir=x"], "is set by output_dir"),
    (["rl", "tiny", "--set", "training.remove_unused_columns=true"], "can't be set"),
    (["rl", "tiny", "--set", "training.num_generations=7"], "training:"),
    (["rl", "tiny", "--set", "rewards.lenght=off"], "did you mean length?"),
    (["sft", "tiny", "--set", "training.beta=1"], "unknown setting training.beta"),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_what_is_refused(arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    more = TINY if "tiny" in arguments else []
    shown = run(*arguments, *more, "--dry-run")
    assert shown.exit_code == 2, shown.output
    assert told in shown.stderr
    assert len(shown.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stage", ["sft", "rl"])
def test_a_dry_run(stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    change = ["--set", "model=made", "--set", "context=100", "--rows", "3"]
    shown = run(stage, "tiny", *TINY, *change, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert yaml.safe_load(shown.stdout.split("\n\n")[0])["training"]["use_cpu"] is True
    assert "8 rows of 8" in shown.output
    assert "<|video_pad|> x 8 <|vision_end|>Question: What colour is the square?" in shown.output
    assert shown.output.count("too long") == 3
    found = json.loads(run(stage, "tiny", *TINY, *change, "--dry-run", "--json").stdout)
    assert found["too_long"] == [0, 1, 2]
    assert len(found["tokens"]) == 3


@pytest.mark.parametrize("stage", ["sft", "rl"])
@pytest.mark.parametrize("name", ["videop2r-7b", "videop2r-3b-lora", "videop2r-7b-one-gpu"])
def test_a_real_recipe_resolves_with_a_tiny_model(
    stage: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own options but for those that need a GPU."""
    monkeypatch.chdir(tmp_path)
    made = run("sft", "tiny", *TINY, "--dry-run", "--rows", 1)
    assert made.exit_code == 0, made.output
    files = tmp_path / "runs/tiny" / ("cot.json" if stage == "sft" else "rl.json")
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(
        f"extends: {name}\nmodel: runs/tiny/model\ndata: {{files: ['{files}'], media_root: runs/tiny}}\n"
        "dtype: float32\ntraining: {use_cpu: true, bf16: false}\n"
    )
    shown = run(stage, recipe, "--dry-run", "--rows", 1)
    assert shown.exit_code == 0, shown.output
    assert "<observation>" in shown.output


LOG: list[dict[str, Any]] = [
    {
        "step": step,
        "loss": 1 / step,
        "perception/accuracy/mean": step / 30,
        "reasoning/accuracy/mean": step / 40,
        "perception/format/mean": 1.0,
        "reasoning/format/mean": 0.9,
        "perception/tokens/mean": 150,
        "reasoning/tokens/mean": float("nan"),
        "collapsed/perception": 0.5,
        "collapsed/reasoning": 0.25,
        "collapsed/both": 0.125,
    }
    for step in range(1, 31)
]


def test_a_run_is_plotted(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    folder = tmp_path / "run<b>"
    (folder / "checkpoint-30").mkdir(parents=True)
    (folder / "checkpoint-30" / "trainer_state.json").write_text(json.dumps({"log_history": LOG}))
    shown = run("plot", folder)
    assert shown.exit_code == 0, shown.output
    images = sorted(path.name for path in (folder / "plots").glob("*.png"))
    assert len(images) == 6
    assert "groups-that-teach-nothing.png" in images
    page = (folder / "plots" / "curves.html").read_text()
    assert page.count("data:image/png;base64,") == 6
    assert "<b>" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_folder_without_a_run_is_not_plotted(tmp_path: Path) -> None:
    shown = run("plot", tmp_path)
    assert shown.exit_code == 1
    assert "is this the output_dir of a run?" in shown.output
    (tmp_path / "trainer_state.json").write_text('{"log_history": [{"step": 1}]}')
    assert "none of the curves" in run("plot", tmp_path).output
    (tmp_path / "trainer_state.json").write_text("[]")
    assert run("plot", tmp_path).exit_code == 1


def test_only_a_run_with_an_adapter_is_merged(tmp_path: Path) -> None:
    shown = run("merge", tmp_path, "-o", tmp_path / "merged")
    assert shown.exit_code == 1
    assert "holds no adapter" in shown.output
