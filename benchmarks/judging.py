"""Judging against the bare client library: throughput, requests spared, and a second run from the cache.

    python benchmarks/judging.py [--items 10000] [--latency 0.5] [--concurrency 64]

A server of fixed latency runs in a process of its own. The library openai is driven bare with the requests that the
judge has to send (the different items, prompts made beforehand), then the judge is given all items, then again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from p2r_rewards.judges.cache import VerdictCache
from p2r_rewards.judges.limits import Limits
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.openai_client import OpenAIClient
from p2r_rewards.judges.sufficiency import prepare_item
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.judges.verdict import JudgeItem, Verdict
from p2r_rewards.templates.loader import load_template

ROLLOUTS = 8
REPEATED = 0.15  # of the rollouts say what another one of their group said
REPLY = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "The number is stated. <judgement>Yes</judgement>"},
        }
    ],
    "usage": {"prompt_tokens": 420, "completion_tokens": 12, "total_tokens": 432},
}


def serve(latency: float, pipe: Connection) -> None:
    """Answers every request after the latency; sends its port, and how many it got when it is asked."""
    body = json.dumps(REPLY).encode()
    answer = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
    requests = 0

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length))
                requests += 1
                await asyncio.sleep(latency)
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(converse, "127.0.0.1", 0, backlog=512)
        pipe.send(server.sockets[0].getsockname()[1])
        while await asyncio.to_thread(pipe.recv):
            pipe.send(requests)

    asyncio.run(main())


def make_items(count: int, seed: int = 0) -> list[JudgeItem]:
    """Groups of rollouts: different observations of one problem, some of them word for word the same."""
    dice = random.Random(seed)
    nouns = ["table", "chair", "lamp", "window", "dog", "child", "ball", "book", "cup", "road", "tree", "car"]
    items: list[JudgeItem] = []
    while len(items) < count:
        number, noun = dice.randint(2, 9), dice.choice(nouns)
        group: list[JudgeItem] = []
        for _ in range(ROLLOUTS):
            if group and dice.random() < REPEATED:
                group.append(dice.choice(group))
                continue
            words = " ".join(
                f"Then a {dice.choice(nouns)} comes into view behind the {dice.choice(nouns)}." for _ in range(20)
            )
            seen = f"Based on the question, I need to notice each {noun}. I see {number} in frame {len(items)}. {words}"
            group.append(
                JudgeItem(
                    question=f"How many of the kind '{noun}' are seen in video {len(items)}?",
                    gold=str(number),
                    observation=seen,
                    type="numerical",
                )
            )
        items += group
    return items[:count]


async def drive_bare(address: str, prompts: Sequence[list[dict[str, str]]], concurrency: int) -> float:
    """Seconds that the library alone takes for the prompts."""
    from openai import AsyncOpenAI

    slots = asyncio.Semaphore(concurrency)
    async with AsyncOpenAI(api_key="none", base_url=address, max_retries=0) as client:

        async def ask(messages: list[dict[str, str]]) -> None:
            async with slots:
                await client.chat.completions.create(model="m", messages=messages, max_tokens=1024, temperature=0.0)  # type: ignore[arg-type]

        started = time.perf_counter()
        await asyncio.gather(*map(ask, prompts))
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=0.5)
    parser.add_argument("--concurrency", type=int, default=64)
    options = parser.parse_args()
    items = make_items(options.items)
    template = load_template("observation-sufficiency")
    prepared = [prepare_item(item, template) for item in dict.fromkeys(items)]
    prompts = [[dict(message) for message in one] for one in prepared if not isinstance(one, Verdict)]

    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(options.latency, there), daemon=True)
    server.start()
    address = f"http://127.0.0.1:{here.recv()}/v1"

    def requests() -> int:
        here.send(True)
        return int(here.recv())

    bare = asyncio.run(drive_bare(address, prompts, options.concurrency))
    asked = requests()
    print(
        f"{len(items):,} items, {len(prompts):,} different, {options.concurrency} in flight, {options.latency:g} s each"
    )
    print(f"bare library   {len(prompts) / bare:8.1f} requests/s")
    with tempfile.TemporaryDirectory() as folder:
        for run in ("first run", "second run"):
            cache = VerdictCache(Path(folder) / "verdicts.sqlite")
            with ModelJudge(
                OpenAIClient("m", address), template, cache=cache, limits=Limits(concurrency=options.concurrency)
            ) as judge:
                started = time.perf_counter()
                verdicts = judge_sync(judge, items)
                seconds = time.perf_counter() - started
            sent, asked = requests() - asked, requests()
            assert all(verdict.sufficient for verdict in verdicts)
            line = f"{run:14} {len(items) / seconds:8.1f} verdicts/s, {sent:,} requests sent"
            if sent:
                line += f", {sent / seconds:.1f} requests/s: {bare / seconds:.1%} of the bare library's throughput"
            print(line)
    here.send(False)
    server.join()


if __name__ == "__main__":
    main()
