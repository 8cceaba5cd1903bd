"""Clients against real servers and models: the vendors' libraries, `transformers serve`, and models in process."""

from __future__ import annotations

import asyncio
import os
import pickle
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.client import Reply
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.limits import Limits
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.opening import open_client, open_judge
from p2r_rewards.judges.structured import read_choice
from p2r_rewards.judges.sufficiency import CHOICES
from p2r_rewards.judges.synchronous import judge_sync
from tests.judges.fake_server import NO, YES, Act, FakeServer
from tests.judges.made_items import items
from tests.judges.tiny_model import save_tiny_model

ASK = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Well?"}]


def ask(client: Any, *, choices: Any = None, times: int = 1) -> list[Reply]:
    async def main() -> list[Reply]:
        replies = await asyncio.gather(*(client.complete(ASK, choices=choices) for _ in range(times)))
        await client.aclose()
        return replies

    return asyncio.run(main())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("transformers")
    return save_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module", autouse=True)
def serving(model: Path) -> Iterator[str]:
    """`transformers serve`, which gets ready while other tests run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("transformers")
    command = [str(program), "serve", str(model), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield f"http://127.0.0.1:{port}"
    server.kill()
    server.wait()


def wait_for(address: str, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"{address}/health", timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_openai_sends_what_is_set_and_reads_what_comes() -> None:
    decoding = Decoding(
        max_tokens=33, temperature=0.5, seed=7, extra={"chat_template_kwargs": {"enable_thinking": False}}
    )
    with FakeServer() as server:
        reply = ask(open_client(f"openai:org/m@x@{server.openai}", decoding=decoding))[0]
        sent = server.seen[0]
    assert reply == Reply(YES, "stop", 100, 7)
    assert sent.path == "/v1/chat/completions"
    assert sent.body["messages"] == ASK
    expected = {"model": "org/m@x", "max_tokens": 33, "temperature": 0.5, "seed": 7}
    assert {name: sent.body[name] for name in expected} == expected
    assert sent.body["chat_template_kwargs"] == {"enable_thinking": False}
    assert "response_format" not in sent.body


def test_anthropic_sends_what_is_set_and_reads_what_comes() -> None:
    with FakeServer(lambda seen, number: Act(NO, finish="max_tokens")) as server:
        reply = ask(open_client(f"anthropic:m@{server.anthropic}", decoding=Decoding(max_tokens=33)))[0]
        sent = server.seen[0]
    assert reply == Reply(NO, "max_tokens", 100, 7)
    assert sent.path == "/v1/messages"
    assert (sent.body["system"], sent.body["messages"]) == ("Be brief.", ASK[1:])
    assert sent.body["max_tokens"] == 33
    assert "temperature" not in sent.body, "the protocol's present version refuses it"


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_structured_decoding_ends_in_a_choice(protocol: str) -> None:
    with FakeServer() as server:
        reply = ask(open_client(f"{protocol}:m@{getattr(server, protocol)}"), choices=CHOICES)[0]
        body = server.seen[0].body
    assert reply.text == CHOICES[0]
    assert reply.raw is not None
    assert "explanation" in reply.raw
    schema = (
        body["response_format"]["json_schema"]["schema"]
        if protocol == "openai"
        else body["output_config"]["format"]["schema"]
    )
    assert list(schema["properties"]) == ["explanation", "verdict"], "it is to explain first"
    assert schema["properties"]["verdict"]["enum"] == list(CHOICES)


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ('{"explanation": "", "verdict": "No"}', "No"),
        ('{"verdict": "Maybe"}', None),
        ('{"verdict": ["No"]}', None),
        ('{"verdict": "No", "verdict": "Yes"}', None),
        ('{"verdict": "No"', None),
        ('["No"]', None),
        ("No", None),
        ('{"a":' * 50_000, None),
        ("{" + " " * 200_000 + "}", None),
    ],
)
def test_choices_are_read_from_that_form_only(text: str, choice: str | None) -> None:
    assert read_choice(text, ["Yes", "No"]) == choice


VENDOR_SETTINGS = {
    "OPENAI_API_KEY": "vendor-openai-secret",
    "OPENAI_ADMIN_KEY": "vendor-openai-secret",
    "ANTHROPIC_API_KEY": "vendor-anthropic-secret",
    "ANTHROPIC_AUTH_TOKEN": "vendor-anthropic-secret",
}


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_a_vendors_key_goes_to_the_vendor_only(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VENDOR_SETTINGS.items():
        monkeypatch.setenv(name, value)
    with FakeServer() as server:
        ask(open_client(f"{protocol}:m@{getattr(server, protocol)}"))
        monkeypatch.setenv("P2R_JUDGE_API_KEY", "own-secret")
        client = open_client(f"{protocol}:m@{getattr(server, protocol)}")
        ask(client)
        without, own = (str(request.headers) for request in server.seen)
    assert "vendor" not in without + own
    assert "own-secret" in own
    assert b"secret" not in pickle.dumps(client)
    assert "secret" not in repr(client) + repr(vars(client))


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_a_vendor_needs_a_key(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VENDOR_SETTINGS, "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match=f"{protocol.upper()}_API_KEY"):
        open_client(f"{protocol}:m")
    monkeypatch.setenv(f"{protocol.upper()}_API_KEY", "x")
    assert open_client(f"{protocol}:m").address.startswith("https://api.")


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
@pytest.mark.parametrize(
    "address",
    [
        "http://user:hunter2@host/v1",
        "http://hunter2@host/v1",
        "https://host/v1?api_key=hunter2",
        "https://host/v1#hunter2",
        "http://host:99999/hunter2",
        "ftp://hunter2/v1",
        "http:///hunter2",
        "http://host/hun ter2",
        "http://[hunter2/",
    ],
)
def test_addresses_that_hold_more_than_an_address_are_refused(protocol: str, address: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_client(f"{protocol}:m@{address}")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "spec",
    ["", "openai", "openai:", "openai: ", "gpt-4", "http://u:hunter2@h", "openai:http://hunter2", "Lexical:x", "hf:"],
)
def test_strings_that_name_nothing_are_refused(spec: str) -> None:
    with pytest.raises(ConfigError, match="openai:MODEL@") as caught:
        open_judge(spec)
    assert "hunter2" not in str(caught.value)


def test_strings_open_judges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P2R_JUDGE_CACHE", str(tmp_path / "default.sqlite"))
    with FakeServer() as server:
        judge = open_judge(f"openai:m@{server.openai}", limits=Limits(concurrency=3))
        assert isinstance(judge, ModelJudge)
        assert judge_sync(judge, items(2))[0].sufficient is True
        judge.close()
        assert (tmp_path / "default.sqlite").exists()
        own = open_judge(f"openai:m@{server.openai}", cache=None)
        assert isinstance(own, ModelJudge)
        assert own.cache is None
    assert not isinstance(open_judge("lexical"), ModelJudge)


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_missing_library_is_named(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, kind, None)
    with pytest.raises(ImportError, match=r"p2r-rewards\[judge\]"):
        open_client(f"{kind}:m@http://host")


def test_transformers_in_process_answers_in_batches(model: Path) -> None:
    client = open_client(f"hf:{model}", decoding=Decoding(max_tokens=8))
    replies = ask(client, times=5)
    assert len({reply.text for reply in replies}) == 1, "greedy"
    assert all(reply.completion_tokens is not None and reply.completion_tokens <= 8 for reply in replies)
    assert replies[0].prompt_tokens == len("[system] Be brief.\n[user] Well?\n[assistant] ")
    chosen = ask(client, choices=CHOICES, times=3)
    assert {reply.text for reply in chosen} <= set(CHOICES), "a random model is held to a choice"


def test_transformers_in_process_judges(model: Path) -> None:
    client = open_client(f"hf:{model}", decoding=Decoding(max_tokens=4))
    with ModelJudge(client) as judge:
        verdicts = judge_sync(judge, items(4))
    assert all(verdict.sufficient is not None for verdict in verdicts)
    with ModelJudge(pickle.loads(pickle.dumps(client)), structured=False) as judge:
        assert all(verdict.sufficient is None for verdict in judge_sync(judge, items(2))), "four bytes of noise"


def test_a_model_that_cannot_be_loaded_is_tried_once(tmp_path: Path) -> None:
    client = open_client(f"hf:{tmp_path}")
    with ModelJudge(client) as judge:
        verdicts = judge_sync(judge, items(3))
    assert all(verdict.sufficient is None and "can't be loaded" in verdict.how for verdict in verdicts)


def test_padding_changes_nothing(model: Path) -> None:
    client: Any = open_client(f"hf:{model}", decoding=Decoding(max_tokens=8))
    short, long = [{"role": "user", "content": "Hi"}], [{"role": "user", "content": "Hello there, how are you?"}]

    async def main() -> tuple[list[Reply], list[Reply]]:
        together = await asyncio.gather(client.complete(short), client.complete(long))
        alone = [await client.complete(short), await client.complete(long)]
        await client.aclose()
        return together, alone

    together, alone = asyncio.run(main())
    assert together == alone


def test_transformers_serve_answers(serving: str, model: Path) -> None:
    wait_for(serving)
    client = open_client(f"openai:{model}@{serving}/v1", decoding=Decoding(max_tokens=8))
    replies = ask(client, times=3)
    assert all(reply.finish_reason == "length" and reply.completion_tokens == 8 for reply in replies)
    with ModelJudge(client, limits=Limits(rereads=0)) as judge:
        verdicts = judge_sync(judge, items(2))
        assert all(verdict.sufficient is None for verdict in verdicts), "noise is no verdict"
        assert judge.ledger.requests == 2
        assert not judge.ledger.failures
    with ModelJudge(open_client(f"openai:no-such-model@{serving}/v1"), limits=Limits(attempts=2, backoff=0.1)) as judge:
        assert judge_sync(judge, items(1))[0].sufficient is None


@pytest.mark.skipif("P2R_TEST_VLLM" not in os.environ, reason="set P2R_TEST_VLLM to a model's folder to try vLLM")
def test_vllm_in_process_judges() -> None:
    client = open_client(f"vllm:{os.environ['P2R_TEST_VLLM']}", decoding=Decoding(max_tokens=64))
    with ModelJudge(client) as judge:
        verdicts = judge_sync(judge, items(4))
    assert all(verdict.prompt_tokens for verdict in verdicts)
