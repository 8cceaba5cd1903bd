"""Reward functions in TRL's convention, called as trainers call them, and by TRL's own trainer."""

from __future__ import annotations

import asyncio
import inspect
import pickle
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.completion import THINK_ANSWER
from p2r_rewards.config import RewardConfig
from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.judges.opening import open_judge
from p2r_rewards.judges.reward_functions import (
    AsyncRewardFunction,
    format_reward,
    length_reward,
    perception_accuracy_reward,
    perception_reward,
    process_reward,
    reasoning_accuracy_reward,
    reasoning_reward,
)
from p2r_rewards.testing import check_reward_function
from tests.judges.fake_server import Act, FakeServer
from tests.judges.stub_judges import WordJudge
from tests.judges.tiny_model import save_tiny_model

FACTORIES = (
    process_reward,
    perception_reward,
    reasoning_reward,
    perception_accuracy_reward,
    reasoning_accuracy_reward,
    format_reward,
    length_reward,
)


def text(seen: str = "There is evidence.", answer: str = "2") -> str:
    return f"<observation>{seen}</observation><think>So it is.</think><answer>{answer}</answer>"


# A row each: what it is, the completion, and its columns.
ROWS: list[tuple[str, dict[str, Any]]] = [
    (text(), {"problem": "How many?", "solution": "<answer>2</answer>", "problem_type": "numerical", "options": []}),
    (text("Nothing."), {"problem": "How many?", "solution": "2", "problem_type": "numerical", "options": "[]"}),
    (text("An outage."), {"problem": "How many?", "solution": "2", "problem_type": "numerical", "options": None}),
    (text(), {"problem": "How many?", "solution": None, "problem_type": "numerical", "options": None}),
    (text(answer="B"), {"problem": "Which?", "solution": "B", "problem_type": "mc", "options": "['A. x', 'B. y']"}),
    ("no tags", {"problem": "Which?", "solution": "B", "problem_type": "mc", "options": ["A. x", "B. y"]}),
    (text(answer="a big dog"), {"problem": "Who?", "solution": "a dog", "problem_type": "free-form", "options": []}),
]


def batch(messages: bool = False) -> dict[str, Any]:
    completions: list[Any] = [completion for completion, _ in ROWS]
    prompts: list[Any] = ["?"] * len(ROWS)
    if messages:
        completions = [[{"role": "assistant", "content": completion}] for completion in completions]
        prompts = [[{"role": "user", "content": prompt}] for prompt in prompts]
    columns = {name: [row[name] for _, row in ROWS] for name in ROWS[0][1]}
    return {"prompts": prompts, "completions": completions, "completion_ids": [[1, 2]] * len(ROWS), **columns}


def rounded(rewards: list[float | None]) -> list[float | None]:
    return [None if reward is None else round(reward, 3) for reward in rewards]


EXPECTED = {
    process_reward: [4.0, 3.0, None, None, 4.0, 0.0, 3.533],
    perception_reward: [2.0, 1.0, None, None, 2.0, 0.0, 2.0],
    reasoning_reward: [2.0, 2.0, 2.0, None, 2.0, 0.0, 1.533],
    perception_accuracy_reward: [1.0, 0.0, None, None, 1.0, 0.0, 1.0],
    reasoning_accuracy_reward: [1.0, 1.0, 1.0, None, 1.0, 0.0, 0.533],
    format_reward: [2.0, 2.0, 2.0, 2.0, 2.0, 0.0, 2.0],
    length_reward: [None] * 7,
}


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory.__name__)
@pytest.mark.parametrize("messages", [False, True])
def test_each_row_earns_its_own(factory: Any, messages: bool) -> None:
    function = factory(judge=WordJudge())
    assert rounded(function(**batch(messages))) == EXPECTED[factory]
    awaited = factory(judge=WordJudge(), asynchronous=True)(**batch(messages))
    assert inspect.iscoroutine(awaited)
    assert rounded(asyncio.run(awaited)) == EXPECTED[factory]


