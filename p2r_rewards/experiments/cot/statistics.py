"""Table 3 and the word counts of Fig. 10 of arXiv 2511.11113, for any data of this form."""

from __future__ import annotations

import random
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from p2r_rewards.completion import Completion
from p2r_rewards.parsing import parse_completion
from p2r_rewards.problem import read_problem_type
from p2r_rewards.rollouts.dataset_records import read_records
from p2r_rewards.rollouts.dataset_traces import unfold_trace
from p2r_rewards.rollouts.reading import find_sources

PAPER_TYPES = {"multiple choice": 134_001, "numerical": 19_847, "OCR": 4_014, "free-form": 3_507, "regression": 693}
PAPER_DATA_TYPES = {"video": 89_287, "image": 72_775}
PAPER_KEPT, PAPER_GIVEN = 162_062, 260_000
"""Table 3: what the paper kept by type and modality, and in all, of about so many."""

SEGMENTS = ("observation", "reasoning")
_WORD = re.compile(r"\S+")


@dataclass(slots=True)
class TraceStatistics:
    """What a data set of traces holds.

    Attributes:
        records: Records read.
        unreadable: Those among them that hold no trace with an observation and a reasoning.
        types: Records by problem type.
        data_types: Records by modality.
        words: Words of each segment, one number a trace.
        sample: Observations with their reasoning, a random sample of the same everywhere.
    """

    records: int = 0
    unreadable: int = 0
    types: Counter[str] = field(default_factory=Counter)
    data_types: Counter[str] = field(default_factory=Counter)
    words: dict[str, array[int]] = field(default_factory=lambda: {name: array("I") for name in SEGMENTS})
    sample: list[tuple[str, str]] = field(default_factory=list)

    def to_mapping(self) -> dict[str, Any]:
        """The counts as plain data, beside the paper's."""
        return {
            "records": self.records,
            "unreadable": self.unreadable,
            "types": dict(self.types.most_common()),
            "data_types": dict(self.data_types.most_common()),
            "words": {name: describe(counts) for name, counts in self.words.items()},
            "paper": {"types": PAPER_TYPES, "data_types": PAPER_DATA_TYPES, "kept": PAPER_KEPT, "given": PAPER_GIVEN},
        }


def read_statistics(inputs: Sequence[str], *, sample: int = 2000) -> TraceStatistics:
    """The statistics of files of records with traces.

    Args:
        inputs: Files and folders.
        sample: How many traces are kept for a map of their embeddings.

    Raises:
        DataError: An input is missing, cut off, or holds no data set.
    """
    return count_traces(_records(inputs), sample=sample)


def count_traces(records: Iterable[Any], *, sample: int = 2000) -> TraceStatistics:
    """The statistics of records; what is no mapping counts as unreadable.

    Example:
        >>> trace = "<observation>Two red cups.</observation> <think>1 + 1</think><answer>2</answer>"
        >>> found = count_traces([{"problem_type": "numerical", "data_type": "image", "output": trace}])
        >>> found.types, found.words["observation"].tolist(), found.words["reasoning"].tolist()
        (Counter({'numerical': 1}), [3], [4])
    """
    found, chance, traces = TraceStatistics(), random.Random(0), 0
    for record in records:
        found.records += 1
        done = parse_completion(_trace(record)) if isinstance(record, dict) else None
        if done is None or done.observation is None or done.think is None:
            found.unreadable += 1
            continue
        found.types[str(read_problem_type(str(record.get("problem_type") or "(none)")))] += 1
        found.data_types[str(record.get("data_type") or "(none)")] += 1
        observation, reasoning = done.observation.text, _reasoning(done)
        for name, text in zip(SEGMENTS, (observation, reasoning), strict=True):
            found.words[name].append(count_words(text))
        traces += 1
        if len(found.sample) < sample:  # reservoir sampling: each trace with the same chance
            found.sample.append((observation, reasoning))
        elif (place := chance.randrange(traces)) < sample:
            found.sample[place] = (observation, reasoning)
    return found


def count_words(text: str) -> int:
    """How many stretches without white space a text has."""
    return sum(1 for _ in _WORD.finditer(text))


def describe(counts: Sequence[int]) -> dict[str, float] | None:
    """Mean, least, most, median and the 5th and 95th percentile of numbers; None of none.

    Example:
        >>> describe([1, 2, 3, 4, 10])["median"]
        3.0
    """
    if not len(counts):
        return None
    import numpy as np

    low, middle, high = np.percentile(counts, (5, 50, 95)).tolist()
    return {
        "mean": float(np.mean(counts)),
        "least": float(min(counts)),
        "p5": low,
        "median": middle,
        "p95": high,
        "most": float(max(counts)),
    }


def _reasoning(done: Completion) -> str:
    """What stands in think and answer (arXiv 2511.11113, Sec. 3.1)."""
    parts = (done.think, done.answer)
    return " ".join(part.text for part in parts if part is not None)


def _trace(record: dict[str, Any]) -> str:
    output = record.get("output")
    if isinstance(output, str) and output:
        return output
    parts: dict[str, Any] = {
        name: record[name] for name in ("observation", "process", "solution", "answer") if name in record
    }
    unfolded = unfold_trace(parts) if isinstance(parts.get("process"), str) and parts["process"] else None
    return str(unfolded[0]["completion"]) if unfolded else ""


def _records(inputs: Sequence[str]) -> Iterator[Any]:
    for source in find_sources(inputs).files:
        for _, record in read_records(source, list):
            yield record
