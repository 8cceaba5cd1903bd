"""The rewards inside verl: its configuration, its loader, its managers, its worker."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tests.trainers.adapters.installed import require

require("verl")

import cloudpickle
import numpy as np
from verl.experimental.agent_loop.agent_loop import AgentLoopMetrics, AgentLoopOutput
from verl.experimental.reward_loop.reward_loop import RewardLoopWorker
from verl.experimental.reward_loop.reward_manager.limited import RateLimitedRewardManager
from verl.trainer.ppo.core_algos import get_adv_estimator_fn
from verl.trainer.ppo.metric_utils import process_validation_metrics
from verl.trainer.ppo.reward import get_custom_reward_fn, load_reward_manager

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.verl import UnscoredError, compute_score, compute_score_async
from p2r_rewards.trainers.verl.manager import P2RRewardManager
from tests.trainers.adapters.verl_kit import byte_tokenizer, commands, compose, make_batch, page_settings

PLAIN, MANAGED, _ = commands()
SEEN = "<observation>On the table stand two red cups.</observation>"
CUPS = {"question": "How many cups are there?", "problem_type": "numerical"}
ASKED = "How many cups are there?"


def write(answer: str) -> str:
    return f"{SEEN}<think>So it is.</think><answer>{answer}</answer>"


ROWS = [
    (ASKED, write("2"), "2", CUPS),
    (ASKED, write("3"), "2", CUPS),
    (ASKED, "cut off in mid-<th", "2", CUPS),
    (ASKED, write("2"), "2", {"question": ASKED}),  # unscored: nothing tells the type
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tokenizer, all that the reward worker reads of a model."""
    folder = tmp_path_factory.mktemp("model")
    byte_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """The page's settings file, with a judge and a tokenizer that are here."""
    text = page_settings()
    for line in text.splitlines():
        if line.startswith("judge:"):
            text = text.replace(line, "judge: lexical")
        if line.startswith("tokenizer:"):
            text = text.replace(line, f"tokenizer: {model}/tokenizer.json")
    assert "lexical" in text
    path = tmp_path_factory.mktemp("settings") / "rewards.yaml"
    path.write_text(text)
    return path


@pytest.fixture
def configured(settings: Path, model: Path) -> Any:
    """A command of the page as verl's configuration, with the paths that are here."""

    def configure(overrides: list[str], *more: str) -> Any:
        here = [
            one.replace("/data/rewards.yaml", str(settings)).replace("Qwen/Qwen2.5-VL-7B-Instruct", str(model))
            for one in overrides
        ]
        return compose([*here, *more])

    return configure


def run(worker: Any, rows: Any = ROWS) -> list[dict[str, Any]]:
    return worker.loop.run_until_complete(worker.compute_score_batch(make_batch(byte_tokenizer(), rows)))


@pytest.mark.parametrize("overrides", [PLAIN, MANAGED], ids=["compute_score_async", "manager"])
def test_the_page_s_commands_run_in_verl_s_reward_worker(configured: Any, overrides: list[str]) -> None:
    worker = RewardLoopWorker(configured(overrides))
    found = run(worker)
    scores = [one["reward_score"] for one in found]
    assert scores[:3] == [4.0, 3.0, 0.0]
    assert math.isnan(scores[3])
    extras = [one["reward_extra_info"] for one in found]
    assert [one["unscored"] for one in extras] == [0.0, 0.0, 0.0, 1.0]
    assert extras[0]["perception_length"] == 0.0  # counted, and too short for the bonus
    # As RewardLoopManager puts them together.
    rm_scores = P2RRewardManager.assemble_rm_scores(make_batch(byte_tokenizer(), ROWS), scores)
    assert rm_scores.sum(1)[:3].tolist() == [4.0, 3.0, 0.0]
    for key in extras[0]:
        column = np.array([one[key] for one in extras])
        assert column.dtype == np.float64 or column.dtype.kind == "U"


