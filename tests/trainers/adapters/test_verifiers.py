"""verifiers' own agent, client, rollout and scoring with our reward, against a server on loopback."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.judges.fake_server import Act, FakeServer
from tests.trainers.adapters.installed import require
from tests.trainers.adapters.replies import BARE, CUPS, DARK, GOOD, block, judging

require("verifiers")

import openai
import verifiers.v1 as vf

from p2r_rewards.trainers import verifiers as adapter
from p2r_rewards.trainers.samples import RewardSettings
from p2r_rewards.trainers.samples.settings import VARIABLE
from p2r_rewards.trainers.verifiers import TraceRewards, read_trace

PROMPT = "How many cups are there?"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The docs page's module, with its settings, but for the judge's address."""
    with judging() as server:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setenv(VARIABLE, "rewards.yaml")
        address = "http://localhost:8000/v1"
        settings = block("verifiers.md", "yaml")
        assert address in settings
        Path("rewards.yaml").write_text(settings.replace(address, server.openai))
        Path("cups.py").write_text(block("verifiers.md", "python"))
        spec = importlib.util.spec_from_file_location("cups", "cups.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "cups", module)
        spec.loader.exec_module(module)
        adapter._environment_rewards.cache_clear()
        yield module


def roll_out(task: Any, reply: str) -> Any:
    """The trace of verifiers' agent on the task, with a model that says the reply."""

    async def run(address: str) -> Any:
        client = vf.EvalClientConfig(base_url=address, api_key_var="OPENAI_API_KEY")
        config = vf.AgentConfig(model="tiny", client=client, runtime=vf.SubprocessConfig(), harness={"id": "null"})
        agent = vf.Agent(config)

        class OneCall(type(agent.harness)):  # type: ignore[misc] # its own program needs uv, and runs outside
            async def setup(self, runtime: Any) -> None:
                pass

            async def launch(
                self, ctx: Any, trace: Any, runtime: Any, endpoint: str, secret: str, *_: Any, **__: Any
            ) -> Any:
                async with openai.AsyncOpenAI(base_url=endpoint, api_key=secret) as asked:
                    message: Any = {"role": "user", "content": task.data.prompt_text}
                    await asked.chat.completions.create(model=ctx.model, messages=[message])
                return vf.ProgramResult(exit_code=0, stdout="", stderr="")

        agent.harness = OneCall(agent.harness.config)
        return await agent.run(task)

    with FakeServer(lambda request, number: Act(reply)) as server:
        return asyncio.run(run(server.openai))


def test_a_rollout_is_rewarded_and_its_components_are_metrics(page: ModuleType) -> None:
    trace = roll_out(page.CupsTask(page.CupsData(prompt=PROMPT, **CUPS)), GOOD)
    assert trace.ok, trace.errors
    assert trace.rewards["p2r"].score == trace.reward == 4.0
    assert trace.metrics == {
        "perception_accuracy": 1.0,
        "perception_format": 1.0,
        "perception_reward": 2.0,
        "reasoning_accuracy": 1.0,
        "reasoning_format": 1.0,
        "reasoning_reward": 2.0,
    }


def test_the_configuration_plugs_it_into_any_task(page: ModuleType) -> None:
    class PlainTask(vf.Task[page.CupsData]):  # type: ignore[name-defined,misc]
        pass

    found = tomllib.loads(block("verifiers.md", "toml"))["env"]["taskset"]["task"]
    config = vf.TaskConfig.model_validate(found)
    trace = roll_out(PlainTask(page.CupsData(prompt=PROMPT, **CUPS), config), BARE)
    assert trace.ok, trace.errors
    assert trace.rewards["p2r"].score == 0.0
    # A second one stands beside it under its own name, with its own weight.
    found["rewards"]["again"] = {**found["rewards"]["p2r"], "weight": 0.5}
    trace = roll_out(PlainTask(page.CupsData(prompt=PROMPT, **CUPS), vf.TaskConfig.model_validate(found)), GOOD)
    assert {name: reward.value for name, reward in trace.rewards.items()} == {"p2r": 4.0, "again": 2.0}


@pytest.mark.parametrize(
    ("reply", "changes", "reason"), [(DARK, {}, "judge: "), (GOOD, {"problem_type": "poetry"}, "problem type")]
)
def test_an_unscored_rollout_is_recorded_as_failed_and_never_as_a_0(
    page: ModuleType, reply: str, changes: dict[str, str], reason: str
) -> None:
    trace = roll_out(page.CupsTask(page.CupsData(prompt=PROMPT, **{**CUPS, **changes})), reply)
    assert not trace.ok
    assert trace.rewards == {"p2r": None}
    assert trace.last_error.type == "TaskError"
    assert "UnscoredError" in trace.last_error.message
    assert reason in trace.last_error.message


def test_the_sampled_ids_of_the_last_reply_are_read() -> None:
    trace = made_trace([("Look.", [1, 2, 3], [False, True, True]), (GOOD, [4, 5, 6, 7], [False, False, True, True])])
    found = read_trace(vf.TaskData(prompt=PROMPT), trace)
    assert found.token_ids == [6, 7]
    assert found.completion["content"] == GOOD
    assert found.prompt == PROMPT


def test_thoughts_that_a_server_parsed_away_are_put_back() -> None:
    trace = made_trace([("<answer>2</answer>", [], [])], thoughts="<observation>x</observation> So two.")
    assert read_trace(vf.TaskData(prompt=PROMPT), trace).completion["reasoning_content"].endswith("So two.")


def test_a_rollout_without_a_reply_earns_0(page: ModuleType) -> None:
    task = page.CupsTask(page.CupsData(prompt=PROMPT, **CUPS))
    trace = made_trace([])
    asyncio.run(task.score(trace))  # without a runtime, as offline
    assert trace.rewards["p2r"].score == 0.0


def test_many_rollouts_are_scored_at_once(page: ModuleType) -> None:
    task = page.CupsTask(page.CupsData(prompt=PROMPT, **CUPS))
    traces = [made_trace([((GOOD, BARE)[number % 2], [], [])]) for number in range(50)]

    async def score() -> None:
        await asyncio.gather(*(task.score(trace) for trace in traces))

    asyncio.run(score())
    assert [trace.reward for trace in traces] == [4.0, 0.0] * 25


def made_trace(replies: list[tuple[str, list[int], list[bool]]], thoughts: str | None = None) -> Any:
    task = vf.TaskData(prompt=PROMPT)
    recorded = vf.TraceTask(type="Task", data=task, key="k", hash="h")
    trace = vf.Trace(task=recorded, agent=vf.AgentInfo(config=vf.AgentConfig(), name="solver", trainable=True))
    for number, (text, ids, mask) in enumerate(replies):
        message = vf.AssistantMessage(content=text, reasoning_content=thoughts)
        parent = number - 1 if number else None
        trace.nodes.append(vf.MessageNode(message=message, sampled=True, parent=parent, token_ids=ids, mask=mask))
    return trace


def test_settings_may_be_given_as_they_are() -> None:
    trace = made_trace([(GOOD, [], [])])

    class Data(vf.TaskData):
        problem: str
        solution: str
        problem_type: str

    assert asyncio.run(TraceRewards(RewardSettings(judge="lexical")).score(Data(**CUPS), trace)) == 4.0
