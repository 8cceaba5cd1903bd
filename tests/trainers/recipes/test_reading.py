"""Recipes: built-in ones resolve, and what can't be meant is refused with a hint."""

from pathlib import Path

import pytest
import yaml

from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.recipes import find_launch, list_recipes, load_recipe
from p2r_rewards.trainers.recipes.reading import find_recipe, read_yaml

ALL = [(stage, name) for name, stages in list_recipes().items() for stage in stages]
RL = "stage: rl\nmodel: m\noutput_dir: o\n"


@pytest.mark.parametrize(("stage", "name"), ALL)
def test_a_built_in_recipe_resolves(stage: str, name: str) -> None:
    recipe = load_recipe(stage, name)
    assert recipe.stage == stage
    assert stage in recipe.output_dir
    RewardConfig.from_mapping(recipe.rewards)
    if recipe.made is None:
        with pytest.raises(ConfigError, match=r"data\.files"):
            recipe.check_ready()
        load_recipe(stage, name, ["data.files=[a.json]", "data.media_root=media"]).check_ready()


def test_what_is_built_in() -> None:
    assert {"videop2r-7b", "videop2r-3b", "videop2r-7b-lora", "videop2r-3b-one-gpu", "tiny"} <= set(list_recipes())
    for name in ("fsdp", "zero3", "one-gpu"):
        assert "distributed_type" in yaml.safe_load(find_launch(name).read_text())
    with pytest.raises(ConfigError, match="fsdp"):
        find_launch("../fsdp")


@pytest.mark.parametrize("name", ["videop2r-7b", "videop2r-3b"])
def test_the_constants_of_the_paper(name: str) -> None:
    sft, rl = load_recipe("sft", name), load_recipe("rl", name)
    assert name.split("-")[1].upper() in sft.model
    for recipe in (sft, rl):
        assert (recipe.video.frames, recipe.video.max_pixels) == (16, 128 * 28 * 28)
    assert sft.training["num_train_epochs"] == 1
    assert 8 * sft.training["per_device_train_batch_size"] == 8
    assert sft.training["gradient_accumulation_steps"] == 2
    assert rl.training["max_steps"] == 1000
    assert rl.training["num_generations"] == 8
    assert 7 * rl.training["per_device_train_batch_size"] == 56
    assert RewardConfig.from_mapping(rl.rewards) == RewardConfig()
    assert rl.model == sft.output_dir


def test_one_gpu_keeps_the_batch() -> None:
    rl = load_recipe("rl", "videop2r-7b-one-gpu").training
    assert rl["per_device_train_batch_size"] * rl["gradient_accumulation_steps"] == 56
    sft = load_recipe("sft", "videop2r-7b-one-gpu").training
    assert sft["per_device_train_batch_size"] * sft["gradient_accumulation_steps"] == 16


def test_every_choice_of_ours_is_marked() -> None:
    for stage in ("sft", "rl"):
        for line in find_recipe(stage, "videop2r-7b").read_text().splitlines():
            if line.strip().split(":")[0] in (
                "learning_rate",
                "beta",
                "temperature",
                "max_completion_length",
                "epsilon",
            ):
                assert "# ours" in line


REFUSED = [
    ("learning_rate: 1", "unknown setting learning_rate"),
    ("modle: a", "did you mean model"),
    ("video: {frame: 8}", "did you mean video.frames"),
    ("video: {frames: many}", "video.frames must be a whole number, not 'many'"),
    ("video: {frames: true}", "video.frames must be a whole number"),
    ("video: 16", "video must be a mapping, not 16"),
    ("data: {files: a.json}", "data.files must be a list of texts"),
    ("data: {files: [1]}", "data.files must be a list of texts"),
    ("data: {bad_rows: skipp}", "did you mean 'skip'"),
    ("lora: {rank: 8.5}", "lora.rank must be a whole number"),
    ("stage: sftt", "did you mean 'sft'"),
    ("watch: {every: 0}", "watch.every must be at least 1, not 0"),
    ("watch: {temperature: -0.5}", "watch.temperature must be at least 0"),
    ("seed: 1\nseed: 2", "'seed' is set twice"),
    ("1: 2", "keys are text"),
    ("a: &x [1]\nb: *x", "aliases"),
    ("model: !!python/object/apply:os.system [true]", "is not YAML"),
    ("model: !!python/name:os.system", "is not YAML"),
    ("model: [", "is not YAML"),
    ("- a", "a mapping of settings"),
    ("extends: 1", "extends must be"),
    ("extends: videop2r-70b", "built in are"),
    ("x: " + "a" * 70_000, "over the limit"),
    ("x: " + "[" * 5000, "is not YAML"),
]


@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_a_recipe_that_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "r.yaml"
    file.write_text(text if text[:1] in "-m1s" else RL + text)
    with pytest.raises(ConfigError) as caught:
        load_recipe("rl", str(file))
    assert told in str(caught.value)
    assert str(file) in str(caught.value) or "built in are" in told


def test_missing_settings_and_files(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("stage: rl\nmodel: m\n")
    with pytest.raises(ConfigError, match="output_dir is missing"):
        load_recipe("rl", str(tmp_path / "r.yaml"))
    with pytest.raises(ConfigError, match="can't be read"):
        load_recipe("rl", str(tmp_path / "none.yaml"))
    with pytest.raises(ConfigError, match="run p2r-train sft"):
        load_recipe("rl", str(find_recipe("sft", "tiny")))


def test_what_is_watched_is_not_what_is_trained_on() -> None:
    data = ["data.files=[a.json]", "data.media_root=media"]
    with pytest.raises(ConfigError, match=r"watch\.files is not set"):
        load_recipe("rl", "videop2r-7b", [*data, "watch={every: 10}"]).check_ready()
    load_recipe("rl", "videop2r-7b", [*data, "watch={files: [b.json]}"]).check_ready()
    with pytest.raises(ConfigError, match="judge=null"):
        load_recipe("sft", "tiny", ["watch=null"]).check_ready()
    load_recipe("sft", "tiny", ["watch=null", "judge=null"]).check_ready()


def test_recipes_extend_one_another(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: videop2r-7b\nvideo: {frames: 8}\ndata: {files: [x.json]}\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\nseed: 7\n")
    recipe = load_recipe("rl", str(tmp_path / "b.yaml"), ["video.max_pixels=9999", "training.learning_rate=1e-5"])
    assert (recipe.seed, recipe.video.frames, recipe.video.max_pixels) == (7, 8, 9999)
    assert recipe.data.files == ["x.json"]
    assert recipe.training["num_generations"] == 8
    (tmp_path / "c.yaml").write_text("extends: c.yaml\n")
    with pytest.raises(ConfigError, match="in a circle"):
        load_recipe("rl", str(tmp_path / "c.yaml"))


@pytest.mark.parametrize("change", ["seed", "=1", "a..b=1", "seed=[", "seed=x", "data.seed=1"])
def test_a_change_that_is_refused(change: str) -> None:
    with pytest.raises(ConfigError):
        load_recipe("rl", "tiny", [change])


def test_yaml_is_plain_data() -> None:
    assert read_yaml("{a: [1, 2.5, true, null, no, off, b]}") == {"a": [1, 2.5, True, None, "no", "off", "b"]}
