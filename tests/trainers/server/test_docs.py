"""What the page of the server shows runs as it is shown."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import yaml
from click.testing import CliRunner

from p2r_rewards.commands.serve import main
from tests.judges.fake_server import FakeServer
from tests.trainers.adapters.replies import DOCS, block
from tests.trainers.server.running_server import Server

PAGE = "reward-server.md"


def test_the_page_s_settings_and_request_work(tmp_path: Path) -> None:
    settings = yaml.safe_load(block(PAGE, "yaml"))
    with FakeServer() as judge:
        settings["judge"] = f"openai:made@{judge.openai}"
        with Server(tmp_path, yaml.safe_dump(settings)) as server:
            reply = server.post("/score", json.loads(block(PAGE, "json"))).json
    assert reply["rewards"] == [4.0, None]
    assert reply["unscored"] == [None, "problem type is missing"]
    assert sorted(reply) == ["components", "how", "rewards", "unscored"]


def test_the_page_names_the_command_s_options() -> None:
    shown = CliRunner().invoke(main, ["--help"], terminal_width=200).output
    page = (DOCS / PAGE).read_text()
    assert shlex.split(block(PAGE, "bash"))[0] == "p2r-serve"
    named = set(re.findall(r"`(--[a-z-]+)", page))
    assert len(named) >= 9
    assert [option for option in named if option not in shown] == []


def test_the_page_s_limits_are_the_command_s_defaults() -> None:
    defaults = {option.opts[0]: option.default for option in main.params}
    rows = re.findall(r"^\| (`--[^|]+) \| ([^|]+) \|", (DOCS / PAGE).read_text(), re.MULTILINE)
    shown = {
        name.strip(" `"): float(number.replace(",", "").removesuffix(" s"))
        for names, numbers in rows
        for name, number in zip(names.split(", "), numbers.split(", "), strict=True)
    }
    assert len(shown) == 8
    assert shown == {name: defaults[name] for name in shown}
