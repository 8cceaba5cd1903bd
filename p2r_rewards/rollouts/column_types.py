"""The Arrow type of each column of rows that have no schema: found on the way, applied at the end."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.batch import Row
from p2r_rewards.rollouts.columns import without_added
from p2r_rewards.rollouts.json_text import dump_json, make_plain

MAX_COLUMNS = 2_000

_ERRORS = (pa.ArrowException, OverflowError, TypeError, ValueError)


class ColumnTypes:
    """The narrowest type that holds all values of each column, in the order in which the columns first came."""

    def __init__(self) -> None:
        self._types: dict[str, pa.DataType | None] = {}  # None: written as text
        self._inexact: set[str] = set()  # those with integers, perhaps nested, that a float can't hold

    def observe(self, rows: Sequence[Row]) -> None:
        """Widens the types so that they hold these rows too.

        Raises:
            DataError: There are more than `MAX_COLUMNS` columns.
        """
        names: dict[str, None] = {}
        for row in rows:
            if not names.keys() >= row.keys():
                names |= dict.fromkeys(row)
        for own_name in without_added(names):
            name = str(make_plain(own_name)[0])  # as it will be written
            if name in self._types and self._types[name] is None:
                continue
            found = self._type_of(name, [row.get(own_name) for row in rows])
            self._types[name] = self._widen(name, found) if name in self._types else found
        self._check_count()

    def merge(self, other: ColumnTypes) -> None:
        """Widens the types so that they hold the rows that another has observed, which follow."""
        self._inexact |= other._inexact
        for name, found in other._types.items():
            self._types[name] = self._widen(name, found) if name in self._types else found
        self._check_count()

    def to_mapping(self) -> dict[str, Any]:
        """The types as plain data."""
        known = pa.schema([(name, kind) for name, kind in self._types.items() if kind is not None])
        return {
            "names": list(self._types),
            "schema": b64encode(known.serialize().to_pybytes()).decode(),
            "inexact": sorted(self._inexact),
        }

    @classmethod
    def from_mapping(cls, stored: Mapping[str, Any]) -> ColumnTypes:
        """The types that `to_mapping` wrote."""
        types = cls()
        schema = pa.ipc.read_schema(pa.py_buffer(b64decode(stored["schema"])))
        known = dict(zip(schema.names, schema.types, strict=True))
        types._types = {name: known.get(name) for name in stored["names"]}
        types._inexact = set(stored["inexact"])
        return types

    @property
    def mixed(self) -> list[str]:
        """The columns whose values fit no one type."""
        return [name for name, kind in self._types.items() if kind is None]

    def schema(self) -> pa.Schema:
        """The columns with their types."""
        return pa.schema([(name, kind or pa.string()) for name, kind in self._types.items()])

    def array(self, name: str, rows: Sequence[Row]) -> pa.Array:
        """One column of some rows, in its type."""
        kind = self._types.get(name, None)
        values = [row.get(name) for row in rows]
        if kind is None:
            return pa.array([_as_text(value) for value in values], pa.string())
        try:
            return pa.array(values, kind)
        except _ERRORS as error:
            message = f"column {name!r} can't be written as {kind} ({error}); choose a .jsonl output"
            raise DataError(message) from error

    def _type_of(self, name: str, values: list[Any]) -> pa.DataType | None:
        try:
            array = pa.array(values)
        except UnicodeEncodeError:
            return self._type_of(name, [make_plain(value, allow_nan=True)[0] for value in values])
        except _ERRORS:
            return None
        if _has_empty_struct(array.type):
            return None
        if _has_inexact(array):
            self._inexact.add(name)
        return array.type

    def _check_count(self) -> None:
        if len(self._types) > MAX_COLUMNS:
            message = f"the rows have more than {MAX_COLUMNS:,} different columns; choose a .jsonl output"
            raise DataError(message)

    def _widen(self, name: str, found: pa.DataType | None) -> pa.DataType | None:
        known = self._types[name]
        if found is None or known is None or found == known:
            return None if found is None else known
        try:
            both = [pa.schema([(name, kind)]) for kind in (known, found)]
            wider = pa.unify_schemas(both, promote_options="permissive").field(0).type
        except _ERRORS:
            return None
        return None if name in self._inexact and _has_floats(wider) else wider


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return dump_json(value)[0].decode()


def _has_empty_struct(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return kind.num_fields == 0 or any(_has_empty_struct(kind.field(i).type) for i in range(kind.num_fields))
    return pa.types.is_list(kind) and _has_empty_struct(kind.value_type)


def _has_inexact(array: pa.Array) -> bool:
    if pa.types.is_struct(array.type):
        return any(map(_has_inexact, array.flatten()))
    if pa.types.is_list(array.type):
        return _has_inexact(array.flatten())
    if not pa.types.is_integer(array.type):
        return False
    try:
        array.cast(pa.float64())
    except pa.ArrowException:
        return True
    return False


def _has_floats(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(_has_floats(kind.field(i).type) for i in range(kind.num_fields))
    return _has_floats(kind.value_type) if pa.types.is_list(kind) else pa.types.is_floating(kind)
