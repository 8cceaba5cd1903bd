"""Plain data to typed settings: unknown keys and wrong types are refused, with the nearest key as a hint."""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from p2r_rewards.errors import ConfigError

_Settings = TypeVar("_Settings")

# YAML 1.1 takes 1e-6 for text, since it has no dot.
_NUMBER = re.compile(r"[-+]?[0-9]{1,30}(?:\.[0-9]{0,30})?(?:[eE][-+]?[0-9]{1,3})?")


def read_settings(cls: type[_Settings], values: object, prefix: str = "") -> _Settings:
    """The dataclass that a mapping describes, nested ones too.

    Raises:
        ConfigError: A key is unknown or missing, or a value is of the wrong type.
    """
    if not isinstance(values, Mapping):
        message = f"{prefix.rstrip('.') or 'a recipe'} must be a mapping of settings, not {values!r:.80}"
        raise ConfigError(message)
    fields = {one.name: one for one in dataclasses.fields(cls)}  # type: ignore[arg-type]
    check_keys(values, fields, prefix)
    hints = get_type_hints(cls)
    read = {key: read_value(hints[key], value, prefix + key) for key, value in values.items()}
    for name, one in fields.items():
        required = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        if required and name not in read:
            message = f"{prefix}{name} is missing"
            raise ConfigError(message)
    return cls(**read)


def check_keys(values: Mapping[Any, Any], known: Iterable[str], prefix: str = "") -> None:
    """Refuses unknown keys.

    Raises:
        ConfigError: It names the first one, and the nearest that is known.
    """
    names = list(known)
    for key in values:
        if key not in names:
            nearest = difflib.get_close_matches(str(key), names, n=1)
            listed = f"known are {', '.join(names)}" if len(names) <= 24 else f"see {prefix or 'the docs'}"
            hint = f"did you mean {prefix}{nearest[0]}?" if nearest else listed
            message = f"unknown setting {prefix}{key!s:.80}; {hint}"
            raise ConfigError(message)


def read_value(hint: Any, value: Any, name: str) -> Any:
    """The value as the type hint wants it; an integer serves as a float, and `1e-6` as a number.

    Raises:
        ConfigError: It is of another type.

    Example:
        >>> read_value(float, "1e-6", "learning_rate"), read_value(int | None, None, "limit")
        (1e-06, None)
    """
    options = _alternatives(hint)
    for option in options:
        if option is type(None) and value is None:
            return None
        if dataclasses.is_dataclass(option) and isinstance(value, Mapping):
            return read_settings(option, value, f"{name}.")  # type: ignore[arg-type]
        if _fits(option, value):
            return float(value) if option is float else value
    if float in options and isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    wanted = " or ".join(dict.fromkeys(_describe(option) for option in options))
    near = ""
    choices = [str(choice) for option in options if get_origin(option) is Literal for choice in get_args(option)]
    if choices and isinstance(value, str) and (close := difflib.get_close_matches(value, choices, n=1)):
        near = f"; did you mean {close[0]!r}?"
    message = f"{name} must be {wanted}, not {value!r:.80}{near}"
    raise ConfigError(message)


def _alternatives(hint: Any) -> list[Any]:
    return list(get_args(hint)) if get_origin(hint) in (Union, types.UnionType) else [hint]


def _fits(option: Any, value: Any) -> bool:
    origin = get_origin(option) or option
    if option is Any:
        return True
    if origin is Literal:
        return any(value == choice and type(value) is type(choice) for choice in get_args(option))
    if option is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if option is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if origin is list:
        items = get_args(option) or (Any,)
        return isinstance(value, list) and all(_fits(items[0], item) for item in value)
    if origin is dict:
        return isinstance(value, dict)
    if isinstance(option, type) and issubclass(option, Enum):
        return isinstance(value, str) and value in {str(one.value) for one in option}
    return isinstance(option, type) and isinstance(value, option)


def _describe(option: Any) -> str:
    origin = get_origin(option) or option
    if origin is Literal:
        return "one of " + ", ".join(map(repr, get_args(option)))
    if origin is list:
        return "a list of texts" if get_args(option) == (str,) else "a list"
    if isinstance(option, type) and issubclass(option, Enum):
        return "one of " + ", ".join(repr(str(one.value)) for one in option)
    if origin is dict or dataclasses.is_dataclass(option):
        return "a mapping"
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false", type(None): "null"}
    return names.get(option, getattr(option, "__name__", str(option)))
