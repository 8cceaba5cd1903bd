"""Columns of rows as `Health` takes them: plain ones, and ones drawn by Hypothesis."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from p2r_rewards.scoring.health import COLUMNS

Columns = dict[str, npt.NDArray[Any]]

DEFECTS = ["missing observation", "missing think", "missing answer", "text after"]


def healthy(rows: int, *, group_size: int = 8, seed: int = 0) -> Columns:
    """Rows of a run in which nothing is wrong."""
    random = np.random.default_rng(seed)
    columns: Columns = {name: np.zeros(rows, kind) for name, kind in COLUMNS.items()}
    right = random.random(rows) < 0.5
    sufficient = np.where(random.random(rows) < 0.7, right, ~right)
    for process, accuracy, band in (("perception", sufficient, (128, 320)), ("reasoning", right, (320, 512))):
        columns[f"{process}_accuracy"] = accuracy.astype(float)
        columns[f"{process}_format"] = np.ones(rows)
        columns[f"{process}_length"] = np.where(accuracy, 0.2, 0.0)
        columns[f"{process}_reward"] = accuracy + 1.0 + columns[f"{process}_length"]
        columns[f"{process}_advantage"] = random.normal(size=rows)
        columns[f"{process}_count"] = random.integers(band[0], band[1] + 1, rows).astype(np.int32)
    columns["group"] = (np.arange(rows) // group_size).astype(np.int32)
    columns["chars"] = random.integers(1_500, 2_500, rows).astype(np.uint32)
    columns["correct"] = random.integers(0, 4, rows).astype(np.int16)
    columns["chosen"] = np.where(right, columns["correct"], random.integers(0, 4, rows)).astype(np.int16)
    columns["step"] = np.floor(np.arange(rows) / max(rows, 1) * 20)
    return columns


@st.composite
def drawn(draw: st.DrawFn, max_rows: int = 60) -> Columns:
    """Rows of all kinds, in any order of groups and steps."""
    rows = draw(st.integers(0, max_rows))

    def column(values: st.SearchStrategy[Any], kind: Any) -> npt.NDArray[Any]:
        return np.array(draw(st.lists(values, min_size=rows, max_size=rows)), dtype=kind)

    nan = float("nan")
    part = st.sampled_from([nan, 0.0, 0.25, 0.6, 1.0])
    reward = st.sampled_from([nan, 0.0, 0.2, 1.0, 1.2, 2.2])
    columns: Columns = {}
    for process in ("perception", "reasoning"):
        columns[f"{process}_accuracy"] = column(part, float)
        columns[f"{process}_format"] = column(part, float)
        columns[f"{process}_length"] = column(part, float)
        columns[f"{process}_reward"] = column(reward, float)
        columns[f"{process}_advantage"] = column(st.sampled_from([nan, -1.5, 0.0, 0.5]), float)
        columns[f"{process}_count"] = column(st.integers(-1, 900), np.int32)
    columns["group"] = column(st.integers(-1, 6), np.int32)
    columns["chars"] = column(st.integers(0, 5_000_000), np.uint32)
    columns["repetition"] = column(st.sampled_from([nan, 0.0, 0.25, 0.5, 1.0]), np.float32)
    columns["leak"] = column(st.integers(-1, 1), np.int8)
    columns["chosen"] = column(st.integers(-1, 20), np.int16)
    columns["correct"] = column(st.integers(-1, 20), np.int16)
    columns["defects"] = column(st.integers(0, 2 ** len(DEFECTS) - 1), np.uint32)
    columns["step"] = column(st.sampled_from([nan, float("inf"), -3.0, 0.0, 0.5, 7.0, 1e6, 1e300]), float)
    columns["truncated"] = column(st.booleans(), bool)
    return columns


def cut(columns: Columns, places: list[int]) -> list[Columns]:
    """The rows in consecutive chunks."""
    rows = len(columns["chars"])
    bounds = [0, *sorted(place % (rows + 1) for place in places), rows]
    return [
        {name: values[first:last] for name, values in columns.items()} for first, last in itertools.pairwise(bounds)
    ]
