"""`p2r-serve` as a command: who may ask, what it warns of, and its errors."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.server.access import Access
from p2r_rewards.trainers.server.limits import ServerLimits
from tests.trainers.server.running_server import COMMAND, CUPS, Server, write

TOKEN = "0123456789abcdef-token"
GOOD = {"samples": [{"completion": write("2"), **CUPS}]}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, timeout=30, env={**os.environ, **environment}
    )


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"p2r:{password}".encode()).decode()


def test_a_token_is_asked_for_and_never_shown(tmp_path: Path) -> None:
    with Server(tmp_path, "judge: lexical", P2R_SERVER_TOKEN=TOKEN) as server:
        for right in (f"Bearer {TOKEN}", f"bearer  {TOKEN}", basic(TOKEN)):
            assert server.post("/score", GOOD, {"Authorization": right}).json["rewards"] == [4.0]
        for wrong in ("", "Bearer", f"Bearer {TOKEN}x", "Bearer é", TOKEN, basic("x"), "Basic ???", f"Digest {TOKEN}"):
            reply = server.post("/score", GOOD, {"Authorization": wrong})
            assert reply.status == 401
            assert TOKEN not in reply.body.decode()
            assert "Bearer" in reply.headers["www-authenticate"]
        assert server.post("/get_reward", {}).status == 401
        assert server.post("/metrics", b"").status == 405
        assert server.get("/health").status == 200
        assert server.end() == 0
    assert TOKEN not in server.log


def test_an_open_server_beyond_this_machine_is_warned_of(tmp_path: Path) -> None:
    with Server(tmp_path, "judge: lexical", "--host", "0.0.0.0") as server:
        assert server.end() == 0
    assert "P2R_SERVER_TOKEN" in server.log
    with Server(tmp_path, "judge: lexical", "--host", "0.0.0.0", P2R_SERVER_TOKEN=TOKEN) as server:
        assert server.end() == 0
    assert "unencrypted" in server.log
    assert "P2R_SERVER_TOKEN" not in server.log
    with Server(tmp_path) as server:
        assert server.end() == 0
    assert server.log == ""


@pytest.mark.parametrize(
    ("settings", "options", "environment", "status", "cure"),
    [
        ("judg: lexical", (), {}, 2, "did you mean judge"),
        ("part: process", (), {}, 2, "needs verdicts"),
        ("judge: lexical", (), {"P2R_SERVER_TOKEN": "short"}, 2, "16 to 256"),
        ("judge: lexical", (), {"P2R_SERVER_TOKEN": ""}, 2, "16 to 256"),
        ("judge: lexical", ("--host", "256.1.1.1"), {}, 1, "256.1.1.1"),
        ("judge: lexical", ("--deadline", "0"), {}, 2, "--deadline"),
        ("judge: lexical", ("--deadline", "nan"), {}, 2, "deadline"),
    ],
)
def test_what_a_user_can_mend_is_one_line(
    tmp_path: Path, settings: str, options: tuple[str, ...], environment: dict[str, str], status: int, cure: str
) -> None:
    path = tmp_path / "rewards.yaml"
    path.write_text(settings)
    done = run(str(path), "--port", "0", *options, **environment)
    assert done.returncode == status
    assert cure in done.stderr
    assert "Traceback" not in done.stderr
    assert "short" not in done.stderr


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rewards.yaml"
    path.write_text("judge: lexical")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(str(path), "--port", str(port))
    assert done.returncode == 1
    assert f"127.0.0.1:{port}: can't listen there" in done.stderr


@pytest.mark.parametrize(
    "wrong",
    [{"samples": 0}, {"samples": True}, {"queue": -1}, {"deadline": 0.0}, {"judge_share": 1.0}, {"body_bytes": 1.5}],
)
def test_limits_outside_their_range_are_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        ServerLimits(**wrong)  # type: ignore[arg-type]


def test_the_missing_extra_is_told_with_the_command_that_installs_it(tmp_path: Path) -> None:
    path = tmp_path / "rewards.yaml"
    path.write_text("judge: lexical")
    code = f"import sys; sys.modules['starlette'] = None; from p2r_rewards.commands.serve import main; main(['{path}'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "pip install 'p2r-rewards[server]'" in done.stderr


def test_access_shows_no_token() -> None:
    assert TOKEN not in repr(Access(TOKEN))
