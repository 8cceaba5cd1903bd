"""What a file holds, told by its first bytes; its name only tells whether it was meant to hold rollouts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.easyr1_log import is_easyr1_log
from p2r_rewards.rollouts.json_list import RESULTS
from p2r_rewards.rollouts.json_text import parse_json

Format = Literal["json lines", "json list", "parquet", "easyr1 log"]

DATA_SUFFIXES = (".jsonl", ".ndjson", ".json", ".parquet", ".gz", ".zst")

_SPACE = b" \t\r\n"
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{", b"[\0", b"\0[")


class NoDataError(DataError):
    """The file is no data at all, neither by its content nor by its name: in a folder it may be passed over."""


def identify_format(head: bytes, name: str, *, packed: bool, whole: bool) -> Format:
    """The format of a file.

    Args:
        head: Its first bytes, decompressed.
        name: Its name, for messages.
        packed: Whether it was compressed.
        whole: Whether that is all of it.

    Raises:
        DataError: It is empty, or in no known format.
        NoDataError: It is so, and its name does not promise data.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)
    promised = name.endswith(DATA_SUFFIXES)
    if head.startswith(b"PAR1"):
        if not packed:
            return "parquet"
        message = f"{name}: is Parquet packed once more; unpack it first"
        raise DataError(message)
    if head.startswith(_UTF16):
        message = f"{name}: is UTF-16; convert it to UTF-8"
        raise DataError(message)
    if head.startswith((b"\x80", b"PK\x03\x04")):
        message = (
            f"{name}: is a pickle or an archive, which is not read: it could run code; write JSON Lines or Parquet"
        )
    elif not text:
        message = f"{name}: is empty" if whole else f"{name}: begins with nothing but white space"
    elif is_easyr1_log(text):
        return "easyr1 log"
    elif text.startswith(b"[") or (RESULTS.match(text) and not _has_rows_of_lists(text)):
        return "json list"
    elif text.startswith(b"{") or Path(name).name.removesuffix(".gz").removesuffix(".zst").endswith(
        (".jsonl", ".ndjson")
    ):
        return "json lines"
    else:
        message = f"{name}: is neither JSON Lines, a JSON list nor Parquet"
    raise DataError(message) if promised else NoDataError(message)


def _has_rows_of_lists(text: bytes) -> bool:
    """Whether a text that begins as `{"results": [` is JSON Lines: its first line is whole, and not all."""
    first, _, rest = text.partition(b"\n")
    if not rest.strip():
        return False
    try:
        parse_json(first)
    except DataError:
        return False
    return True