@pytest.mark.parametrize("name", ["compute_score", "compute_score_async"])
@pytest.mark.parametrize("manager", ["naive", "dapo", "gdpo", "rate_limited"])
def test_verl_s_own_managers_run_both_functions(configured: Any, name: str, manager: str) -> None:
    more = (f"reward.custom_reward_function.name={name}", f"reward.reward_manager.name={manager}")
    if manager == "dapo":
        more += ("+reward.reward_kwargs.overlong_buffer_cfg.enable=False", "+reward.reward_kwargs.max_resp_len=99")
    worker = RewardLoopWorker(configured(PLAIN, *more))
    scores = [one["reward_score"] for one in run(worker)]
    assert scores[:3] == [4.0, 3.0, 0.0]
    assert math.isnan(scores[3])


def test_verl_s_loader_tells_the_coroutine_function_and_hands_on_the_table_of_options(configured: Any) -> None:
    import inspect

    inline = (
        "~reward.custom_reward_function.reward_kwargs.settings",
        "+reward.custom_reward_function.reward_kwargs.judge=lexical",
        "+reward.custom_reward_function.reward_kwargs.reward={perception_band:[1,9],length_unit:words}",
    )
    config = configured(PLAIN, *inline)
    loaded = get_custom_reward_fn(config)
    assert inspect.iscoroutinefunction(loaded)
    worker = RewardLoopWorker(config)
    assert run(worker, ROWS[:1])[0]["reward_score"] == pytest.approx(4.2)
    config.reward.custom_reward_function.name = "compute_score"
    assert not inspect.iscoroutinefunction(get_custom_reward_fn(config))


def test_a_file_of_one_s_own_may_hold_the_function(configured: Any, tmp_path: Path) -> None:
    path = tmp_path / "rewards.py"
    path.write_text("from p2r_rewards.trainers.verl import compute_score_async\n")
    config = configured(PLAIN, f"reward.custom_reward_function.path={path}")
    assert run(RewardLoopWorker(config), ROWS[:1])[0]["reward_score"] == 4.0


def test_what_verl_sends_to_other_processes_pickles(configured: Any) -> None:
    for name, function in (("compute_score", compute_score), ("compute_score_async", compute_score_async)):
        config = configured(PLAIN, f"reward.custom_reward_function.name={name}")
        sent = cloudpickle.loads(cloudpickle.dumps(get_custom_reward_fn(config)))
        assert sent.args[0] is function


class TestUnscored:
    def test_none_loses_the_rewards_of_a_rollout_in_verl_and_nan_does_not(self) -> None:
        def rm_scores(score: float | None) -> Any:
            output = AgentLoopOutput(
                prompt_ids=[1],
                response_ids=[2, 3],
                response_mask=[1, 1],
                metrics=AgentLoopMetrics(),
                reward_score=score,
            )
            return output.as_dict().get("rm_scores")

        assert rm_scores(None) is None
        assert rm_scores(math.nan).isnan().tolist() == [False, True]

    def test_raised_where_that_is_asked_for_by_manager_and_function(self, configured: Any) -> None:
        inline = (
            "~reward.custom_reward_function.reward_kwargs.settings",
            "+reward.custom_reward_function.reward_kwargs.judge=lexical",
            "+reward.custom_reward_function.reward_kwargs.unscored=raise",
        )
        for overrides in (PLAIN, MANAGED):
            worker = RewardLoopWorker(configured(overrides, *inline))
            assert run(worker, ROWS[:2])[0]["reward_score"] == 4.0
            with pytest.raises(UnscoredError, match="problem type is missing"):
                run(worker, ROWS[3:])

    def test_validation_leaves_no_zero_for_it(self, configured: Any) -> None:
        found = [one["reward_extra_info"] for one in run(RewardLoopWorker(configured(MANAGED)))]
        infos = {key: [one[key] for one in found] for key in found[0]}
        metrics = process_validation_metrics(["cups"] * 4, list("abcd"), infos)["cups"]
        assert math.isnan(metrics["score"]["mean@1"])
        assert metrics["unscored"]["mean@1"] == 0.25
        assert "acc" not in metrics  # an acc without a value would count as 0
        assert "grade_how" not in metrics


