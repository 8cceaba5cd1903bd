"""Plain values of a row: verdicts, counts, numbers, and whether a completion was cut off."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

NO_COUNT = "no token count"


def read_verdict(value: Any) -> tuple[bool | None, str | None]:
    """A verdict and None; or None and what is wrong with the value (None: there is none).

    Example:
        >>> read_verdict("Yes"), read_verdict(0), read_verdict("maybe")
        ((True, None), (False, None), (None, "verdict 'maybe' is not yes or no"))
    """
    if value is None or value is True or value is False:
        return value, None
    if isinstance(value, str):
        verdict = _VERDICTS.get(value.strip().lower()[:8], "")
    elif isinstance(value, int | float):
        verdict = None if value != value else True if value == 1 else False if value == 0 else ""
    else:
        verdict = ""
    if verdict == "":
        return None, f"verdict {value!r:.40} is not yes or no"
    return verdict, None  # type: ignore[return-value]


_VERDICTS: dict[str, bool | str | None] = {
    **dict.fromkeys(("yes", "true", "1", "1.0"), True),
    **dict.fromkeys(("no", "false", "0", "0.0"), False),
    **dict.fromkeys(("", "none", "null", "nan"), None),
}


def read_count(value: Any) -> tuple[int | None, str]:
    """A token count, and what is wrong where there is none.

    Example:
        >>> read_count("150"), read_count(None), read_count(-1)
        ((150, ''), (None, 'no token count'), (None, '-1 is no token count'))
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value), ""
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**31:
        return number, ""
    missing = value is None or value != value
    return None, NO_COUNT if missing else f"{value!r:.40} is no token count"


def read_truncated(value: Any) -> bool:
    """Whether a value says that a completion was cut off: a yes, or the reason for which a server ended it.

    Example:
        >>> read_truncated("length"), read_truncated(1), read_truncated("stop")
        (True, True, False)
    """
    if isinstance(value, str) and value.strip().lower()[:12] in _CUT_OFF:
        return True
    return read_verdict(value)[0] is True


_CUT_OFF = ("length", "max_tokens", "max_length", "truncated")
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][-+]?[0-9]{1,3})?")


def read_number(value: Any) -> float | None:
    """A finite number, also from its text or out of a list of one; None for anything else.

    Example:
        >>> read_number(1), read_number("0.5"), read_number([2.0]), read_number("high")
        (1.0, 0.5, 2.0, None)
    """
    if value.__class__ is float:
        return value if isfinite(value) else None
    if value.__class__ is list and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        text = value.strip() if len(value) < 100 else ""
        value = float(text) if _NUMBER.fullmatch(text) and text.isascii() else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None
