"""What a running server answers: the library's own rewards, over both protocols, however many ask."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.trainers.samples import RewardSettings, Sample, SampleRewards, pack_columns
from p2r_rewards.trainers.samples.queries import LOST
from tests.trainers.server.running_server import CUPS, Server, write

CHOICE = {"problem": "Which?", "gold": "B", "type": "mc", "options": ["A. a cup", "B. a dog"]}
ASK = "<|im_start|>user\nHow many cups are there? Put it in <answer> tags.<|im_end|>\n<|im_start|>assistant\n"
MIXED = [
    (write("2"), CUPS),
    (write("3"), CUPS),
    (write("B"), CHOICE),
    (write("C"), {"problem": "Which?", "gold": "B", "type": "mc"}),
    (write("2"), {"problem": "How many?", "gold": "2"}),  # no type: unscored
    ("", CUPS),
    ("\x00\ud800<answer>" * 50, CUPS),
    ("<answer>" * 3000, CUPS),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def library() -> SampleRewards:
    return SampleRewards(RewardSettings(judge="lexical"))


def test_the_plain_protocol_says_what_the_library_says(server: Server, library: SampleRewards) -> None:
    body = {"samples": [{"completion": completion, **columns} for completion, columns in MIXED]}
    reply = server.post("/score", body)
    expected = library.score([Sample(completion, columns) for completion, columns in MIXED])
    assert reply.status == 200
    assert reply.json["rewards"] == [one.reward for one in expected]
    assert reply.json["components"] == [one.components for one in expected]
    assert [one["grade"] for one in reply.json["how"][:6]] == [one.grade_how for one in expected[:6]]
    assert reply.json["unscored"][4] == "problem type is missing"
    assert reply.json["rewards"][4] is None


def test_openrlhfs_protocol_says_what_the_library_says(server: Server, library: SampleRewards) -> None:
    scored = [*MIXED[:3], *MIXED[5:]]
    body = {
        "query": [ASK + completion + "<|im_end|>" for completion, _ in scored],
        "prompts": [ASK] * len(scored),
        "labels": [pack_columns(columns) for _, columns in scored],
    }
    reply = server.post("/get_reward", body).json
    expected = library.score([Sample(completion, columns) for completion, columns in scored])
    assert reply["rewards"] == [one.reward for one in expected]
    assert reply["extra_logs"]["reasoning_accuracy"] == [one.components["reasoning_accuracy"] for one in expected]
    assert all(0 <= score <= 1 for score in reply["scores"])


def test_what_can_not_be_scored_has_no_reward_and_never_zero(server: Server) -> None:
    untyped = {"query": [ASK + write("2")], "prompts": [ASK], "labels": ["2"]}
    lost = {"query": [write("2")], "prompts": [ASK], "labels": [pack_columns(CUPS)]}
    for body in (untyped, lost):
        reply = server.post("/get_reward", body).json
        assert reply["rewards"] is None
        assert reply["scores"] is None
    assert LOST.startswith("the prompt is not found")


def test_dynamic_filtering_gets_nan(tmp_path: Path) -> None:
    with Server(tmp_path, "judge: lexical", "--unscored", "filter") as server:
        body = {"query": [ASK + write("2")] * 2, "prompts": [ASK] * 2, "labels": ["2", pack_columns(CUPS)]}
        reply = server.post("/get_reward", body).json
    for name in ("rewards", "scores"):
        first, second = reply[name]
        assert math.isnan(first)
        assert second == {"rewards": 4.0, "scores": 1.0}[name]


def test_a_thousand_requests_at_once_get_each_its_own_answer(server: Server, library: SampleRewards) -> None:
    completions = [
        write(str(number % 7), f"<observation>Row {number}: two cups.</observation>") for number in range(1000)
    ]
    plain: list[Any] = [{"samples": [{"completion": text, **CUPS}]} for text in completions]
    replies = server.post_all("/score", plain)
    expected = library.score([Sample(text, CUPS) for text in completions])
    assert {reply.status for reply in replies} == {200}
    assert [reply.json["rewards"] for reply in replies] == [[one.reward] for one in expected]
    assert len({one.reward for one in expected}) > 1


def test_a_large_request_keeps_its_order(server: Server) -> None:
    answers = [str(number % 3) for number in range(1000)]
    reply = server.post("/score", {"samples": [{"completion": write(answer), **CUPS} for answer in answers]}).json
    accuracy = [one["reasoning_accuracy"] for one in reply["components"]]
    assert accuracy == [float(answer == "2") for answer in answers]


def test_health_and_metrics_tell_what_was_done(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        assert server.get("/health").json["status"] == "ok"
        server.post("/score", {"samples": [{"completion": write("2"), **CUPS}, {"completion": "x", "gold": "2"}]})
        server.post("/score", b"{")
        text = server.get("/metrics").body.decode()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert lines['p2r_requests_total{endpoint="/score",status="200"}'] == "1.0"
    assert lines['p2r_requests_total{endpoint="/score",status="400"}'] == "1.0"
    assert lines['p2r_samples_total{outcome="scored"}'] == "1.0"
    assert lines['p2r_samples_total{outcome="unscored"}'] == "1.0"
    assert lines["p2r_held_bytes"] == "0.0"


def test_groups_of_dynamic_lengths_are_scored_as_they_were_sent(tmp_path: Path) -> None:
    bands = "judge: lexical\nreward: {length: dynamic, length_unit: words}"
    group = [{"completion": write("2") + "x " * number, **CUPS} for number in range(40)]
    settings = RewardSettings.from_mapping(
        {"judge": "lexical", "reward": {"length": "dynamic", "length_unit": "words"}}
    )
    expected = SampleRewards(settings).score([Sample(one["completion"], CUPS) for one in group])
    with Server(tmp_path, bands) as server:
        assert server.post("/score", {"samples": group}).json["rewards"] == [one.reward for one in expected]
        alone = server.post("/get_reward", {"query": [ASK], "prompts": [ASK], "labels": ["2"]})
    assert (alone.status, "use fixed" in alone.error["message"]) == (422, True)


def test_one_connection_serves_many_requests(server: Server) -> None:
    import httpx

    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
        for answer in ("2", "3"):
            body = json.dumps({"samples": [{"completion": write(answer), **CUPS}]})
            reply = client.post("/score", content=body, headers={"Content-Type": "application/json"})
            assert reply.json()["components"][0]["reasoning_accuracy"] == float(answer == "2")
