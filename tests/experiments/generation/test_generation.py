"""Tasks to generations: what is sent, what comes back, what is kept, and what happens when servers fail."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("av")
pytest.importorskip("openai")

from p2r_rewards.errors import ConfigError, DataError, MissingExtraError
from p2r_rewards.experiments.generation.generators import ChatGenerator, open_generator
from p2r_rewards.experiments.generation.in_order import in_order
from p2r_rewards.experiments.generation.media_parts import MediaReader, MediaSettings
from p2r_rewards.experiments.generation.openai_generation import MAX_REPLY_CHARS
from p2r_rewards.experiments.generation.run import GenerationCounts, generate_all
from p2r_rewards.experiments.generation.store import GenerationStore
from p2r_rewards.experiments.generation.tasks import Generation, GenerationTask, Media
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.limits import Limits
from p2r_rewards.trainers.running.made_clips import Scene, write_clip
from tests.judges.fake_server import Act, FakeServer

QUICK = Limits(concurrency=4, attempts=3, backoff=0.01, backoff_cap=0.02, item_deadline=20)


def run(
    server: FakeServer, tasks: Iterable[GenerationTask], folder: Path, *, root: Path | None = None, **options: Any
) -> tuple[list[Generation], GenerationCounts]:
    settings = {name: options.pop(name) for name in ("decoding", "settings", "limits") if name in options}
    counts = GenerationCounts()

    async def main() -> list[Generation]:
        generator = open_generator(f"openai:vlm@{server.openai}", media_root=root, **{"limits": QUICK, **settings})
        with GenerationStore(folder) as store:
            found = [one async for _, one in generate_all(tasks, generator, store, counts=counts, **options)]
        await generator.aclose()
        return found

    return asyncio.run(main()), counts


def texts(count: int) -> list[GenerationTask]:
    return [GenerationTask(str(number), f"question {number}") for number in range(count)]


def prompt(seen: Any) -> str:
    content = seen.body["messages"][-1]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def test_what_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "P2R_JUDGE_API_KEY"):
        monkeypatch.setenv(name, f"{name}-secret")
    write_clip(tmp_path / "v.mp4", Scene("red", "left"), 56, 8)
    task = GenerationTask("a", "What {colour}?", (Media("video", Path("v.mp4")),), system="Look.")
    decoding = Decoding(temperature=0.01, top_p=0.001, max_tokens=99, seed=3)
    with FakeServer() as server:
        run(server, [task], tmp_path / "s", root=tmp_path, settings=MediaSettings(frames=4), decoding=decoding)
        sent = server.seen[0]
    system, user = sent.body["messages"]
    assert system == {"role": "system", "content": "Look."}
    assert [part["type"] for part in user["content"]] == ["image_url"] * 4 + ["text"]
    assert user["content"][-1]["text"] == "What {colour}?"
    wanted = {"model": "vlm", "temperature": 0.01, "top_p": 0.001, "max_tokens": 99, "seed": 3}
    assert {name: sent.body[name] for name in wanted} == wanted
    assert sent.headers["authorization"] == "Bearer none", "neither the vendor's key nor the judge's goes there"


def test_the_servers_own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P2R_MODEL_API_KEY", "of-the-model")
    with FakeServer() as server:
        run(server, texts(1), tmp_path)
        assert server.seen[0].headers["authorization"] == "Bearer of-the-model"
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"of-the-model" not in kept


def test_order_and_counts_and_once(tmp_path: Path) -> None:
    tasks = [*texts(20), *(dataclasses.replace(task, key="again") for task in texts(3))]
    with FakeServer(lambda seen, number: Act(f"to {prompt(seen)}", delay=0.02 * (number % 3))) as server:
        found, counts = run(server, tasks, tmp_path)
        assert [one.text for one in found] == [f"to {task.prompt}" for task in tasks]
        assert [one.key for one in found] == [task.key for task in tasks]
        assert len(server.seen) == 20, "tasks that ask for the same are asked for once"
        assert server.most_at_once <= QUICK.concurrency
        again, counts = run(server, tasks, tmp_path)
        assert again == found
        assert (len(server.seen), counts.tasks, counts.known) == (20, 23, 23)
        run(server, tasks, tmp_path, decoding=Decoding(temperature=0.5))
        assert len(server.seen) == 40, "other settings are another question"


def body(**changes: Any) -> str:
    message = {"role": "assistant", "content": "said", **changes.pop("message", {})}
    choice = {"index": 0, "finish_reason": "stop", **changes, "message": message}
    return json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})


@pytest.mark.parametrize(
    ("act", "text", "finish", "error"),
    [
        (Act("fine"), "fine", "stop", None),
        (Act(""), "", "stop", None),  # silence is the model's own
        (Act("half", finish="length"), "half", "length", None),
        (Act(body=body(message={"content": None})), "", "stop", None),
        (Act(body=body(message={"reasoning_content": "So."})), "<think>So.</think>said", "stop", None),
        (Act("a\x1b[31m\x00\ud800é"), "a\x1b[31m\x00\\ud800é", "stop", None),
        (Act("x" * (MAX_REPLY_CHARS + 1)), "x" * MAX_REPLY_CHARS, "length", None),
        (Act(body=body(finish_reason="content_filter")), "", None, "withheld"),
        (Act(body='{"choices": []}'), "", None, "no choices"),
        (Act(body="<html>"), "", None, "not of the form"),
        (Act(status=400), "", None, "HTTP 400"),
        (Act(status=503), "", None, "HTTP 503"),
        (Act(kind="reset"), "", None, "broke off"),
    ],
)
def test_replies(tmp_path: Path, act: Act, text: str, finish: str | None, error: str | None) -> None:
    with FakeServer(lambda seen, number: act) as server:
        found = run(server, texts(1), tmp_path)[0][0]
        assert (found.text, found.finish_reason) == (text, finish)
        if error is None:
            assert found.error is None
            count = len(server.seen)
            kept = run(server, texts(1), tmp_path)[0][0]
            assert kept == found
            assert len(server.seen) == count
        else:
            assert error in str(found.error), "a failure has its reason, and is no empty answer"


def test_a_server_that_asks_to_wait_is_waited_for(tmp_path: Path) -> None:
    def script(seen: Any, number: int) -> Act:
        return Act(status=429, headers={"retry-after": "1"}) if number == 1 else Act("fine")

    with FakeServer(script) as server:
        found = run(server, texts(1), tmp_path)[0][0]
    assert found.text == "fine"
    assert len(server.seen) == 2


def test_failures_are_tried_again_in_the_next_run(tmp_path: Path) -> None:
    ill = True

    def script(seen: Any, number: int) -> Act:
        return Act(status=400) if ill and "3" in prompt(seen) else Act("fine")

    with FakeServer(script) as server:
        found, counts = run(server, texts(5), tmp_path)
        assert [one.error is None for one in found] == [True, True, True, False, True]
        assert counts.failed.total() == 1
        same, _ = run(server, texts(5), tmp_path, retry_failed=False)
        assert (same, len(server.seen)) == (found, 5)
        ill = False
        assert all(one.error is None for one in run(server, texts(5), tmp_path)[0])
        assert len(server.seen) == 6


def test_a_server_that_is_down_ends_the_run(tmp_path: Path) -> None:
    read = 0

    def endless() -> Iterator[GenerationTask]:
        nonlocal read
        for read in range(10**6):
            yield GenerationTask(str(read), f"question {read}")

    def script(seen: Any, number: int) -> Act:
        return Act("fine") if number <= 3 else Act(status=404)

    with FakeServer(script) as server, pytest.raises(DataError, match=r"10 requests in a row.*HTTP 404.*3 answers"):
        run(server, endless(), tmp_path, give_up_after=10)
    assert read < 100, "of an endless stream little is read"
    assert len(GenerationStore(tmp_path)) == 3


def test_faults_of_media_are_told_and_cost_nothing(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    names = ("text.mp4", "../v.mp4", "none.mp4")
    tasks = [GenerationTask(name, "q", (Media("video", Path(name)),)) for name in names] * 30
    with FakeServer() as server:
        found, counts = run(server, tasks, tmp_path / "s", root=tmp_path, give_up_after=5)
        assert not server.seen
    assert counts.failed == {"media: broken": 30, "media: escapes the root": 30, "media: missing": 30}
    assert all(one.error and not one.text for one in found)


def test_a_file_that_is_mended_is_shown(tmp_path: Path) -> None:
    task = GenerationTask("a", "q", (Media("video", Path("v.mp4")),))
    with FakeServer() as server:
        assert run(server, [task], tmp_path / "s", root=tmp_path)[0][0].fault == "media: missing"
        write_clip(tmp_path / "v.mp4", Scene("red", "left"), 56, 8)
        assert run(server, [task], tmp_path / "s", root=tmp_path)[0][0].error is None


def test_a_torn_line_costs_that_answer_alone(tmp_path: Path) -> None:
    with FakeServer(lambda seen, number: Act(prompt(seen))) as server:
        run(server, texts(6), tmp_path)
        path = next(tmp_path.glob("generations-*.jsonl"))
        whole = path.read_bytes()
        lines = whole.splitlines(keepends=True)
        for torn in (whole[:-1], whole[: -len(lines[-1]) // 2], b"".join(lines[:-1]) + b'{"identity": "zz"}\n'):
            path.write_bytes(torn)
            for other in tmp_path.glob("generations-*.jsonl"):
                if other != path:
                    other.unlink()
            before = len(server.seen)
            found, _ = run(server, texts(6), tmp_path)
            assert [one.text for one in found] == [task.prompt for task in texts(6)]
            assert len(server.seen) == before + 1
            assert path.read_bytes() == torn, "nobody appends behind a torn line"


def test_several_writers_share_a_folder(tmp_path: Path) -> None:
    one, two = GenerationStore(tmp_path), GenerationStore(tmp_path)
    one.put(b"a" * 32, Generation("k", "from one"))
    two.put(b"b" * 32, Generation("k", "from two"))
    one.put(b"c" * 32, Generation("k", "", error="HTTP 500"))
    for store in (one, two):
        store.close()
    with GenerationStore(tmp_path) as store:
        assert [getattr(store.get(key * 32, "x"), "text", None) for key in (b"a", b"b", b"c", b"d")] == [
            "from one",
            "from two",
            "",
            None,
        ]
        assert len(store) == 2


def test_a_thousand_runs_leave_no_thousand_open_files(tmp_path: Path) -> None:
    for number in range(100):
        with GenerationStore(tmp_path) as store:
            if number % 10 == 0:
                assert len(store) == number
            store.put(number.to_bytes(32, "big"), Generation("k", f"text {number}"))
    with GenerationStore(tmp_path) as store:
        found = [store.get(number.to_bytes(32, "big"), "k") for number in range(100)]
        assert [one.text for one in found if one is not None] == [f"text {number}" for number in range(100)]
        assert len(list(Path("/proc/self/fd").iterdir())) < 90


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "openai:",
        "gpt",
        "anthropic:m",
        "openai:http://host/v1",
        "openai:m@http://user:pass@host/v1",
        "openai:m@ftp://h",
    ],
)
def test_what_names_no_model(spec: str) -> None:
    with pytest.raises(ConfigError) as told:
        open_generator(spec, media_root=None)
    assert "pass" not in str(told.value)
    assert "judge" not in str(told.value)


def test_vllm_is_asked_for_by_name() -> None:
    try:
        import vllm  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtraError, match=r"pip install 'p2r-rewards\[vllm\]'"):
            open_generator("vllm:Qwen2.5-VL-7B-Instruct/", media_root=None)
    else:
        assert open_generator("vllm:nowhere/", media_root=None).model == "nowhere/"


class EngineStandIn:
    """Takes what vLLM's engine takes, in its form; refuses a whole batch for one prompt, as it does."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def chat(self, messages: list[Any], sampling: list[Any], **_: Any) -> list[Any]:
        self.batches.append(len(messages))
        assert len(messages) == len(sampling)
        prompts = [one[-1]["content"] for one in messages]
        if any("long" in prompt for prompt in prompts):
            message = "The decoder prompt is longer than the maximum model length"
            raise ValueError(message)
        made = [SimpleNamespace(text=f"to {prompt}", finish_reason="stop", token_ids=[1, 2]) for prompt in prompts]
        return [SimpleNamespace(outputs=[one], prompt_token_ids=[1]) for one in made]


