"""The columns that scoring adds to each row, in order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from p2r_rewards.errors import ConfigError

NUMBER_COLUMNS = (
    "perception_accuracy",
    "perception_format",
    "perception_length",
    "perception_reward",
    "reasoning_accuracy",
    "reasoning_format",
    "reasoning_length",
    "reasoning_reward",
    "perception_advantage",
    "reasoning_advantage",
)
"""Numbers; null where unscored."""

TEXT_COLUMNS = ("grade_how", "unscored", "defects")
"""How the answer was graded, why a part has no score, and the faults of form (a list of texts)."""

ADDED_COLUMNS = (*NUMBER_COLUMNS, *TEXT_COLUMNS)
_ADDED = frozenset(ADDED_COLUMNS)


class CollisionError(ConfigError):
    """The input has a column already that scoring would add.

    Args:
        source: The input's name.
        names: The columns.
        line: The row where they stand; None for all rows.
    """

    def __init__(self, source: str, names: Sequence[str], line: int | None = None) -> None:
        place = source if line is None else f"{source}, row {line}"
        super().__init__(f"{place}: the input has {', '.join(names)} already; write over them with --overwrite-columns")
        self.source, self.names, self.line = source, tuple(names), line

    def __reduce__(self) -> tuple[type[CollisionError], tuple[str, tuple[str, ...], int | None]]:
        return type(self), (self.source, self.names, self.line)

    def moved(self, lines: int) -> CollisionError:
        """The error with so many lines of its file before the part that it arose in."""
        return self if self.line is None else CollisionError(self.source, self.names, self.line + lines)


def check_collision(names: Collection[str], source: str, line: int | None = None) -> None:
    """Refuses names that scoring adds.

    Raises:
        CollisionError: It names them, and the cure.
    """
    if not _ADDED.isdisjoint(names):
        raise CollisionError(source, [name for name in ADDED_COLUMNS if name in set(names)], line)


def without_added(names: Iterable[str]) -> list[str]:
    """The names that scoring does not add."""
    return [name for name in names if name not in _ADDED]
