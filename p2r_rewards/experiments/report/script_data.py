"""Data for a script on a page, as text that no HTML parser can take for the end of its element."""

from __future__ import annotations

import json
from typing import Any

_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}


def script_json(value: Any) -> str:
    r"""The value as JSON in ASCII without `<`, `>` and `&`, for within `<script type="application/json">`.

    Example:
        >>> script_json("</script>&\u2028\ud800")
        '"\\u003c/script\\u003e\\u0026\\u2028\\ud800"'
    """
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)