def test_the_judge_sees_question_gold_and_observation_of_readable_rows() -> None:
    judge = WordJudge()
    process_reward(judge=judge)(**batch())
    assert [(item.question, item.gold, item.options) for item in judge.asked] == [
        ("How many?", "2", ()),
        ("How many?", "2", ()),
        ("How many?", "2", ()),
        ("Which?", "B", ("A. x", "B. y")),
        ("Who?", "a dog", ()),
    ]
    other = WordJudge()
    for factory in (reasoning_reward, format_reward, reasoning_accuracy_reward):
        factory(judge=other)(**batch())
    process_reward(judge=other, config=RewardConfig(processes="reasoning only"))(**batch())
    assert other.asked == [], "what does not rest on a verdict asks nobody"


def test_the_configuration_is_honoured() -> None:
    row = {
        "prompts": ["?"],
        "completions": [text()],
        "problem": ["?"],
        "solution": ["2"],
        "problem_type": ["numerical"],
    }
    judge = WordJudge()
    words = RewardConfig(length_unit="words", perception_band=(1, 5), reasoning_band=(100, 200))
    assert process_reward(judge=judge, config=words)(**row) == [pytest.approx(4.2)]
    assert process_reward(judge=judge, config=RewardConfig(processes="perception only"))(**row) == [2.0]
    assert process_reward(config=RewardConfig(processes="reasoning only"))(**row) == [2.0]
    two = {**row, "completions": ["<think>So.</think><answer>2</answer>"]}
    assert process_reward(config=RewardConfig(template=THINK_ANSWER))(**two) == [2.0]
    dynamic = RewardConfig(length="dynamic", length_unit="words")
    eight = {name: values * 8 for name, values in row.items()}
    assert len(set(process_reward(judge=judge, config=dynamic)(**eight))) == 1


def test_columns_can_be_named() -> None:
    row = {"completions": [text("x")] * 3, "q": ["?"] * 3, "a": ["2"] * 3, "t": ["numerical"] * 3}
    named = {"question": "q", "gold": "a", "type": "t", "sufficient": "verdict"}
    reward = process_reward(columns=named)
    assert reward(**row, verdict=[True, "no", None]) == [4.0, 3.0, None]
    asked = WordJudge()
    assert process_reward(judge=asked, columns=named)(**row, verdict=[True, True, None]) == [4.0, 4.0, 3.0]
    assert len(asked.asked) == 1, "a verdict that is there is not asked for"
    with pytest.raises(ConfigError, match="no field"):
        process_reward(judge="lexical", columns={"answer": "a"})


