"""Servers at fault, through real sockets and real client libraries: no item lost, asked twice, or scored 0 for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import pytest

from p2r_rewards.judges.cache import VerdictCache
from p2r_rewards.judges.limits import Limits
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.opening import open_client
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.judges.verdict import Verdict
from tests.judges.fake_server import NO, YES, Act, FakeServer, Seen
from tests.judges.made_items import QUICK, item, items, number_in

PROTOCOLS = ("openai", "anthropic")


def judge_at(server: FakeServer, protocol: str = "openai", limits: Limits = QUICK, **options: object) -> ModelJudge:
    client = open_client(f"{protocol}:some-model@{getattr(server, protocol)}")
    return ModelJudge(client, limits=limits, **options)  # type: ignore[arg-type]


def by_number(request: Seen, _: int) -> Act:
    """Even shelves are sufficient."""
    return Act(NO if number_in(request.prompt) % 2 else YES)


def right(verdicts: list[Verdict]) -> bool:
    return [verdict.sufficient for verdict in verdicts] == [number % 2 == 0 for number in range(len(verdicts))]


def first_then(first: Act, then: Act | None = None) -> Callable[[Seen, int], Act]:
    return lambda request, number: first if number == 1 else (then or Act())


TRANSIENT = {
    "429": Act(status=429),
    "408": Act(status=408),
    "409": Act(status=409),
    "500": Act(status=500),
    "503 with a page": Act(status=503, body="<html>", headers={"content-type": "text/html"}),
    "529": Act(status=529),
    "reset": Act(kind="reset"),
    "reset in mid-answer": Act(kind="reset in mid-answer"),
    "cut answer": Act(kind="cut"),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", TRANSIENT)
def test_what_passes_is_tried_again(protocol: str, name: str) -> None:
    with FakeServer(first_then(TRANSIENT[name])) as server, judge_at(server, protocol) as judge:
        verdict = judge_sync(judge, [item()])[0]
        assert verdict.sufficient is True, verdict.how
        assert len(server.seen) == 2, "the vendor's own retries are off"
        assert (judge.ledger.requests, judge.ledger.retries, judge.ledger.unscored) == (2, 1, 0)


# Replies without a readable verdict: asked once more, then unscored.
MALFORMED = {
    "empty text": Act(""),
    "no verdict": Act("I can't say."),
    "cut off": Act("The observation names", finish="length"),
    "contradictory": Act("<judgement>Yes</judgement> or <judgement>No</judgement>"),
    "neither": Act("<judgement>Maybe</judgement>"),
    "invalid JSON": Act(body="{"),
    "not JSON": Act(body="fine, thanks", headers={"content-type": "text/plain"}),
    "wrong form": Act(body='{"choices": "none", "content": 3}'),
    "no choices": Act(body='{"choices": [], "content": []}'),
    "a list": Act(body="[1]"),
    "null": Act(body="null"),
    "deep JSON": Act(body="[" * 5000),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", MALFORMED)
def test_what_cannot_be_read_is_asked_once_more_and_then_unscored(protocol: str, name: str, tmp_path: Path) -> None:
    cache = VerdictCache(tmp_path / "cache.sqlite")
    bad = MALFORMED[name]
    with (
        FakeServer(lambda request, number: bad) as server,
        judge_at(server, protocol, cache=cache, structured=False) as judge,
    ):
        verdict = judge_sync(judge, [item()])[0]
        assert verdict.sufficient is None
        assert len(server.seen) == 2
        assert judge.ledger.malformed.total() == 2
        assert cache.show().verdicts == 0, "unscored verdicts are never kept"
    with FakeServer(first_then(bad)) as server, judge_at(server, protocol, structured=False) as judge:
        assert judge_sync(judge, [item()])[0].sufficient is True


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("status", [301, 401, 403, 404, 413])
def test_what_no_time_mends_is_not_tried_again(protocol: str, status: int) -> None:
    act = Act(status=status, headers={"location": "/elsewhere"})
    with FakeServer(lambda request, number: act) as server, judge_at(server, protocol) as judge:
        verdict = judge_sync(judge, [item()])[0]
        assert verdict.sufficient is None
        assert str(status) in verdict.how
        assert len(server.seen) == 1


def test_a_wrong_key_does_not_cost_a_request_an_item() -> None:
    limits = Limits(concurrency=4, breaker_failures=8)
    with FakeServer(lambda request, number: Act(status=401)) as server, judge_at(server, limits=limits) as judge:
        verdicts = judge_sync(judge, items(300))
        assert all(verdict.sufficient is None for verdict in verdicts)
        assert len(server.seen) < 16


@pytest.mark.parametrize(
    "wait",
    [lambda: "1", lambda: formatdate(time.time() + 2, usegmt=True)],
    ids=["seconds", "date"],
)
def test_retry_after_is_honoured(wait: Callable[[], str]) -> None:
    times: list[float] = []

    def script(_: Seen, number: int) -> Act:
        times.append(time.monotonic())
        return Act(status=429, headers={"retry-after": wait()}) if number == 1 else Act()

    with FakeServer(script) as server, judge_at(server) as judge:
        assert judge_sync(judge, [item()])[0].sufficient is True
        assert times[1] - times[0] >= 0.99


def test_a_wait_past_the_deadline_is_not_waited_for() -> None:
    act = Act(status=429, headers={"retry-after": "3600"})
    with FakeServer(lambda request, number: act) as server, judge_at(server) as judge:
        started = time.monotonic()
        verdicts = judge_sync(judge, items(5))
        assert time.monotonic() - started < 60
        assert all(verdict.sufficient is None and "deadline" in verdict.how for verdict in verdicts)


def test_a_hanging_server_is_given_up_in_time() -> None:
    limits = Limits(request_timeout=0.2, item_deadline=0.7, backoff=0.01)
    with FakeServer(lambda request, number: Act(kind="hang")) as server, judge_at(server, limits=limits) as judge:
        started = time.monotonic()
        verdict = judge_sync(judge, [item()])[0]
        assert verdict.sufficient is None
        assert time.monotonic() - started < 15
    with FakeServer(first_then(Act(kind="hang"))) as server, judge_at(server, limits=limits) as judge:
        assert judge_sync(judge, [item()])[0].sufficient is True


def test_a_batch_ends_at_its_deadline_with_what_it_has() -> None:
    def script(request: Seen, _: int) -> Act:
        return Act(kind="hang") if number_in(request.prompt) % 2 else Act()

    limits = Limits(batch_deadline=0.8)
    with FakeServer(script) as server, judge_at(server, limits=limits) as judge:
        verdicts = judge_sync(judge, items(10))
        assert [verdict.sufficient for verdict in verdicts] == [True, None] * 5
        assert "batch" in verdicts[1].how


def test_structured_decoding_is_dropped_for_good_where_it_is_refused() -> None:
    def script(request: Seen, _: int) -> Act:
        return Act(status=400) if "response_format" in request.body else by_number(request, 0)

    with FakeServer(script) as server, judge_at(server, limits=Limits(concurrency=1)) as judge:
        assert right(judge_sync(judge, items(6)))
        assert sum("response_format" in request.body for request in server.seen) == 1
        assert len(server.seen) == 7


def test_a_bad_request_is_no_refusal_of_structured_decoding() -> None:
    def script(request: Seen, number: int) -> Act:
        return Act(status=400) if number_in(request.prompt) == 2 else Act()

    with FakeServer(script) as server, judge_at(server, limits=Limits(concurrency=1)) as judge:
        verdicts = judge_sync(judge, items(4))
        assert [verdict.sufficient for verdict in verdicts] == [True, True, None, True]
        assert all("response_format" in request.body for request in server.seen)


def test_a_storm_of_faults_loses_nothing_and_judges_nothing_twice() -> None:
    failed: Counter[int] = Counter()
    answered: Counter[int] = Counter()
    faults = [
        Act(status=429, headers={"retry-after-ms": "20"}),
        Act(status=500),
        Act(kind="reset"),
        Act(kind="reset in mid-answer"),
        Act(kind="cut"),
        Act(""),
    ]

    def script(request: Seen, _: int) -> Act:
        shelf = number_in(request.prompt)
        if failed[shelf] < shelf % 4 and not (shelf % 6 == 5 and failed[shelf] >= 1):
            failed[shelf] += 1
            return faults[shelf % 6]
        answered[shelf] += 1
        return by_number(request, 0)

    with FakeServer(script) as server, judge_at(server, structured=False) as judge:
        verdicts = judge_sync(judge, [*items(120), *items(120)])
        assert right(verdicts[:120])
        assert right(verdicts[120:])
        assert set(answered.values()) == {1}
        assert judge.ledger.requests == len(server.seen)


def test_a_server_that_is_killed_and_restarted_is_waited_for(tmp_path: Path) -> None:
    answered: Counter[int] = Counter()

    def script(request: Seen, _: int) -> Act:
        answered[number_in(request.prompt)] += 1
        return Act(NO if number_in(request.prompt) % 2 else YES, delay=0.02)

    limits = Limits(concurrency=8, backoff=0.1, backoff_cap=0.4, breaker_failures=4)
    with FakeServer(script) as server:
        judge = judge_at(server, limits=limits, structured=False)
        done: list[list[Verdict]] = []
        worker = threading.Thread(target=lambda: done.append(judge_sync(judge, items(200))))
        worker.start()
        time.sleep(0.25)
        server.kill()
        before = sum(answered.values())
        time.sleep(0.5)
        with FakeServer(script, port=server.port):
            worker.join(20)
            judge.close()
    assert 0 < before < 200
    assert right(done[0])
    assert sum(answered.values()) <= 200 + 8, "only what was in flight is asked again"


def test_a_server_that_stays_down_costs_no_time_and_is_found_again() -> None:
    limits = Limits(
        concurrency=4, attempts=2, backoff=0.01, breaker_failures=4, breaker_patience=0.0, breaker_pause=0.4
    )
    server = FakeServer()
    with server:
        pass  # gone, its port is known
    judge = judge_at(server, limits=limits)
    verdicts = judge_sync(judge, items(200))
    assert all(verdict.sufficient is None for verdict in verdicts)
    assert judge.ledger.requests < 20
    with FakeServer(port=server.port) as back, judge:
        assert judge_sync(judge, [item()])[0].sufficient is None, "left alone for the pause"
        time.sleep(0.45)
        assert all(verdict.sufficient for verdict in judge_sync(judge, [item()])), "one request tries it"
        assert all(verdict.sufficient for verdict in judge_sync(judge, items(20)))
        assert len(back.seen) == 21


RESUMED = """
import sys
from p2r_rewards.judges.cache import VerdictCache
from p2r_rewards.judges.limits import Limits
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.opening import open_client
from p2r_rewards.judges.synchronous import judge_sync
from tests.judges.made_items import items
cache = VerdictCache(sys.argv[2])
with ModelJudge(open_client(sys.argv[1]), cache=cache, limits=Limits(concurrency=4)) as judge:
    verdicts = judge_sync(judge, items(300))
