"""The counts of a check: rows by what they are and by their first fault, media, and what is odd but no fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from p2r_rewards.trainers.data.seen import SeenMedium, SeenRow

EXAMPLES = 3
NO_MEDIA_LOOKED_AT = "media were not looked at: give their folder with --media-root"

Medium = tuple[str, str]
"""Path and data type."""


@dataclass(slots=True)
class DataCheck:
    """What a check found; `rows` is `usable` and the sum of `faults`.

    Attributes:
        rows: Records read.
        usable: Those that can be trained on.
        faults: Records by their first fault, each with examples.
        types: Usable rows by problem type.
        data_types: Usable rows by data type.
        duplicates: Usable rows that say the same as one before.
        media: Different files that rows without another fault name; "good" and the faults add up to it.
        media_faults: Of those, by fault.
        one_frame: Good clips of a single frame.
        odd_rates: Good clips whose frame rate is missing, below 1 or above 120.
        unobserved: Usable rows of the stage "sft" whose trace holds no observation.
        tokens: Of the prompts' texts: least, median, mean, most; None without a tokenizer.
        notes: What was not looked at.
    """

    rows: int = 0
    usable: int = 0
    faults: dict[str, dict[str, Any]] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    data_types: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    media: int = 0
    media_good: int = 0
    media_faults: dict[str, int] = field(default_factory=dict)
    one_frame: int = 0
    odd_rates: int = 0
    unobserved: int | None = None
    tokens: dict[str, float] | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether every record can be trained on."""
        return self.usable == self.rows

    def to_mapping(self) -> dict[str, Any]:
        """The check as plain data, for JSON."""
        return {name: getattr(self, name) for name in self.__slots__} | {"clean": self.clean}


class Tally:
    """Counts rows, then the media that they name.

    Args:
        media_checked: Whether media are looked at.
    """

    def __init__(self, *, media_checked: bool) -> None:
        self._media_checked = media_checked
        self._rows = 0
        self._faults: Counter[str] = Counter()
        self._examples: dict[str, list[dict[str, str]]] = {}
        self._whole: list[SeenRow] = []  # rows without fault so far
        self._seen: dict[Medium, SeenMedium] = {}
        self.media: dict[Medium, None] = {}

    def add_rows(self, rows: Iterable[SeenRow]) -> None:
        """Counts rows."""
        for row in rows:
            self._rows += 1
            if row.fault is not None:
                self._fault(row.fault.kind, row.place, row.fault.reason)
                continue
            self._whole.append(row)
            self.media.update(dict.fromkeys(row.media))

    def add_medium(self, medium: Medium, seen: SeenMedium) -> None:
        """Counts a medium."""
        self._seen[medium] = seen

    def finish(self) -> DataCheck:
        """The counts."""
        usable = [row for row in self._whole if not self._media_fault(row)]
        media = self._seen.values()
        clips = [one.clip for one in media if one.clip is not None]
        observed = [row.observed for row in usable if row.observed is not None]
        return DataCheck(
            rows=self._rows,
            usable=len(usable),
            faults={
                kind: {"rows": count, "examples": self._examples[kind]} for kind, count in self._faults.most_common()
            },
            types=_ordered(row.type for row in usable),
            data_types=_ordered(row.data_type for row in usable),
            duplicates=len(usable) - len({row.key for row in usable}),
            media=len(self.media),
            media_good=sum(one.fault is None for one in media),
            media_faults=_ordered(one.fault for one in media if one.fault is not None),
            one_frame=sum(clip.frames == 1 for clip in clips),
            odd_rates=sum(clip.odd_rate for clip in clips),
            unobserved=observed.count(False) if observed else None,
            tokens=_describe([row.tokens for row in usable if row.tokens is not None]),
            notes=[] if self._media_checked else [NO_MEDIA_LOOKED_AT],
        )

    def _media_fault(self, row: SeenRow) -> bool:
        for medium in row.media:
            seen = self._seen.get(medium)
            if seen is not None and seen.fault is not None:
                self._fault(f"media: {seen.fault}", row.place, seen.reason)
                return True
        return False

    def _fault(self, kind: str, place: str, reason: str) -> None:
        self._faults[kind] += 1
        examples = self._examples.setdefault(kind, [])
        if len(examples) < EXAMPLES:
            examples.append({"place": place, "reason": reason[:300]})


def _ordered(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())


def _describe(counts: Sequence[int]) -> dict[str, float] | None:
    if not counts:
        return None
    ordered = sorted(counts)
    return {
        "least": ordered[0],
        "median": ordered[len(ordered) // 2],
        "mean": round(sum(ordered) / len(ordered), 1),
        "most": ordered[-1],
    }


def check_lines(check: Mapping[str, Any]) -> list[str]:
    """A check's report in lines of text."""
    lines = [f"{check['rows']:,} rows: {check['usable']:,} usable, {check['rows'] - check['usable']:,} not"]
    for title, key in (("by problem type", "types"), ("by data type", "data_types")):
        if check[key]:
            lines.append(f"  {title}: " + ", ".join(f"{name} {count:,}" for name, count in check[key].items()))
    if check["duplicates"]:
        lines.append(f"  {check['duplicates']:,} say the same as a row before")
    if check["unobserved"]:
        lines.append(f"  {check['unobserved']:,} traces hold no observation")
    for kind, fault in check["faults"].items():
        lines.append(f"Not usable, {kind}: {fault['rows']:,}")
        lines += [f"    {one['place']}: {one['reason']}" for one in fault["examples"]]
    if check["media"] and not check["notes"]:
        lines.append(f"{check['media']:,} media: {check['media_good']:,} good")
        lines += [f"  {kind}: {count:,}" for kind, count in check["media_faults"].items()]
        if check["one_frame"]:
            lines.append(f"  of the good, clips of one frame: {check['one_frame']:,}")
        if check["odd_rates"]:
            lines.append(f"  of the good, clips of an odd frame rate: {check['odd_rates']:,}")
    if check["tokens"]:
        told = ", ".join(f"{name} {count:,}" for name, count in check["tokens"].items())
        lines.append(f"Tokens of a prompt's text (media not counted): {told}")
    return [*lines, *(f"Note: {note}" for note in check["notes"])]