def test_lengths_come_from_token_ids(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(save_tiny_model(tmp_path))
    whole = text("There is evidence. " * 10)  # 190 bytes, which are tokens here
    ids = [*tokenizer.encode(whole, add_special_tokens=False), tokenizer.eos_token_id]
    row = {
        "completions": ["cut"],
        "completion_ids": [ids],
        "problem": ["?"],
        "solution": ["2"],
        "problem_type": ["numerical"],
    }
    function = process_reward(judge=WordJudge(), tokenizer=tokenizer)
    assert function(**row) == [pytest.approx(4.2)], "read from the ids, the end of sequence taken off"
    assert pickle.loads(pickle.dumps(function))(**row) == [pytest.approx(4.2)]
    assert length_reward(judge=WordJudge(), tokenizer=tokenizer)(**row) == [pytest.approx(0.2)]
    begun = {**row, "completion_ids": [ids[len("<observation>") :]]}
    assert process_reward(judge=WordJudge(), tokenizer=tokenizer, prefix="<observation>")(**begun) == [
        pytest.approx(4.2)
    ]


def test_every_component_is_logged_for_every_row() -> None:
    columns: dict[str, list[Any]] = {}
    metrics: dict[str, float] = {}
    log = {"log_extra": columns.__setitem__, "log_metric": metrics.__setitem__}
    process_reward(judge=WordJudge())(**batch(), **log)
    assert {len(values) for values in columns.values()} == {len(ROWS)}
    assert columns["perception_accuracy"] == [1.0, 0.0, None, None, 1.0, 0.0, 1.0]
    assert columns["unscored"][2:5] == ["judge: HTTP 503", "gold is missing", None]
    assert metrics["unscored"] == pytest.approx(2 / 7)
    assert metrics["reasoning_accuracy"] == pytest.approx((1 + 1 + 1 + 1 + 0 + 0.533) / 6, abs=1e-3)
    for factory in FACTORIES[1:]:
        before = set(columns)
        factory(judge=WordJudge())(**batch(), **log)
        assert all(name.startswith(f"{factory.__name__}/") for name in set(columns) - before), "no column is shared"


def test_they_pickle_under_names_of_their_own() -> None:
    functions = [factory(judge="lexical", asynchronous=way) for factory in FACTORIES for way in (False, True)]
    assert len({function.__name__ for function in functions}) == len(FACTORIES)
    for function in functions:
        again = pickle.loads(pickle.dumps(function))
        assert again.__name__ == function.__name__
        assert inspect.iscoroutinefunction(again.__call__) == inspect.iscoroutinefunction(function.__call__)
    assert process_reward(judge="lexical", name="mine").__name__ == "mine"


@pytest.mark.parametrize("factory", [process_reward, perception_reward, perception_accuracy_reward, length_reward])
def test_a_reward_without_verdicts_is_refused(factory: Any) -> None:
    with pytest.raises(ConfigError, match="judge="):
        factory()
    with pytest.raises(ConfigError, match="openai:MODEL@"):
        factory(judge="nonsense")


def test_a_batch_that_does_not_fit_is_refused() -> None:
    function = process_reward(judge=WordJudge())
    assert function(prompts=[], completions=[]) == []
    with pytest.raises(DataError, match="problem_type"):
        function(completions=["x", "y"], problem=["?", "?"], problem_type="numerical")
    with pytest.raises(DataError, match="completion"):
        function(completions=[3], problem=["?"])


def test_a_judge_that_is_down_makes_rows_unscored() -> None:
    with FakeServer(lambda seen, number: Act(status=401)) as server:
        judge = open_judge(f"openai:m@{server.openai}", cache=None)
        rewards = process_reward(judge=judge)(**batch())
    assert rewards == [None, None, None, None, None, 0.0, None]


def test_they_pass_the_conformance_suite() -> None:
    check_reward_function(
        process_reward(judge=WordJudge()), types="numerical", pays=("answer", "form"), time_limit_s=5.0
    )
    quick = {
        "picklable",
        "returns",
        "finite",
        "deterministic",
        "thread-safe",
        "per-row",
        "messages",
        "logs",
        "empty-batch",
    }
    check_reward_function(
        process_reward(judge=WordJudge(), asynchronous=True), types="numerical", only=quick, time_limit_s=5.0
    )


def test_trls_trainer_trains_with_them(tmp_path: Path) -> None:
    pytest.importorskip("trl")
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    folder = save_tiny_model(tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    paid: list[list[float | None]] = []

    class Watched(AsyncRewardFunction):
        def _pay(self, *arguments: Any) -> list[float | None]:
            paid.append(super()._pay(*arguments))
            return paid[-1]

    combined = Watched(judge=WordJudge(), tokenizer=tokenizer)
    parts = [format_reward(), reasoning_reward(asynchronous=True), perception_reward(judge="lexical")]
    rows = [columns for _, columns in ROWS[:2]]
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder),
        reward_funcs=[combined, *parts],
        args=GRPOConfig(
            output_dir=str(tmp_path / "out"),
            use_cpu=True,
            bf16=False,
            report_to="none",
            num_generations=2,
            per_device_train_batch_size=4,
            max_completion_length=8,
            max_steps=2,
            logging_steps=1,
            log_completions=True,
        ),
        train_dataset=Dataset.from_list(
            [{"prompt": "Look.", **row, "options": [], "solution": "2"} for row in rows for _ in range(4)]
        ),
        processing_class=tokenizer,
    )
    trainer.train()
    assert len(paid) == 2
    assert paid[0] == [0.0] * 4, "noise has no form"
    logged = {name for entry in trainer.state.log_history for name in entry}
    assert {"rewards/process_reward/mean", "perception_format", "reasoning_reward/unscored", "unscored"} <= logged
    assert "perception_accuracy" in trainer._logs["extra"]
