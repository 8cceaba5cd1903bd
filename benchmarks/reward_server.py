"""The reward server against the bare library: samples a second, and CPU time a sample, by the size of requests.

    python benchmarks/reward_server.py [--samples 4096] [--connections 32] [--settings "judge: lexical"]

Both score the same made completions, by default without a judge, so that the server's own cost shows most. Connections
are kept open, each sends one request after the other, and the client runs in this process, beside the server's: with
few cores the two share them. CPU seconds are those of the server's process alone; the library is measured before and
after each size, as the machine's speed drifts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from p2r_rewards.trainers.samples import RewardSettings, Sample, SampleRewards

COLUMNS = {"problem": "How many cups are there?", "solution": "2", "problem_type": "numerical"}
HEAD = b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
SIZES = (1, 8, 64, 256)


def make_completions(count: int) -> list[str]:
    """Replies of about 1.3 kB, each different."""
    seen = "A man in a blue coat puts a cup on the table, then a second one beside it. " * 8
    thought = "The first cup stands by the window; the second is put beside it, so I count them. " * 7
    return [
        f"<observation>Scene {number}. {seen}</observation><think>{thought}</think><answer>{number % 4}</answer>"
        for number in range(count)
    ]


def library_seconds(rewards: SampleRewards, completions: list[str], batch: int) -> float:
    """CPU seconds of one sample in the bare library."""
    began = time.process_time()
    for at in range(0, len(completions), batch):
        rewards.score([Sample(text, COLUMNS) for text in completions[at : at + batch]])
    return (time.process_time() - began) / len(completions)


async def load(port: int, bodies: list[bytes], connections: int) -> None:
    """Sends all bodies, and takes all replies."""
    waiting = iter(bodies)

    async def converse() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        for body in waiting:
            writer.write(HEAD % len(body) + body)
            start = await reader.readuntil(b"\r\n\r\n")
            if not start.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(start)
            await reader.readexactly(int(start.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        writer.close()

    await asyncio.gather(*(converse() for _ in range(connections)))


def cpu_seconds(pid: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=4096)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--settings", default="part: reasoning")
    arguments = parser.parse_args()
    completions = make_completions(arguments.samples)
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "rewards.yaml"
        settings.write_text(arguments.settings)
        rewards = SampleRewards(RewardSettings.from_file(settings))
        command = [Path(sys.executable).with_name("p2r-serve"), settings, "--port", "0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        port = int(server.stdout.readline().rpartition(":")[2])
        rows = [{"completion": text, **COLUMNS} for text in completions]
        bare = [library_seconds(rewards, completions, 256)]
        for size in SIZES:
            bodies = [json.dumps({"samples": rows[at : at + size]}).encode() for at in range(0, len(rows), size)]
            asyncio.run(load(port, bodies[: 512 // size], arguments.connections))
            began, used = time.perf_counter(), cpu_seconds(server.pid)
            asyncio.run(load(port, bodies, arguments.connections))
            took, cpu = time.perf_counter() - began, (cpu_seconds(server.pid) - used) / len(rows)
            bare.append(library_seconds(rewards, completions, 256))
            own = (bare[-1] + bare[-2]) / 2
            print(
                f"{size:4} a request: {len(rows) / took:6,.0f} samples/s of wall time; a sample takes "
                f"{cpu * 1e6:4,.0f} µs of CPU, {cpu / own:.2f} times the library's {own * 1e6:,.0f}"
            )
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
