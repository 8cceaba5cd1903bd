"""Observations with the label that a person gave them: what judges are measured against."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.judges.items import judge_item
from p2r_rewards.judges.verdict import JudgeItem
from p2r_rewards.problem import Problem
from p2r_rewards.rollouts.option_lists import read_options
from p2r_rewards.rollouts.rollout import read_verdict

KINDS = ("sufficient", "insufficient", "contradicting", "leaking", "truncated")
"""What an observation does: holds the evidence; lacks it; shows something else; states the answer instead; stops."""

MAX_FIELD = 1 << 20
"""The longest cell of a sheet."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""A spreadsheet takes a cell that begins so for a formula: sheets put an apostrophe before it, and it is taken off."""

_LABELS = {"sufficient": True, "insufficient": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledItem:
    """An item and its label.

    Attributes:
        id: What tells it apart.
        item: What a judge is asked.
        sufficient: Whether a person found that the gold follows from the observation alone.
        kind: One of `KINDS`, where it is known.
        style: How its question's observations are written, where it is known: plain, or indirect (the fact has to be
            counted, worked out or recognised).
        held_out: Whether it was kept out of writing a judge's rules; None where that is unknown.
    """

    id: str
    item: JudgeItem
    sufficient: bool
    kind: str = ""
    style: str = ""
    held_out: bool | None = None


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A file of labels: its labelled items, in order, and how many rows have no label yet."""

    items: tuple[LabelledItem, ...]
    unlabelled: int = 0


def read_labels(path: str | Path) -> LabelFile:
    """The labelled items of a CSV or JSON Lines file, such as a sheet by `p2r-judge sample` that was filled in.

    Read are the columns `question`, `gold` and `observation`; `label`: sufficient or insufficient, or yes or no; and,
    where there are any, `options`, `problem_type`, `data_type`, `id`, `kind`, `style`, `held_out`.

    Raises:
        DataError: The file or a row can't be read, a label is none of these, or no row has one.
    """
    items: list[LabelledItem] = []
    unlabelled = 0
    seen: set[str] = set()
    for line, row in _read_rows(Path(path)):
        try:
            one = _read_row(row, f"line {line}")
        except (ConfigError, DataError) as error:
            message = f"{path}: line {line}: {error}"
            raise DataError(message) from None
        if one is None:
            unlabelled += 1
            continue
        if one.id in seen:
            message = f"{path}: line {line}: id {one.id!r:.80} stands there twice; give each item its own"
            raise DataError(message)
        seen.add(one.id)
        items.append(one)
    if not items:
        filled = "fill in the column 'label' with sufficient or insufficient"
        message = f"{path}: none of {unlabelled:,} rows has a label; {filled}"
        raise DataError(message)
    return LabelFile(tuple(items), unlabelled)


def _read_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")  # line ends within cells stay as they are
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        message = f"{path}: can't be read: {reason}"
        raise DataError(message) from None
    if path.suffix.lower() == ".csv":
        yield from _read_csv(path, text)
        return
    for line, row in enumerate(text.split("\n"), start=1):
        if not row.strip():
            continue
        try:
            value = json.loads(row)
        except (ValueError, RecursionError) as error:
            message = f"{path}: line {line}: is no JSON ({error})"
            raise DataError(message) from None
        if not isinstance(value, dict):
            message = f"{path}: line {line}: is no JSON object"
            raise DataError(message)
        yield line, value


def _read_csv(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    csv.field_size_limit(MAX_FIELD)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if any(isinstance(value, str) and value.strip() for value in row.values()):
                yield reader.line_num, {name: _unguard(value) for name, value in row.items() if name is not None}
    except csv.Error as error:
        message = f"{path}: line {reader.line_num}: is no CSV ({error})"
        raise DataError(message) from None


def _unguard(value: Any) -> Any:
    guarded = isinstance(value, str) and value[:1] == "'" and value[1:2] in FORMULA_STARTS
    return value[1:] if guarded and len(value) > 1 else value


def _read_row(row: Mapping[str, Any], place: str) -> LabelledItem | None:
    sufficient = _read_label(row.get("label"))
    if sufficient is None:
        return None
    missing = [name for name in ("question", "gold", "observation") if not str(row.get(name) or "").strip()]
    if missing:
        message = f"column {missing[0]!r} is missing or empty"
        raise DataError(message)
    options: Any = read_options(row.get("options") or None)
    problem = Problem(
        str(row["question"]),
        gold=row["gold"],
        type=str(row.get("problem_type") or ""),
        options=options,
        data_type=str(row.get("data_type") or "video"),
    )
    return LabelledItem(
        id=str(row.get("id") or place),
        item=judge_item(problem, str(row["observation"])),
        sufficient=sufficient,
        kind=str(row.get("kind") or ""),
        style=str(row.get("style") or ""),
        held_out=read_verdict(row.get("held_out"))[0],
    )


def _read_label(value: Any) -> bool | None:
    if isinstance(value, str):
        value = _LABELS.get(value.strip().lower(), value)
    label, fault = read_verdict(value)
    if fault is not None:
        message = f"label {value!r:.40} is none; write sufficient or insufficient"
        raise DataError(message)
    return label


def choose_part(items: Sequence[LabelledItem], part: str) -> list[LabelledItem]:
    """The items of a part: all of them, those that served to write a judge's rules (dev), or those held out.

    Raises:
        DataError: The part is empty.
    """
    chosen = [one for one in items if part == "all" or one.held_out is (part == "held-out")]
    if not chosen:
        message = f"none of {len(items):,} items belongs to the part {part!r}; the column held_out tells parts apart"
        raise DataError(message)
    return chosen
