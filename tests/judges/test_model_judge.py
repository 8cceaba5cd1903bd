"""The model judge: order, merging, cache, limits, and callers of every kind."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.breaker import Breaker
from p2r_rewards.judges.cache import VerdictCache
from p2r_rewards.judges.client import Message, Reply
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.failures import read_retry_after
from p2r_rewards.judges.ledger import Latencies, Ledger, Price
from p2r_rewards.judges.limits import Limits
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.recording import RecordingClient, ReplayClient
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.judges.verdict import JudgeItem, Verdict
from tests.judges.fake_server import NO, YES
from tests.judges.made_items import QUICK, item, items, number_in

ROOT = Path(__file__).parents[2]


class StubClient:
    """Answers at once: even shelves are sufficient."""

    def __init__(self, delay: float = 0.0, answer: Callable[[int], str] | None = None) -> None:
        self.model, self.address = "stub", "nowhere"
        self.delay = delay
        self.answer = answer
        self.asked: list[int] = []
        self.running = self.most = 0

    async def complete(self, messages: Sequence[Message], *, choices: Sequence[str] | None = None) -> Reply:
        number = number_in(messages[-1]["content"])
        self.asked.append(number)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.delay)
        finally:
            self.running -= 1
        text = self.answer(number) if self.answer else (NO if number % 2 else YES)
        return Reply(text, "stop", 100, 10)


def said(verdicts: Sequence[Verdict]) -> list[bool | None]:
    return [verdict.sufficient for verdict in verdicts]


def test_each_item_has_its_verdict_in_order() -> None:
    client = StubClient()
    order = [3, 0, 1, 0, 2, 3, 3]
    with ModelJudge(client) as judge:
        verdicts = judge_sync(judge, [item(number) for number in order])
    assert said(verdicts) == [number % 2 == 0 for number in order]
    assert sorted(client.asked) == [0, 1, 2, 3], "identical items are asked once"
    one = verdicts[1]
    assert (one.raw, one.model, one.template) == (YES, "stub", "observation-sufficiency@1")
    assert (one.prompt_tokens, one.completion_tokens, one.cached) == (100, 10, False)
    assert judge.ledger.to_mapping()["merged"] == 3


@settings(max_examples=25)
@given(st.lists(st.integers(0, 12), max_size=40), st.integers(1, 5))
def test_any_batch_is_answered_in_order(order: list[int], concurrency: int) -> None:
    client = StubClient(answer=lambda number: "?" if number % 3 == 2 else (NO if number % 3 else YES))
    with ModelJudge(client, limits=Limits(concurrency=concurrency)) as judge:
        verdicts = judge_sync(judge, [item(number) for number in order])
    assert said(verdicts) == [{0: True, 1: False, 2: None}[number % 3] for number in order]
    assert judge.ledger.items == len(order)
    assert judge.ledger.unscored == sum(number % 3 == 2 for number in order)


def test_what_is_screened_reaches_nobody() -> None:
    client = StubClient()
    blank = JudgeItem(question="How many?", gold="2", observation=" ")
    without_gold = JudgeItem(question="How many?", gold="", observation="Two cups stand on a shelf.")
    with ModelJudge(client) as judge:
        assert said(judge_sync(judge, [blank, item(), without_gold])) == [False, True, None]
    assert client.asked == [0]
    assert judge.ledger.screened == 2


def test_the_limit_on_concurrency_holds() -> None:
    client = StubClient(delay=0.005)
    with ModelJudge(client, limits=Limits(concurrency=7)) as judge:
        judge_sync(judge, items(100))
    assert client.most == 7


def test_the_rate_is_held_evenly() -> None:
    with ModelJudge(StubClient(), limits=Limits(requests_per_minute=60 * 20)) as judge:
        started = time.monotonic()
        judge_sync(judge, items(11))
        assert time.monotonic() - started >= 0.48


def test_a_second_judge_finds_the_first_ones_verdicts(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    first = StubClient()
    with ModelJudge(first, cache=VerdictCache(path)) as judge:
        judge_sync(judge, items(20))
    second = StubClient()
    with ModelJudge(second, cache=VerdictCache(path)) as judge:
        verdicts = judge_sync(judge, [*items(22), *items(22)])
        assert judge.ledger.cached == 40
    assert sorted(second.asked) == [20, 21]
    assert said(verdicts) == [number % 2 == 0 for number in range(22)] * 2
    assert verdicts[0].cached
    assert not verdicts[21].cached


def test_asking_anew_goes_round_cache_and_merging(tmp_path: Path) -> None:
    client = StubClient()
    cache = VerdictCache(tmp_path / "cache.sqlite")
    with ModelJudge(client, cache=cache) as judge:
        judge_sync(judge, [item()])
        verdicts = judge_sync(judge, [item()] * 3, bypass=True)
        judge_sync(judge, items(2), bypass=True)
    assert client.asked == [0, 0, 0, 0, 0, 1]
    assert not any(verdict.cached for verdict in verdicts)
    assert cache.show().verdicts == 1


def test_batches_at_the_same_time_share_requests(tmp_path: Path) -> None:
    client = StubClient(delay=0.05)

    async def main(judge: ModelJudge) -> list[list[Verdict]]:
        return await asyncio.gather(*(judge(items(30)) for _ in range(5)))

    with ModelJudge(client, cache=VerdictCache(tmp_path / "c.sqlite")) as judge, ThreadPoolExecutor(4) as pool:
        threads = [pool.submit(judge_sync, judge, items(30)) for _ in range(4)]
        found = asyncio.run(main(judge)) + [thread.result() for thread in threads]
    assert all(said(verdicts) == [number % 2 == 0 for number in range(30)] for verdicts in found)
    assert sorted(client.asked) == list(range(30))


def test_a_caller_who_leaves_takes_nothing_from_the_others() -> None:
    client = StubClient(delay=0.1)

    async def main(judge: ModelJudge) -> list[Verdict]:
        leaving = asyncio.create_task(judge(items(4)))
        staying = asyncio.create_task(judge(items(2)))
        await asyncio.sleep(0.03)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return await staying

    with ModelJudge(client) as judge:
        assert said(asyncio.run(main(judge))) == [True, False]
        time.sleep(0.05)
        assert client.running == 0, "what nobody waits for is called off"
        assert said(judge_sync(judge, items(4))) == [True, False, True, False]


def test_it_may_be_called_from_anywhere() -> None:
    with ModelJudge(StubClient()) as judge:

        async def inside() -> list[Verdict]:
            return judge_sync(judge, items(2)) + await judge(items(2))

        for _ in range(3):  # a new loop each time
            assert said(asyncio.run(inside())) == [True, False] * 2
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(said(judge_sync(judge, items(2)))))
        thread.start()
        thread.join()
        assert found == [[True, False]]
        assert judge_sync(judge, []) == []
    assert said(judge_sync(judge, items(1))) == [True], "a closed judge opens again"
    judge.close()


def test_a_judge_that_judges_synchronously_within_is_told_so() -> None:
    class Inner:
        async def __call__(self, asked: Sequence[JudgeItem]) -> list[Verdict]:
            return judge_sync(self, asked)

    with pytest.raises(RuntimeError, match="wait for itself"):
        judge_sync(Inner(), items(1))


def _judge_in_child(judge: ModelJudge) -> list[bool | None]:
    return said(judge_sync(judge, items(6)))


def test_it_pickles_and_works_in_other_processes(tmp_path: Path) -> None:
    judge = ModelJudge(StubClient(), cache=VerdictCache(tmp_path / "c.sqlite"), limits=QUICK)
    judge_sync(judge, items(2))
    assert pickle.loads(pickle.dumps(judge)).limits == QUICK
    expected = [True, False] * 3
    for method in ("spawn", "fork"):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
            assert pool.submit(_judge_in_child, judge).result(60) == expected
    assert _judge_in_child(judge) == expected
    judge.close()


def test_a_client_with_a_bug_costs_its_item_only(caplog: pytest.LogCaptureFixture) -> None:
    def answer(number: int) -> str:
        if number == 1:
            raise KeyError(YES + "private")
        return YES

    with ModelJudge(StubClient(answer=answer)) as judge:
        verdicts = judge_sync(judge, items(3))
    assert said(verdicts) == [True, None, True]
    assert "KeyError" in verdicts[1].how
    assert "private" not in verdicts[1].how + caplog.text


def test_loading_a_model_counts_against_no_deadline() -> None:
    class Slow(StubClient):
        loads = 0

        async def load(self) -> None:
            self.loads += 1
            await asyncio.sleep(0.4)

    client = Slow()
    with ModelJudge(client, limits=Limits(request_timeout=0.2, item_deadline=0.3)) as judge:
        assert said(judge_sync(judge, items(4))) == [True, False] * 2
    assert client.loads == 1


def test_progress_is_told_and_can_do_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[tuple[int, int]] = []
    with ModelJudge(StubClient(), progress=lambda done, total: seen.append((done, total))) as judge:
        judge_sync(judge, [*items(5), *items(5)])
    assert seen == [(2, 10), (4, 10), (6, 10), (8, 10), (10, 10)]

    def broken(done: int, total: int) -> None:
        raise ValueError

    with ModelJudge(StubClient(), progress=broken) as judge:
        assert said(judge_sync(judge, items(2))) == [True, False]
    assert "progress" in caplog.text


def test_the_ledger_adds_up() -> None:
    with ModelJudge(StubClient(), price=Price(3.0, 15.0)) as judge:
        judge_sync(judge, items(10))
    told = judge.ledger.to_mapping()
    assert (told["requests"], told["prompt_tokens"], told["completion_tokens"]) == (10, 1000, 100)
    assert told["cost"] == pytest.approx((1000 * 3 + 100 * 15) / 1e6)
    assert Ledger().cost is None


@given(st.lists(st.floats(1e-4, 1e3), min_size=1), st.floats(0, 1))
def test_latencies_are_told_to_five_percent(seconds: list[float], share: float) -> None:
    latencies = Latencies()
    for value in seconds:
        latencies.add(value)
    rank = max(0, -int(-share * len(seconds) // 1) - 1)
    exact = sorted(seconds)[rank]
    told = latencies.quantile(share)
    assert told is not None
    assert exact / 1.0001 <= told <= exact * 1.0501


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_breaker_waits_for_a_restart_and_tries_one_request_at_a_time() -> None:
    clock = Clock()
    breaker = Breaker(Limits(breaker_failures=3, breaker_patience=10.0, breaker_pause=5.0), clock)
    for _ in range(50):
        breaker.failed("HTTP 503")
    assert breaker.admits(), "not before its patience is over"
    clock.now = 11.0
    breaker.failed("HTTP 503")
    assert not breaker.admits()
    clock.now = 17.0
    assert [breaker.admits() for _ in range(3)] == [True, False, False]
    breaker.withdrew()
    assert breaker.admits()
    breaker.failed("HTTP 503")
    assert not breaker.admits()
    clock.now = 23.0
    assert breaker.admits()
    breaker.succeeded()
    assert [breaker.admits() for _ in range(3)] == [True] * 3
    for _ in range(3):
        breaker.failed("HTTP 401", lasting=True)
    assert not breaker.admits(), "a wrong key does not mend with time"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:10 GMT"}, 10.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0.0),  # past
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "soon"}, None),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert read_retry_after(headers, now=1795348800.0) == seconds


@given(st.text(max_size=100))
def test_any_retry_after_is_read(text: str) -> None:
    seconds = read_retry_after({"retry-after": text}, now=0.0)
    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"concurrency": True},
        {"attempts": 1.5},
        {"requests_per_minute": 0},
        {"request_timeout": float("nan")},
        {"batch_deadline": -1},
        {"backoff": "1"},
    ],
)
def test_wrong_limits_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Limits(**wrong)


@pytest.mark.parametrize("wrong", [{"temperature": 3.0}, {"max_tokens": 0}, {"top_p": 0.0}])
def test_wrong_decoding_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Decoding(**wrong)


def test_recorded_replies_are_played_back(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    with ModelJudge(RecordingClient(StubClient(), path)) as judge:
        recorded = judge_sync(judge, items(5))
    assert path.stat().st_mode & 0o777 == 0o600
    assert "cup stand" not in path.read_text(), "no prompt is kept"
    with path.open("a") as file:
        file.write('{"request": "cut o')  # the writer was killed
    with ModelJudge(ReplayClient(path)) as judge:
        played = judge_sync(judge, items(6))
    assert said(played) == [*said(recorded), None]
    assert "recording" in played[5].how
    assert played[0].raw == recorded[0].raw
    replayed = pickle.loads(pickle.dumps(ReplayClient(path)))
    assert (replayed.model, replayed.address) == ("stub", "nowhere")


@pytest.mark.parametrize("content", ["", "nonsense\n", '{"request": 1}\n{"request": 2}\n', "[" * 20_000 + "\n"])
def test_what_is_no_recording_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"replies\.jsonl"):
        ReplayClient(path)


LEAKS = """
import sys
from p2r_rewards.judges.cache import VerdictCache
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.opening import open_client
from p2r_rewards.judges.synchronous import judge_sync
from tests.judges.fake_server import FakeServer
from tests.judges.made_items import items
with FakeServer() as server:
    for protocol in ("openai", "anthropic"):
        judge = ModelJudge(open_client(f"{protocol}:m@{getattr(server, protocol)}"), cache=VerdictCache(sys.argv[1]))
        assert all(verdict.sufficient for verdict in judge_sync(judge, items(20)))
        if protocol == "openai":  # the other one is left to the end of the process
            judge.close()
print("done")
"""


def test_nothing_is_left_open(tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", LEAKS, str(tmp_path / "c.sqlite")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (child.stdout, child.stderr) == ("done\n", "")
