"""verl's reward functions as verl calls them, without verl: arguments by name, keys, threads, pickles, options."""

from __future__ import annotations

import asyncio
import inspect
import math
import pickle
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.verdict import JudgeItem, Verdict
from p2r_rewards.trainers import verl as adapter
from p2r_rewards.trainers.samples import pack_columns
from p2r_rewards.trainers.verl import UnscoredError, compute_score, compute_score_async, scoring
from p2r_rewards.trainers.verl.gathering import Gatherer

SEEN = "<observation>On the table stand two red cups.</observation>"
CUPS = {"question": "How many cups are there?", "problem_type": "numerical"}
CHOICE = {"question": "Which animal?", "problem_type": "multiple choice", "options": ["A. a cat", "B. a dog"]}
KEYS = {
    "score",
    *(f"{process}_{part}" for process in ("perception", "reasoning") for part in ("accuracy", "format", "length")),
    "perception_reward",
    "reasoning_reward",
    "unscored",
    "unscored_reason",
    "grade_how",
    "judge_how",
}


def write(answer: str) -> str:
    return f"{SEEN}<think>So it is.</think><answer>{answer}</answer>"


def call(text: str, truth: Any, extra: Any, **options: Any) -> dict[str, Any]:
    """As verl's managers call it."""
    options = {"judge": "lexical", **options}
    return compute_score(data_source="cups", solution_str=text, ground_truth=truth, extra_info=extra, **options)


@pytest.mark.parametrize(
    ("truth", "extra", "answer", "accuracy"),
    [
        ("2", CUPS, "2", 1.0),
        ("2", CUPS, "3", 0.0),
        (np.str_("2"), CUPS, "2", 1.0),  # out of an array of strings
        ("2", {**CUPS, "answer": "Two and one make 3 #### 3", "num_turns": 1}, "2", 1.0),  # gsm8k's whole solution
        (None, {**CUPS, "solution": "<answer>2</answer>"}, "2", 1.0),
        (pack_columns({**CUPS, "solution": "2"}), None, "2", 1.0),  # all of it packed
        (pack_columns(CHOICE), {"answer": "B"}, "B", 1.0),  # packed without its gold
        (pack_columns({"gold": "B"}), CHOICE, "(b)", 1.0),
        ("B", {**CHOICE, "options": np.array(CHOICE["options"], dtype=object)}, "a dog", 1.0),  # out of Parquet
        (["2", "two"], CUPS, "two", 1.0),
        ("2", {"question": "How many?"}, "2", None),  # nothing tells the type
        (None, None, "2", None),
        ("B", {"question": "Which?", "problem_type": "mc"}, "a dog", None),  # no options
    ],
)
def test_truth_and_extra_info_make_the_problem(truth: Any, extra: Any, answer: str, accuracy: float | None) -> None:
    found = call(write(answer), truth, extra)
    assert found.keys() == KEYS
    if accuracy is None:
        assert math.isnan(found["reasoning_accuracy"])
        assert math.isnan(found["score"])
        assert found["unscored"] == 1.0
        assert found["unscored_reason"]
    else:
        assert found["reasoning_accuracy"] == accuracy
        assert found["unscored"] == 0.0


def test_every_sample_has_the_same_keys_and_types_whatever_it_is() -> None:
    texts = ["", "\x00", "no tags", write("2"), "<answer>" * 2000, "<observation>" + "x" * 5000, "\ud800"]
    found = [call(text, truth, extra) for text in texts for truth in ("2", None, "{", "[]") for extra in (CUPS, None)]
    shapes = {tuple((key, type(value)) for key, value in one.items()) for one in found}
    assert len(shapes) == 1
    for key in KEYS - {"unscored_reason", "grade_how", "judge_how"}:
        assert np.array([one[key] for one in found]).dtype == np.float64


def test_the_asynchronous_one_is_a_real_coroutine_function_and_says_the_same() -> None:
    assert inspect.iscoroutinefunction(compute_score_async)  # verl tells them by this, and misses objects
    assert not inspect.iscoroutinefunction(compute_score)

    async def gather() -> list[dict[str, Any]]:
        calls = (
            compute_score_async(
                data_source="cups", solution_str=write(str(n)), ground_truth="2", extra_info=CUPS, judge="lexical"
            )
            for n in range(8)
        )
        return list(await asyncio.gather(*calls))

    expected = [call(write(str(n)), "2", CUPS) for n in range(8)]
    np.testing.assert_equal(asyncio.run(gather()), expected)
    assert [one["reasoning_accuracy"] for one in expected] == [0, 0, 1, 0, 0, 0, 0, 0]


