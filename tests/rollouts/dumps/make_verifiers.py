"""Writes verifiers/traces.jsonl with verifiers 0.4.0: its own traces, filled by its message graph, by its own writer.

    python -m venv V && V/bin/pip install verifiers==0.4.0
    V/bin/python tests/rollouts/dumps/make_verifiers.py

No model is called: the replies are given, `prepare_turn` and `commit` record them as they would a server's.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import verifiers.v1 as vf
from verifiers.v1.configs.agent import AgentConfig
from verifiers.v1.episode import EnvInfo, Episode, GroupInfo, PolicySpan, TrainRunInfo, TrainWorkInfo
from verifiers.v1.graph import prepare_turn
from verifiers.v1.trace import AgentInfo, ModelCall, Trace, TraceTask
from verifiers.v1.types import AssistantMessage, Response, SystemMessage, ToolCall, ToolMessage, Usage, UserMessage
from verifiers.v1.utils.trace_store import append_episode


class ChoiceData(vf.TaskData):
    """What a task set adds to a task; the names are this library's, verifiers asks for none."""

    question: str
    options: list[str]
    answer: str
    problem_type: str


class ChoiceTask(vf.Task[ChoiceData, vf.State]):
    pass


DATA = ChoiceData(
    idx=0,
    id="balls-17",
    prompt="Where is the ball? A. left B. right",
    question="Where is the ball?",
    options=["A. left", "B. right"],
    answer="B",
    problem_type="multiple choice",
)
SYSTEM = SystemMessage(content="Look first.")
USER = UserMessage(content=DATA.prompt)


def trace_for(task: ChoiceTask, name: str = "solver", *, trainable: bool = True) -> Trace:
    recorded = TraceTask(type=type(task).__name__, data=task.data, key=task.key, hash=task.hash)
    agent = AgentInfo(config=AgentConfig(), name=name, trainable=trainable)
    return Trace(task=recorded, agent=agent)


def say(trace: Trace, prompt: list, message: AssistantMessage, reason: str = "stop") -> list:
    usage = Usage(prompt_tokens=20, completion_tokens=9)
    turn = prepare_turn(trace, prompt)
    response = Response(id="r", created=0, model="policy", message=message, finish_reason=reason, usage=usage)
    node = turn.commit(response)
    trace.calls.append(ModelCall(node=node, model="policy", finish_reason=reason, usage=usage))
    return [*prompt, message]


def rewarded(trace: Trace, correct: float) -> Trace:
    trace.record_reward("correct", correct)
    trace.record_reward("format", 1.0, weight=0.5)
    trace.record_metric("turns", 1)
    trace.ok = True
    trace.stop("agent_completed")
    return trace


def episodes(task: ChoiceTask) -> list[Episode]:
    plain = trace_for(task)
    say(
        plain,
        [SYSTEM, USER],
        AssistantMessage(content="<observation>A ball.</observation><answer>B</answer>"),
    )

    thoughtful = trace_for(task)
    say(thoughtful, [SYSTEM, USER], AssistantMessage(content="<answer>A</answer>", reasoning_content="Left, I think."))

    call = ToolCall(id="c1", name="zoom", arguments='{"x": 1}')
    agentic = trace_for(task)
    said = say(agentic, [SYSTEM, USER], AssistantMessage(content=None, tool_calls=[call]), "tool_calls")
    said.append(ToolMessage(tool_call_id="c1", name="zoom", content="a ball"))
    say(agentic, said, AssistantMessage(content="<think>A ball.</think><answer>B"), "length")

    frozen = rewarded(trace_for(task, "judge", trainable=False), 0.0)
    say(frozen, [USER], AssistantMessage(content="Yes"))

    failed = trace_for(task)
    failed.record_error(RuntimeError("the sandbox did not start"))

    work = TrainWorkInfo(step=3, policy=PolicySpan(start=2, end=3))
    run = TrainRunInfo(id="run", work=work)
    found = [[rewarded(plain, 1.0)], [rewarded(thoughtful, 0.0), frozen], [rewarded(agentic, 1.0)], [failed], []]
    for traces in found:
        for trace in traces:
            trace.timing.start = 0.0
            for node in trace.nodes:
                node.timestamp = 0.0
    recorded = TraceTask(type=type(task).__name__, data=task.data, key=task.key, hash=task.hash)
    return [
        Episode(env=EnvInfo(id="balls"), task=recorded, group=GroupInfo(id="g1"), run=run, ok=True, traces=traces)
        for traces in found
    ]


async def main() -> None:
    target = Path(__file__).parent / "verifiers"
    target.mkdir(exist_ok=True)
    (target / "traces.jsonl").unlink(missing_ok=True)
    lock = asyncio.Lock()
    for episode in episodes(ChoiceTask(DATA)):
        await append_episode(target, episode, lock)


if __name__ == "__main__":
    asyncio.run(main())
