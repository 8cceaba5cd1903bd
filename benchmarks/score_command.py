"""Speed of `p2r-score` against a bare loop that reads, parses, dumps and writes the same rows with orjson.

Run: `python benchmarks/score_command.py [ROWS]`. Rows are the examples' problems under new names, in groups of 8, with
completions of about 1.5 kB a row; half of them right. The best of three runs counts, start-up not included.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from p2r_rewards.scoring import ScoringJob, score_files

EXAMPLES = Path(__file__).parents[1] / "examples" / "rollouts.jsonl"
GROUP = 8
ROW_BYTES = 1500


def write_rows(path: Path, rows: int) -> None:
    rng = random.Random(0)
    examples = [json.loads(line) for line in EXAMPLES.read_text(encoding="utf-8").splitlines()]
    examples = [one for one in examples if one["problem"].isascii()]
    words = " ".join(one["completion"] for one in examples).replace("<", " ").replace(">", " ").split()
    with path.open("wb") as file:
        for number in range(rows // GROUP):
            shared = {**examples[number % len(examples)], "problem_id": number}
            shared["problem"] = f"{shared['problem']} ({number})"
            gold = shared["solution"].removeprefix("<answer>").removesuffix("</answer>")
            wrong = rng.choice(["A", "3", "a dog", "12.5", "x + 1"])
            for _ in range(GROUP):
                text = " ".join(rng.choices(words, k=140))
                answer = gold if rng.random() < 0.5 else wrong
                completion = (
                    f"<observation>{text[:400]}</observation> <think>{text[400:]}</think><answer>{answer}</answer>"
                )
                row = {**shared, "completion": completion, "sufficient": rng.random() < 0.5}
                row["completion"] += (
                    "" if len(json.dumps(row)) > ROW_BYTES else " " * (ROW_BYTES - len(json.dumps(row)))
                )
                file.write(orjson.dumps(row) + b"\n")


def copy_bare(source: Path, output: Path) -> None:
    with source.open("rb") as read, output.open("wb") as write:
        for line in read:
            write.write(orjson.dumps(orjson.loads(line)) + b"\n")


def best_of_three(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 80_000
    rows -= rows % GROUP
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "rollouts.jsonl"
        write_rows(source, rows)
        print(f"{rows:,} rows of {source.stat().st_size / rows:,.0f} bytes")
        bare = best_of_three(lambda: copy_bare(source, folder / "bare.jsonl"))
        print(f"{'bare orjson loop':28}{rows / bare:12,.0f} rows/s")
        for workers in (1, 2):
            for output in (None, "scored.jsonl", "scored.parquet"):
                target = None if output is None else str(folder / output)
                job = ScoringJob(inputs=[str(source)], output=target, workers=workers)
                seconds = best_of_three(lambda job=job: score_files(job))  # type: ignore[misc]
                name = f"{output or 'summary only'}, {workers} at work"
                print(f"{name:28}{rows / seconds:12,.0f} rows/s   1/{seconds / bare:.1f} of the bare loop")


if __name__ == "__main__":
    main()
