"""What an adapter pays for, from a file or the environment: read, or refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.samples import RewardSettings
from p2r_rewards.trainers.samples.settings import VARIABLE


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("judg: lexical", "did you mean judge"),
        ("reward: {lenght: off}", "did you mean length"),
        ("part: all", "part must be one of"),
        ("judge: [lexical]", "judge must be text"),
        ("columns: problem", "columns must be a table"),
        ("prefix: 3", "prefix must be text"),
        ("- lexical", "a table"),
    ],
)
def test_bad_settings_name_the_file_and_the_cure(tmp_path: Path, text: str, cure: str) -> None:
    path = tmp_path / "rewards.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=cure) as caught:
        RewardSettings.from_file(path)
    assert str(path) in str(caught.value)


def test_settings_come_from_the_file_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rewards.toml"
    path.write_text('judge = "lexical"\n[reward]\nmode = "paper"\n')
    monkeypatch.setenv(VARIABLE, str(path))
    assert RewardSettings.from_environment().reward.mode == "paper"
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ConfigError, match=VARIABLE):
        RewardSettings.from_environment()


def test_settings_are_taken_as_they_are_from_a_path_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file.yaml").write_text("part: reasoning")
    (tmp_path / "named.yaml").write_text("part: format")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "named.yaml"))
    given = RewardSettings(part="length")
    assert RewardSettings.read(given) is given
    assert RewardSettings.read(tmp_path / "file.yaml").part == "reasoning"
    assert RewardSettings.read(None).part == "format"


def test_trainers_that_hand_on_single_samples_have_no_groups() -> None:
    RewardSettings().check_single("T")
    with pytest.raises(ConfigError, match="T hands on samples one by one: use fixed"):
        RewardSettings.from_mapping({"reward": {"length": "dynamic"}}).check_single("T")