class TestManager:
    def test_it_is_found_by_path_and_brings_the_estimator(self, configured: Any) -> None:
        manager = load_reward_manager(configured(MANAGED), byte_tokenizer())
        assert type(manager).__name__ == "P2RRewardManager"
        assert get_adv_estimator_fn("p2r_grpo") is not None

    def test_rollouts_that_finish_together_are_judged_by_one_call(self, configured: Any) -> None:
        worker = RewardLoopWorker(configured(MANAGED))
        rewards = worker.reward_manager._scoring.rewards
        calls: list[int] = []
        score_async = rewards.score_async

        async def counted(samples: Any) -> Any:
            calls.append(len(samples))
            return await score_async(samples)

        rewards.score_async = counted
        rows = [(ASKED, write(str(n)), "2", CUPS) for n in range(40)]
        found = run(worker, rows)
        assert [one["reward_extra_info"]["reasoning_accuracy"] for one in found] == [float(n == 2) for n in range(40)]
        assert sum(calls) == 40
        assert len(calls) <= 10

    def test_the_prompt_is_the_question_where_no_column_holds_one(self, configured: Any) -> None:
        found = run(RewardLoopWorker(configured(MANAGED)), [(ASKED, write("2"), "2", {"problem_type": "numerical"})])
        assert found[0]["reward_score"] == 4.0

    def test_lengths_are_of_the_sampled_ids(self, configured: Any) -> None:
        length = len("On the table stand two red cups.")
        inline = (
            "~reward.custom_reward_function.reward_kwargs.settings",
            "+reward.custom_reward_function.reward_kwargs.judge=lexical",
            f"+reward.custom_reward_function.reward_kwargs.reward.perception_band=[{length},{length}]",
        )
        found = run(RewardLoopWorker(configured(MANAGED, *inline)), ROWS[:1])
        assert found[0]["reward_extra_info"]["perception_length"] == pytest.approx(0.2)

    def test_a_reply_may_end_in_any_of_the_end_strings_that_are_tokens(self, configured: Any, tmp_path: Path) -> None:
        tokenizer = byte_tokenizer()
        tokenizer.add_special_tokens({"additional_special_tokens": ["<|eot_id|>"]})
        tokenizer.save_pretrained(tmp_path)
        config = configured(MANAGED, f"actor_rollout_ref.model.path={tmp_path}")
        worker = RewardLoopWorker(config)
        rows = [(ASKED, write("2") + end, "2", CUPS) for end in ("<|eot_id|>", "<|eot_id|><eos>", "<pad>", "!")]
        found = worker.loop.run_until_complete(worker.compute_score_batch(make_batch(tokenizer, rows)))
        assert [one["reward_score"] for one in found] == [4.0, 4.0, 4.0, 3.0]

    def test_wrong_options_end_the_run_when_the_worker_starts(self, configured: Any) -> None:
        config = configured(MANAGED, "+reward.custom_reward_function.reward_kwargs.jugde=lexical")
        with pytest.raises(ConfigError, match="jugde"):
            RewardLoopWorker(config)


def test_the_rate_limited_manager_swallows_what_the_others_raise(configured: Any) -> None:
    # The trap that the page warns of: a setting at fault pays 0 there, without an end.
    more = ("+reward.custom_reward_function.reward_kwargs.jugde=lexical",)
    with pytest.raises(ConfigError, match="jugde"):
        run(RewardLoopWorker(configured(PLAIN, *more)), ROWS[:1])
    RateLimitedRewardManager._class_initialized = False
    worker = RewardLoopWorker(configured(PLAIN, *more, "reward.reward_manager.name=rate_limited"))
    found = run(worker, ROWS[:1])[0]
    assert found["reward_score"] == 0.0
    assert "jugde" in found["reward_extra_info"]["error"]
