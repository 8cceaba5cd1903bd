"""Where the time of `p2r-score` goes: CPU time a row of each stage, in this process, beside a bare orjson loop.

Run: `python benchmarks/score_stages.py [ROWS]`. Rows are those of `benchmarks/score_command.py`; best of five counts.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import orjson
from score_command import write_rows

from p2r_rewards.config import RewardConfig
from p2r_rewards.grading_completions import grade_completion
from p2r_rewards.parsing import parse_completion
from p2r_rewards.rewards import reward_completion
from p2r_rewards.rollouts.columns import NUMBER_COLUMNS
from p2r_rewards.rollouts.fields import FieldFinder
from p2r_rewards.rollouts.json_lines import read_json_lines
from p2r_rewards.rollouts.rollout import RolloutReader
from p2r_rewards.rollouts.write_json_lines import JsonLinesFormat
from p2r_rewards.scoring.record import pack_row
from p2r_rewards.scoring.row_health import measure_health
from p2r_rewards.scoring.rows import score_rows
from p2r_rewards.scoring.tally import Tally

Result = TypeVar("Result")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    config = RewardConfig()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder / "rollouts.jsonl", rows)
        data = (folder / "rollouts.jsonl").read_bytes()
        lines = data.splitlines()

        def timed(stage: str, work: Callable[[], Result]) -> Result:
            best = float("inf")
            for _ in range(5):
                start = time.process_time()
                result = work()
                best = min(best, time.process_time() - start)
            print(f"{stage:42}{best / len(lines) * 1e6:8.1f} µs a row")
            return result

        timed("bare orjson: loads and dumps", lambda: [orjson.dumps(orjson.loads(line)) for line in lines])
        batches = timed("read: lines to checked rows", lambda: list(read_json_lines(io.BytesIO(data), "rollouts")))

        def read_all() -> list[object]:
            reader = RolloutReader(FieldFinder({}))
            return [reader.read(row) for batch in batches for row in batch.rows]

        rollouts = timed("rows to rollouts: fields and problems", read_all)
        done = timed("parse completions", lambda: [parse_completion(one.text) for one in rollouts])  # type: ignore[attr-defined]
        pairs = [(one.known.problem, one, parsed) for one, parsed in zip(rollouts, done, strict=True)]  # type: ignore[attr-defined]
        timed("grade", lambda: [grade_completion(problem, parsed) for problem, _, parsed in pairs])
        timed(
            "reward, grading included",
            lambda: [reward_completion(p, d, sufficient=r.sufficient, config=config) for p, r, d in pairs],
        )
        timed("health: leaks, repetition, options", lambda: [measure_health(p, d) for p, _, d in pairs])
        scored = timed(
            "all of these: rows to scored rows",
            lambda: [score_rows(batch.rows, RolloutReader(FieldFinder({})), config) for batch in batches],
        )
        timed("pack numbers", lambda: [pack_row(row, 0, 0) for one in scored for row in one.rows])

        def count() -> None:
            tally = Tally()
            for batch, one in zip(batches, scored, strict=True):
                tally.add(batch, one)

        timed("tally", count)
        form, spool_path = JsonLinesFormat(), folder / "spool"

        def put_aside() -> None:
            spool = form.open_spool(spool_path)
            for batch, one in zip(batches, scored, strict=True):
                spool.add(batch, one.kept, one.texts)
            spool.close()

        timed("put rows aside", put_aside)
        numbers = {column: np.zeros(len(lines)) for column in NUMBER_COLUMNS}
        timed("render JSON Lines", lambda: form.render(spool_path, numbers, folder / "rendered"))


if __name__ == "__main__":
    main()