print("".join("n" if v.sufficient is None else "1" if v.sufficient else "0" for v in verdicts))
"""


def test_a_process_that_is_killed_resumes_from_its_cache(tmp_path: Path) -> None:
    def script(request: Seen, _: int) -> Act:
        return Act(NO if number_in(request.prompt) % 2 else YES, delay=0.02)

    with FakeServer(script) as server:
        spec = f"openai:m@{server.openai}"
        command = [sys.executable, "-c", RESUMED, spec, str(tmp_path / "cache.sqlite")]
        root = Path(__file__).parents[2]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        first = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while len(server.seen) < 120 and time.monotonic() < deadline:
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
        first.wait()
        before = len(server.seen)
        assert 120 <= before < 300
        second = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=60)
        assert second.stdout.strip() == "10" * 150, second.stderr
        asked = Counter(number_in(request.prompt) for request in server.seen)
        again = sum(count - 1 for count in asked.values())
        # What was in flight, and what came in while a transaction was under way.
        assert again <= 4 + 60


def test_faults_tell_no_secret(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P2R_JUDGE_API_KEY", "sk-secret-key")
    caplog.set_level("DEBUG")
    acts = [
        Act("A private reply. <judgement>Yes</judgement>"),
        Act(status=400),
        Act(status=401),
        Act(status=500),
        Act("private"),
    ]
    for protocol in PROTOCOLS:
        for act in acts:
            limits = Limits(attempts=2, backoff=0.0)
            with (
                FakeServer(lambda request, number, act=act: act) as server,
                judge_at(server, protocol, limits) as judge,
            ):
                verdict = judge_sync(judge, [item()])[0]
                key = server.seen[0].headers.get("authorization", server.seen[0].headers.get("x-api-key", ""))
                assert "sk-secret-key" in key
                told = caplog.text + repr(judge) + verdict.how + json.dumps(judge.ledger.to_mapping())
                for secret in ("sk-secret-key", "green cup", "private"):
                    assert secret not in told, (protocol, act)


def test_text_is_logged_when_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="p2r_rewards")
    with FakeServer() as server, judge_at(server, log_text=True) as judge:
        judge_sync(judge, [item()])
    assert "green cup" in caplog.text
    assert "judgement" in caplog.text