def test_a_prompt_that_vllm_refuses_costs_that_prompt_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = EngineStandIn()
    vllm = ModuleType("vllm")
    vllm.__spec__ = ModuleSpec("vllm", None)
    vllm.SamplingParams = dict  # type: ignore[attr-defined]
    vllm.LLM = lambda **settings: engine  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    tasks = [*texts(5), GenerationTask("5", "a long question"), *texts(8)[5:]]

    async def main() -> list[Generation]:
        generator = open_generator("vllm:model", media_root=None, limits=Limits(concurrency=16, rereads=0))
        with GenerationStore(tmp_path) as store:
            found = [one async for _, one in generate_all(tasks, generator, store)]
        await generator.aclose()
        return found

    found = asyncio.run(main())
    assert [one.error is None for one in found] == [True] * 5 + [False] + [True] * 3
    assert "maximum model length" in str(found[5].error)
    assert engine.batches[0] > 1
    assert found[0].text == "to question 0"


def test_a_model_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    from p2r_rewards.judges.failures import LoadError

    class Broken:
        model, address = "m", "here"

        async def complete(self, messages: Any, *, choices: Any = None) -> Any:
            message = "vllm:m can't be loaded (OSError: no such file)"
            raise LoadError(message)

    async def main() -> Generation:
        return await ChatGenerator(Broken(), MediaReader(None), QUICK).generate(texts(1)[0])

    assert "no such file" in str(asyncio.run(main()).error)


def test_in_order_calls_off_what_nobody_waits_for() -> None:
    ended: list[int] = []

    async def work(number: int) -> int:
        try:
            await asyncio.sleep(0 if number < 2 else 60)
        finally:
            ended.append(number)
        return number

    async def main() -> None:
        async for _, number in in_order(range(10**9), work, 5):
            if number == 1:
                break

    asyncio.run(asyncio.wait_for(main(), 10))
    assert len(ended) <= 7
