"""The judge behind a running server: asked once, bounded in time, and down."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

from tests.judges.fake_server import Act, FakeServer, Seen
from tests.trainers.server.running_server import CUPS, Server, write

ROOM = "<observation>Two red cups stand on the table, beside a blue jug.</observation>"


def sample(number: int = 0, answer: str = "2") -> dict[str, Any]:
    seen = ROOM.replace("table", f"table number {number}") if number else ROOM
    return {"completion": write(answer, seen), **CUPS}


def settings(judge: FakeServer | str) -> str:
    return f"judge: openai:made@{judge if isinstance(judge, str) else judge.openai}"


def slow(seconds: float) -> Any:
    return lambda request, number: Act(delay=seconds)


def test_identical_observations_of_many_requests_are_asked_once(tmp_path: Path) -> None:
    with FakeServer(slow(1.0)) as judge, Server(tmp_path, settings(judge)) as server:
        replies = server.post_all(
            "/score", [{"samples": [sample(answer=str(number % 2 + 2))]} for number in range(100)]
        )
        assert [reply.json["rewards"][0] for reply in replies] == [4.0, 3.0] * 50
        assert len(judge.seen) == 1


def test_who_needs_no_verdict_does_not_wait_for_others(tmp_path: Path) -> None:
    def hang_on_some(request: Seen, number: int) -> Act:
        return Act(kind="hang") if "number 7" in request.prompt else Act()

    with FakeServer(hang_on_some) as judge, Server(tmp_path, settings(judge), "--deadline", "6") as server:
        began = time.perf_counter()
        bodies = [{"samples": [sample(number)]} for number in range(1, 12)]

        replies = server.post_all("/score", bodies[:6] + bodies[7:])
        assert [reply.json["rewards"] for reply in replies] == [[4.0]] * 10
        mixed = server.post("/score", {"samples": [sample(7), sample(20), {**sample(), "sufficient": False}]}).json
    assert mixed["rewards"] == [None, 4.0, 3.0]
    assert "deadline" in mixed["unscored"][0]
    assert mixed["components"][0]["reasoning_accuracy"] == 1.0
    assert time.perf_counter() - began < 12


def test_a_judge_that_is_down_leaves_rewards_unscored_and_says_why(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with Server(tmp_path, settings(f"http://127.0.0.1:{port}/v1"), "--deadline", "15") as server:
            replies = server.post_all("/score", [{"samples": [sample(number)]} for number in range(1, 1001)])
            ask = {"query": ["Q" + sample(500)["completion"]], "prompts": ["Q"], "labels": [CUPS]}
            remote = server.post("/get_reward", ask)
            assert server.get("/health").status == 200
    assert [reply.status for reply in replies] == [200] * 1000
    for reply in replies:
        assert reply.json["rewards"] == [None]
        assert reply.json["unscored"][0].startswith("judge: ")
        assert reply.json["components"][0]["reasoning_reward"] == 2.0
    assert remote.json["rewards"] is None


def test_a_judge_that_comes_back_is_asked_again(tmp_path: Path) -> None:
    judge = FakeServer()
    judge.__enter__()
    judge.kill()
    with Server(tmp_path, settings(judge), "--deadline", "4") as server:
        assert server.post("/score", {"samples": [sample()]}).json["rewards"] == [None]
        with FakeServer(port=judge.port):
            assert server.post("/score", {"samples": [sample()]}).json["rewards"] == [4.0]


def test_errors_of_the_judge_show_no_key(tmp_path: Path) -> None:
    def refuse(request: Seen, number: int) -> Act:
        return Act(status=401, body='{"error": {"message": "bad key sk-very-secret"}}')

    with FakeServer(refuse) as judge, Server(tmp_path, settings(judge), "--deadline", "4") as server:
        reply = server.post("/score", {"samples": [sample()]})
        assert reply.json["rewards"] == [None]
        assert server.end() == 0
    assert "sk-very-secret" not in reply.body.decode() + server.log


def test_too_many_requests_are_sent_away_for_now_and_late_ones_told(tmp_path: Path) -> None:
    options = ("--deadline", "3", "--concurrency", "1", "--queue", "1")
    with (
        FakeServer(lambda request, number: Act(kind="hang")) as judge,
        Server(tmp_path, settings(judge), *options) as server,
    ):
        replies = server.post_all("/score", [{"samples": [sample(number)]} for number in range(1, 11)])
    statuses = sorted(reply.status for reply in replies)
    assert statuses == [200, 504] + [503] * 8 or statuses == [200] + [503] * 8 + [504]
    for reply in replies:
        if reply.status == 503:
            assert reply.headers["retry-after"] == "1"
            assert "try again" in reply.error["message"]
        elif reply.status == 504:
            assert "--deadline" in reply.error["message"]
        else:
            assert reply.json["rewards"] == [None]
