"""The paper's scores by model and benchmark (arXiv 2511.11113, Tables 1, 2, 4, 5, 7, 8)."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple, get_args

Group = Literal["main", "ablations", "judges", "examination"]

GROUPS: tuple[Group, ...] = get_args(Group)
"""Tables 1 and 8 (models), 2 (ablations), 4 (judges in training) and 5 (what is seen instead of the video)."""

BENCHMARKS = ("vsi-bench", "videommmu", "mmvu", "vcr-bench", "mvbench", "tempcompass", "video-mme")
"""The benchmarks in the order of the paper's columns."""


class PublishedRow(NamedTuple):
    """A row of the paper's tables, in %.

    Attributes:
        group: Of which table.
        model: Its name there.
        scores: By benchmark.
        mean: The mean that is printed.
    """

    group: Group
    model: str
    scores: dict[str, float]
    mean: float


DIFFICULTY: dict[tuple[str, str, str], dict[str, float]] = {
    ("video-mme", "duration", "short"): {"Qwen2.5-VL-7B": 68.49, "VideoP2R 7B": 70.80},
    ("video-mme", "duration", "medium"): {"Qwen2.5-VL-7B": 55.92, "VideoP2R 7B": 59.16},
    ("video-mme", "duration", "long"): {"Qwen2.5-VL-7B": 51.06, "VideoP2R 7B": 53.65},
    ("videommmu", "track", "Perception"): {"Qwen2.5-VL-7B": 68.67, "VideoP2R 7B": 70.33},
    ("videommmu", "track", "Comprehension"): {"Qwen2.5-VL-7B": 48.67, "VideoP2R 7B": 52.33},
    ("videommmu", "track", "Adaptation"): {"Qwen2.5-VL-7B": 42.00, "VideoP2R 7B": 44.33},
}
"""Table 7, in %: by benchmark, breakdown and value, then by model; its identify, interpret and adapt are the tracks."""


@cache
def published_rows(group: Group) -> tuple[PublishedRow, ...]:
    """The rows of a group, in the paper's order.

    Example:
        >>> published_rows("main")[-1].scores["mvbench"]
        68.1
    """
    text = files("p2r_rewards.experiments.evaluation").joinpath("published.csv").read_text(encoding="utf-8")
    return tuple(
        PublishedRow(group, row["model"], {name: float(row[name]) for name in BENCHMARKS}, float(row["mean"]))
        for row in csv.DictReader(text.splitlines())
        if row["group"] == group
    )
