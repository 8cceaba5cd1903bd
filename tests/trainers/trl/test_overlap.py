"""Verdicts are asked for when completions exist, and waited for when rewards are needed."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.judges.verdict import JudgeItem, Verdict
from p2r_rewards.trainers.trl.overlap import ask
from tests.trainers.trl import tiny

ITEM = JudgeItem(question="?", gold="B", observation="good")
SCRIPT = {prompt: [tiny.reply("good", "t" * one) for one in range(4)] for prompt in ("one", "two")}


async def slow(items: Sequence[JudgeItem]) -> list[Verdict]:
    await asyncio.sleep(0.2)
    return await tiny.truth(items)


def test_asking_does_not_wait() -> None:
    start = time.perf_counter()
    pending = [ask(slow, [ITEM]) for _ in range(3)]
    assert time.perf_counter() - start < 0.1
    assert [one.verdicts()[0].sufficient for one in pending] == [True] * 3
    assert time.perf_counter() - start < 0.5  # side by side, not one after the other
    assert pending[0].waited > 0.1


def test_judging_runs_in_the_judges_own_thread() -> None:
    threads = []

    async def which(items: Sequence[JudgeItem]) -> list[Verdict]:
        threads.append(threading.current_thread())
        return await tiny.truth(items)

    for _ in range(2):
        ask(which, [ITEM]).verdicts()
    assert threads[0] is threads[1]
    assert threads[0] is not threading.main_thread()


def test_nothing_to_ask_asks_nobody() -> None:
    async def nobody(items: Sequence[JudgeItem]) -> list[Verdict]:
        raise AssertionError

    assert ask(nobody, []).verdicts() == []


async def _raises(items: Sequence[JudgeItem]) -> list[Verdict]:
    message = "a bug"
    raise RuntimeError(message)


async def _too_few(items: Sequence[JudgeItem]) -> list[Verdict]:
    return []


async def _no_verdicts(items: Sequence[JudgeItem]) -> Any:
    return [True for _ in items]


def _no_coroutine(items: Sequence[JudgeItem]) -> Any:
    return [Verdict(sufficient=True, how="") for _ in items]


@pytest.mark.parametrize(
    ("judge", "reason"),
    [
        (_raises, "the judge failed: RuntimeError: a bug"),
        (_too_few, "the judge gave 0 verdicts on 1 items"),
        (_no_verdicts, r"the judge gave \[True\], not a list of verdicts"),
        (_no_coroutine, "can't be used in 'await'"),
    ],
)
def test_a_judge_that_fails_leaves_its_items_unscored(
    judge: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is not raised: other processes would wait for this one's rewards."""
    pending = ask(judge, [ITEM])
    (verdict,) = pending.verdicts()
    assert verdict.sufficient is None
    assert re.search(reason, verdict.how)
    assert pending.failed == 1
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert re.search(f"1 observations stay unscored: .*{reason}", warning.getMessage())


def test_training_goes_on_when_the_judge_fails(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    logs = trained(tmp_path, _raises, [], threading.Event())
    assert logs["judge/failed"] == logs["judge/unscored"] == logs["unscored/perception"] == 1.0
    assert logs["unscored/reasoning"] == 0.0
    assert logs["judge/seconds"] == 0.0
    assert sum("8 observations stay unscored" in record.getMessage() for record in caplog.records) == 1


class Traced(tiny.ScriptedPAGRPO):
    """Notes when which work is done."""

    def _get_per_token_logps_and_entropies(self, *arguments: Any, **named: Any) -> Any:
        if not named.get("compute_entropy"):  # the reference pass
            self.events.append("reference starts")
            self.asked.wait(5)  # the judge must be at work by now, and is not waited for
            time.sleep(self.delay)
            result = super()._get_per_token_logps_and_entropies(*arguments, **named)
            self.events.append("reference ends")
            return result
        return super()._get_per_token_logps_and_entropies(*arguments, **named)


def trained(folder: Path, judge: Any, events: list[str], asked: Any, delay: float = 0.0, **options: Any) -> Any:
    trainer = Traced(
        tiny.save_model(folder / "model"),
        args=tiny.config(folder, rewards={"length": "off"}, max_steps=1, **options),
        judge=judge,
        train_dataset=tiny.dataset(list(SCRIPT)),
        processing_class=tiny.tokenizer(),
    )
    trainer.script, trainer.events, trainer.asked, trainer.delay = SCRIPT, events, asked, delay
    recorder = tiny.Recorder()
    trainer.add_callback(recorder)
    trainer.train()
    return recorder.logs[0]


def test_the_judge_works_beside_the_reference_pass(tmp_path: Path) -> None:
    events: list[str] = []
    asked = threading.Event()

    async def judge(items: Sequence[JudgeItem]) -> list[Verdict]:
        events.append("judging starts")
        asked.set()
        while "reference ends" not in events:
            await asyncio.sleep(0.01)
        events.append("judging ends")
        return await tiny.truth(items)

    trained(tmp_path, judge, events, asked, beta=0.1)
    assert events.index("judging starts") < events.index("reference ends") < events.index("judging ends")


def test_a_judge_as_slow_as_the_reference_pass_is_hardly_waited_for(tmp_path: Path) -> None:
    asked = threading.Event()

    async def judge(items: Sequence[JudgeItem]) -> list[Verdict]:
        asked.set()
        await asyncio.sleep(0.5)
        return await tiny.truth(items)

    logs = trained(tmp_path, judge, [], asked, delay=0.5, beta=0.1)
    assert logs["judge/waited"] < 0.1
    # Without a reference pass nothing runs beside it: the judge is waited for in full.
    assert trained(tmp_path, judge, [], asked, beta=0.0)["judge/waited"] > 0.3


def test_a_judge_may_be_named(tmp_path: Path) -> None:
    trainer = tiny.ScriptedPAGRPO(
        tiny.save_model(tmp_path / "model"),
        args=tiny.config(tmp_path, rewards={"length": "off"}, max_steps=1),
        judge="lexical",
        train_dataset=tiny.dataset(list(SCRIPT)),
        processing_class=tiny.tokenizer(),
    )
    trainer.script = {
        prompt: [tiny.reply("A brown dog runs over the grass and barks at a ball.", "t" * one) for one in range(4)]
        for prompt in SCRIPT
    }
    recorder = tiny.Recorder()
    trainer.add_callback(recorder)
    trainer.train()
    assert recorder.logs[0]["judge/asked"] == 8
    assert recorder.logs[0]["perception/accuracy/mean"] == 1.0
