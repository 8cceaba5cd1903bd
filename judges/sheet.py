"""A sheet to label: a fair sample of one's own observations, from each type and from right and wrong answers alike."""

from __future__ import annotations

import csv
import heapq
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, TypeAlias

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.grading_completions import grade_completion
from p2r_rewards.judges.labels import FORMULA_STARTS
from p2r_rewards.judges.observed_rows import ObservedRow
from p2r_rewards.judges.verdict import JudgeItem
from p2r_rewards.rollouts.json_text import dump_json
from p2r_rewards.rollouts.output_file import OutputFile
from p2r_rewards.scores import Score

RIGHT = 0.6
"""The grade from which an answer is right: the paper's threshold for CoT data (arXiv 2511.11113, Sec. 3.1.1)."""

COLUMNS = ("id", "data_type", "problem_type", "question", "options", "gold", "observation", "label", "note")
"""What a sheet holds. What the model answered is left out: it would sway who labels."""

Stratum: TypeAlias = tuple[str, str]
"""A problem type, and whether the answer is right, wrong or unknown."""


class Drawn(NamedTuple):
    """A drawn observation with the place it came from."""

    id: str
    item: JudgeItem


class Sample(NamedTuple):
    """A sample, in an order that tells nothing; by stratum, how many observations were drawn and how many there are."""

    drawn: list[Drawn]
    counts: dict[Stratum, tuple[int, int]]


def draw_sample(rows: Iterable[ObservedRow], count: int, *, seed: int = 0) -> Sample:
    """Up to `count` different observations, as many from each stratum as can be; the same for the same seed.

    Each observation has a rank by a hash of the seed and its item, and of each stratum the first ranks are drawn: every
    observation of a stratum is as likely as another, whatever the order of the rows and however often it stands there.

    Args:
        rows: The rows; memory holds `count` a stratum, and eight bytes for each different observation.
        count: How many to draw.
        seed: Another one draws another sample.

    Raises:
        ConfigError: The count is below 1.
        DataError: No row holds an observation that can be judged.
    """
    if count < 1:
        message = f"count={count} must be at least 1"
        raise ConfigError(message)
    heaps: dict[Stratum, list[tuple[int, str, JudgeItem]]] = {}
    seen: set[int] = set()
    population: Counter[Stratum] = Counter()
    for one in rows:
        if one.item is None or not one.item.observation.strip() or one.item.question is None:
            continue
        rank = _rank(one.item, seed)
        stratum = (one.problem.type, _correctness(one))
        if rank in seen:
            continue
        seen.add(rank)
        population[stratum] += 1
        heap = heaps.setdefault(stratum, [])
        if len(heap) < count:
            heapq.heappush(heap, (-rank, one.place, one.item))
        elif -rank > heap[0][0]:
            heapq.heapreplace(heap, (-rank, one.place, one.item))
    if not heaps:
        message = "no row holds an observation with its question and gold, so there is nothing to label"
        raise DataError(message)
    shares = share_out({stratum: len(heap) for stratum, heap in heaps.items()}, count)
    chosen = [entry for stratum, heap in heaps.items() for entry in sorted(heap, reverse=True)[: shares[stratum]]]
    drawn = [Drawn(place, item) for _, place, item in sorted(chosen, reverse=True)]
    return Sample(drawn, {stratum: (shares[stratum], population[stratum]) for stratum in sorted(heaps)})


def share_out(available: dict[Stratum, int], count: int) -> dict[Stratum, int]:
    """How many to take of each stratum: equal numbers, and what a small one lacks from the others.

    Example:
        >>> share_out({("OCR", "right"): 1, ("OCR", "wrong"): 9, ("numerical", "right"): 9}, 9)
        {('OCR', 'right'): 1, ('OCR', 'wrong'): 4, ('numerical', 'right'): 4}
    """
    shares = dict.fromkeys(available, 0)
    left = min(count, sum(available.values()))
    while left:
        open_ones = [stratum for stratum in sorted(available) if shares[stratum] < available[stratum]]
        each = max(1, left // len(open_ones))
        for stratum in open_ones:
            more = min(each, available[stratum] - shares[stratum], left)
            shares[stratum] += more
            left -= more
    return shares


def write_sheet(sample: Sample, path: Path, *, force: bool = False) -> None:
    """Writes a sheet with an empty column `label`, as CSV or JSON Lines by its name.

    Raises:
        ConfigError: The name is neither, or the file is there already, perhaps with labels in it.
        DataError: It can't be written.
    """
    if path.suffix not in (".csv", ".jsonl"):
        message = f"sheet {path}: the name must end in .csv or .jsonl"
        raise ConfigError(message)
    if path.exists() and not force:
        message = f"sheet {path}: is there already, perhaps with labels in it; choose another name, or say --force"
        raise ConfigError(message)
    text = _as_csv(sample.drawn) if path.suffix == ".csv" else _as_json_lines(sample.drawn)
    with ExitStack() as stack:
        file = OutputFile(path, stack)
        file.stream.write(text)
        file.commit()


def _as_csv(drawn: Sequence[Drawn]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for one in drawn:
        item, options = one.item, json.dumps(one.item.options, ensure_ascii=False) if one.item.options else ""
        row = (one.id, item.data_type, item.type, item.question or "", options, item.gold, item.observation, "", "")
        writer.writerow([_guard(cell) for cell in row])
    # With a byte order mark, or spreadsheets take UTF-8 for something else.
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8", "backslashreplace")


def _guard(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _as_json_lines(drawn: Sequence[Drawn]) -> bytes:
    lines = []
    for one in drawn:
        item = one.item
        row = (one.id, item.data_type, item.type, item.question, item.options, item.gold, item.observation, None, "")
        lines.append(dump_json(dict(zip(COLUMNS, row, strict=True)))[0] + b"\n")
    return b"".join(lines)


def _rank(item: JudgeItem, seed: int) -> int:
    parts = (str(seed), item.question or "", item.gold, *item.options, item.observation)
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _correctness(one: ObservedRow) -> str:
    if one.completion is None:
        return "unknown"
    graded = grade_completion(one.problem, one.completion)
    if not isinstance(graded, Score):
        return "unknown"
    return "right" if graded.value >= RIGHT else "wrong"
