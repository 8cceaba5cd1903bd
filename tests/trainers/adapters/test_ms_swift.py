"""Our reward functions in ms-swift's convention, without ms-swift: what its wrapper would pass, and what comes back."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.judges.verdict import JudgeItem, Verdict
from p2r_rewards.trainers.ms_swift import REWARDS, BatchScorer
from p2r_rewards.trainers.ms_swift.rewards import read_samples
from p2r_rewards.trainers.samples import RewardSettings, pack_columns
from p2r_rewards.trainers.samples.settings import VARIABLE
from tests.trainers.adapters.replies import BARE, CUPS, GOOD, WRONG

ROW = {
    "messages": [{"role": "user", "content": "How many cups are there?"}, {"role": "assistant", "content": "…"}],
    "prompt_id": "a",
    "request_id": "b",
    "finish_reason": "stop",
    "is_truncated": False,
    "rollout_infos": {},
    "response_token_ids": [],
    **CUPS,
}
"""What ms-swift 4.6.0 gives of a sample (`OnPolicySample.to_reward_row`)."""


def batch(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The rows as ms-swift batches them: a list a column, and the trainer's state."""
    return {"trainer_state": object(), **{name: [row.get(name) for row in rows] for name in rows[0]}}


def score(name: str, completions: list[str], rows: Sequence[dict[str, Any]], **settings: Any) -> list[float | None]:
    reward = REWARDS[name](object(), scorer=BatchScorer(RewardSettings(**{"judge": "lexical", **settings})))
    return asyncio.run(reward(completions, **batch(rows)))


def test_parts_and_the_combined_reward_are_paid() -> None:
    replies, rows = [GOOD, WRONG, BARE], [ROW] * 3
    assert score("p2r", replies, rows) == [4.0, 3.0, 0.0]
    assert score("p2r_perception", replies, rows) == [2.0, 2.0, 0.0]
    assert score("p2r_reasoning", replies, rows) == [2.0, 1.0, 0.0]
    assert score("p2r_reasoning_accuracy", replies, rows) == [1.0, 0.0, 0.0]
    assert score("p2r_perception_format", replies, rows) == [1.0, 1.0, 0.0]
    assert score("p2r_reasoning_length", replies, rows) == [None] * 3  # nothing counts tokens


def test_what_is_not_the_policy_s_fault_is_none_and_never_0() -> None:
    assert score("p2r", [GOOD, GOOD], [ROW, {**ROW, "problem_type": None}]) == [4.0, None]


def test_the_question_comes_from_the_messages_where_no_column_holds_it() -> None:
    found = read_samples([GOOD], batch([{name: value for name, value in ROW.items() if name != "problem"}]))
    assert found[0].prompt == [{"role": "user", "content": "How many cups are there?"}]
    assert score("p2r", [GOOD], [{**ROW, "problem": None}]) == [4.0]


def test_columns_may_be_packed_in_one() -> None:
    packed = {name: value for name, value in ROW.items() if name not in CUPS} | {"p2r": pack_columns(CUPS)}
    assert score("p2r", [GOOD, WRONG], [packed, packed]) == [4.0, 3.0]
    clashing = packed | {"gold": "3"}
    assert score("p2r", [GOOD, WRONG], [clashing, clashing]) == [4.0, 3.0]


@pytest.mark.parametrize(
    ("given", "read"), [([1, 2], [1, 2]), ([[1], [2, 3]], [2, 3]), ([], None), (None, None)]
)  # one turn, several, none
def test_the_ids_of_the_last_turn_are_the_completion_s(given: Any, read: Any) -> None:
    assert read_samples([GOOD], batch([{**ROW, "response_token_ids": given}]))[0].token_ids == read


def test_a_batch_is_judged_once_for_all_its_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    async def judge(items: Sequence[JudgeItem]) -> list[Verdict]:
        asked.append(len(items))
        return [Verdict(sufficient=True, how="said so") for _ in items]

    monkeypatch.setattr("p2r_rewards.judges.batch_rewards.open_judge", lambda spec: judge)
    scorer = BatchScorer(RewardSettings(judge="openai:any@http://localhost:1/v1"))
    rewards = [kind(scorer=scorer) for kind in REWARDS.values()]

    async def step() -> list[list[float | None]]:
        completions, columns = [GOOD, WRONG], batch([ROW] * 2)
        return await asyncio.gather(*(reward(completions, **columns) for reward in rewards))

    first, second = asyncio.run(step()), asyncio.run(step())  # ms-swift makes an event loop a step
    assert first == second
    assert asked == [2, 2]


def test_a_failed_batch_is_scored_anew() -> None:
    scorer = BatchScorer(RewardSettings(judge="lexical"))
    reward, completions = REWARDS["p2r"](scorer=scorer), [7]
    for _ in range(2):
        with pytest.raises(DataError, match="a completion is text"):
            asyncio.run(reward(completions, **batch([ROW])))
    completions[0] = GOOD  # type: ignore[call-overload]
    assert asyncio.run(reward(completions, **batch([ROW]))) == [4.0]


def test_every_function_is_logged_under_a_name_of_its_own() -> None:
    """ms-swift names an object by its class."""
    assert len({kind.__name__ for kind in REWARDS.values()}) == len(REWARDS)


def test_settings_come_from_the_environment_where_none_are_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rewards.yaml").write_text("judge: lexical\npart: perception\n")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "rewards.yaml"))
    assert asyncio.run(REWARDS["p2r"](object())([GOOD], **batch([ROW]))) == [2.0]


def test_functions_pickle() -> None:
    reward = REWARDS["p2r"](scorer=BatchScorer(RewardSettings(judge="lexical")))
    completions, columns = [GOOD], {name: values for name, values in batch([ROW]).items() if name != "trainer_state"}
    assert asyncio.run(reward(completions, **columns)) == [4.0]
    assert asyncio.run(pickle.loads(pickle.dumps(reward))(completions, **columns)) == [4.0]


def test_a_part_that_needs_verdicts_is_refused_where_none_are_asked_for() -> None:
    scorer = BatchScorer(RewardSettings(part="reasoning"))
    REWARDS["p2r_reasoning_length"](scorer=scorer)
    for name in ("p2r_perception", "p2r_perception_accuracy", "p2r_perception_length"):
        with pytest.raises(ConfigError, match="needs verdicts"):
            REWARDS[name](scorer=scorer)


def test_groups_that_several_processes_share_have_no_bands_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = RewardSettings.from_mapping({"judge": "lexical", "reward": {"length": "dynamic"}})
    BatchScorer(settings)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="several processes"):
        BatchScorer(settings)


def test_it_imports_without_ms_swift() -> None:
    code = "import sys; sys.modules['swift'] = None; import p2r_rewards.trainers.ms_swift"
    subprocess.run([sys.executable, "-c", code], check=True)