def test_threads_agree_and_open_one_judge_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "_opened", {})
    opened = []

    class Counted(scoring.Scoring):
        def __init__(self, *args: Any) -> None:
            opened.append(args)
            super().__init__(*args)

    monkeypatch.setattr(scoring, "Scoring", Counted)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: call(write(str(n % 4)), "2", CUPS), range(200)))
    assert [one["reasoning_accuracy"] for one in found] == [float(n % 4 == 2) for n in range(200)]
    assert len(opened) == 1


def test_functions_and_errors_pickle() -> None:
    for function in (compute_score, compute_score_async):
        assert pickle.loads(pickle.dumps(function)) is function
    assert str(pickle.loads(pickle.dumps(UnscoredError("no gold")))) == "no gold"


def test_importing_it_imports_neither_verl_nor_torch() -> None:
    import subprocess

    code = "import sys, p2r_rewards.trainers.verl; print([n for n in ('verl', 'torch', 'ray') if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
    assert adapter.__all__ == ["UnscoredError", "compute_score", "compute_score_async"]


def test_an_unscored_sample_is_raised_where_that_is_asked_for() -> None:
    with pytest.raises(UnscoredError, match="problem type is missing"):
        call(write("2"), "2", {"question": "How many?"}, unscored="raise")
    assert call(write("3"), "2", CUPS, unscored="raise")["reasoning_accuracy"] == 0.0  # wrong is scored


def test_a_settings_file_holds_the_same_keys(tmp_path: Path) -> None:
    path = tmp_path / "rewards.yaml"
    path.write_text("judge: lexical\nreward: {length: off}\ncolumns: {gold: truth}\n")
    found = compute_score("cups", write("2"), "7", {**CUPS, "truth": "2"}, settings=str(path))
    assert found["score"] == 4.0
    assert math.isnan(found["reasoning_length"])


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"jugde": "lexical"}, "judge"),
        ({"settings": "rewards.yaml", "judge": "lexical"}, "move judge there"),
        ({"settings": "missing.yaml"}, "missing.yaml"),
        ({"judge": None}, "needs verdicts"),
        ({"judge": "lexical", "unscored": "zero"}, "'nan' or 'raise'"),
        ({"judge": "lexical", "reward": {"length": "dynamic"}}, "one by one"),
        ({"judge": object()}, "plain data"),
    ],
)
def test_faults_in_the_options_say_which_and_the_cure(options: dict[str, Any], error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        compute_score("cups", write("2"), "2", CUPS, **options)


def test_what_verl_passes_beside_the_options_is_no_option() -> None:
    found = call(write("2"), "2", CUPS, reward_router_address="localhost:1", reward_model_tokenizer=object())
    assert found["score"] == 4.0


class TestGatherer:
    def test_requests_of_a_moment_are_one_call_and_keep_their_answers(self) -> None:
        calls: list[list[int]] = []

        async def answer(requests: Sequence[int]) -> list[int]:
            calls.append(list(requests))
            return [request * 10 for request in requests]

        async def run() -> list[int]:
            gatherer = Gatherer[int, int](answer, wait=0.05, size=4)
            return list(await asyncio.gather(*map(gatherer.submit, range(10))))

        assert asyncio.run(run()) == [number * 10 for number in range(10)]
        assert sorted(map(len, calls)) == [2, 4, 4]

    def test_one_that_fails_takes_no_other_with_it(self) -> None:
        async def answer(requests: Sequence[int]) -> list[int]:
            if 3 in requests:
                raise ValueError(3)
            return list(requests)

        async def run() -> list[int | BaseException]:
            gatherer = Gatherer[int, int](answer, wait=0.01, size=100)
            return list(await asyncio.gather(*map(gatherer.submit, range(5)), return_exceptions=True))

        *found, four = asyncio.run(run())
        assert found[:3] == [0, 1, 2]
        assert isinstance(found[3], ValueError)
        assert four == 4

    def test_a_caller_that_leaves_holds_up_no_other(self) -> None:
        async def answer(requests: Sequence[int]) -> list[int]:
            return list(requests)

        async def run() -> int:
            gatherer = Gatherer[int, int](answer, wait=0.02, size=100)
            leaving = asyncio.ensure_future(gatherer.submit(1))
            staying = asyncio.ensure_future(gatherer.submit(2))
            await asyncio.sleep(0)
            leaving.cancel()
            return await staying

        assert asyncio.run(run()) == 2


def test_a_judge_without_a_verdict_leaves_the_sample_unscored_not_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(items: Sequence[JudgeItem], **_: object) -> list[Verdict]:
        return [Verdict(sufficient=None, how="the server is down") for _ in items]

    found = scoring.Scoring({"judge": "lexical"})
    found.rewards._rewards._opened = silent  # type: ignore[assignment]
    shown = found.show(found.rewards.score([scoring.read_sample(write("2"), "2", CUPS)])[0])
    assert math.isnan(shown["score"])  # type: ignore[arg-type]
    assert shown["reasoning_reward"] == 2.0
    assert "the server is down" in str(shown["unscored_reason"])
