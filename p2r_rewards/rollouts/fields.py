"""Which column serves which field of a rollout, in any of the spellings found in dumps and data sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from p2r_rewards.errors import ConfigError

SPELLINGS: dict[str, tuple[str, ...]] = {
    "completion": (
        "completion",
        "output",
        "response",
        "solution_str",
        "model_output",
        "generated_text",
        "generation",
        "content",
        "messages",
    ),
    "question": ("problem", "question", "query", "prompt", "input", "messages"),
    "gold": ("gold", "ground_truth", "solution", "gts", "answer", "reference", "reference_answer"),
    "type": ("problem_type", "question_type", "type"),
    "options": ("options", "choices"),
    "media": ("path", "video", "video_path", "image", "image_path", "videos", "images"),
    "data_type": ("data_type",),
    "id": ("problem_id", "question_id", "qid"),
    "step": ("step", "global_step", "gen_step"),
    "group": ("group_id", "group", "uid", "prompt_id", "example_id"),
    "sufficient": ("sufficient",),
    "truncated": ("is_truncated", "truncated", "finish_reason"),
    "perception_tokens": ("perception_tokens",),
    "reasoning_tokens": ("reasoning_tokens",),
    "recorded": ("recorded", "reward", "score", "rewards", "overall", "total_reward", "reward_score", "reward/overall"),
}
"""Each field's spellings. Of several in one row the first counts; where its value is null, the next one."""


@dataclass(frozen=True, slots=True)
class Columns:
    """For each field, the columns of one kind of row that serve it, in order."""

    completion: tuple[str, ...]
    question: tuple[str, ...]
    gold: tuple[str, ...]
    type: tuple[str, ...]
    options: tuple[str, ...]
    media: tuple[str, ...]
    data_type: tuple[str, ...]
    id: tuple[str, ...]
    step: tuple[str, ...]
    group: tuple[str, ...]
    sufficient: tuple[str, ...]
    truncated: tuple[str, ...]
    perception_tokens: tuple[str, ...]
    reasoning_tokens: tuple[str, ...]
    recorded: tuple[str, ...]


@dataclass(slots=True)
class FieldFinder:
    """Finds the columns of each row, and remembers which served.

    Args:
        mapping: Fields whose column the user has named; no other spelling serves them.

    Raises:
        ConfigError: There is no such field.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    _known: dict[tuple[str, ...], Columns] = field(default_factory=dict)
    _served: dict[str, dict[str, None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.mapping:
            if name not in SPELLINGS:
                message = f"there is no field {name!r}; the fields are {', '.join(SPELLINGS)}"
                raise ConfigError(message)

    def find(self, names: Iterable[str]) -> Columns:
        """The columns for a row with these names; a row may be given itself."""
        key = tuple(names)
        columns = self._known.get(key)
        if columns is None:
            columns = self._find(key)
            if len(self._known) < 1000:  # rows whose names differ without end must not fill the memory
                self._known[key] = columns
        return columns

    def select(self, names: Sequence[str]) -> list[str]:
        """Of a table's columns, those that serve a field."""
        columns = self.find(names)
        wanted = {column for name in Columns.__slots__ for column in getattr(columns, name)}
        return [name for name in names if name in wanted]

    def _find(self, names: tuple[str, ...]) -> Columns:
        present = frozenset(names)
        found = {}
        for name, spellings in SPELLINGS.items():
            wanted = (self.mapping[name],) if name in self.mapping else spellings
            found[name] = tuple(column for column in wanted if column in present)
            for column in found[name]:
                self._served.setdefault(name, {})[column] = None
        return Columns(**found)

    @property
    def served(self) -> dict[str, list[str]]:
        """The columns seen so far by field: the first one served, the others only where it was null."""
        return {name: list(self._served[name]) for name in SPELLINGS if name in self._served}

    def unmatched(self) -> dict[str, str]:
        """The user's mappings whose column no row had."""
        return {name: column for name, column in self.mapping.items() if name not in self._served}


def first_value(row: Mapping[str, Any], columns: tuple[str, ...]) -> Any:
    """The first value that is not null, or None."""
    for column in columns:
        value = row[column]
        if value is not None:
            return value
    return None
