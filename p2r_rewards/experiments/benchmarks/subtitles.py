"""Subtitles cut to the frames that a model is shown (Video-MME's `subtitle/<videoID>.srt`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from p2r_rewards.errors import DataError

MAX_BYTES = 8_000_000

_TIMES = re.compile(r"\s*(\d{1,3}):(\d\d):(\d\d)[,.](\d{1,3})\s*-->\s*(\d{1,3}):(\d\d):(\d\d)[,.](\d{1,3})")
_MARKUP = re.compile(r"<[^<>]{0,200}>")


class Cue(NamedTuple):
    """A line of subtitles, shown from `start` to `end`, in seconds."""

    start: float
    end: float
    text: str


def read_subtitles(path: Path) -> tuple[Cue, ...]:
    """The cues of an SRT file; empty where there is no such file, for some videos have none.

    Raises:
        DataError: The file is too large or not UTF-8.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            message = f"{path}: is larger than {MAX_BYTES:,} bytes; are these subtitles?"
            raise DataError(message)
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: can't be read as subtitles: {error}"
        raise DataError(message) from error
    return parse_subtitles(text)


def parse_subtitles(text: str) -> tuple[Cue, ...]:
    r"""The cues of a text in SRT's form.

    Example:
        >>> parse_subtitles("1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i>\nthere\n")
        (Cue(start=1.0, end=2.5, text='Hello there'),)
    """
    cues: list[Cue] = []
    for block in re.split(r"\r?\n[ \t]*\r?\n", text):
        lines = block.splitlines()
        for number, line in enumerate(lines):
            match = _TIMES.match(line)
            if match is not None:
                said = " ".join(_MARKUP.sub("", one).strip() for one in lines[number + 1 :]).strip()
                if said:
                    cues.append(Cue(_seconds(match, 1), _seconds(match, 5), said))
                break
    return tuple(cues)


def cut_subtitles(cues: Iterable[Cue], times: Sequence[float]) -> str:
    r"""The lines that are shown at any of the times, in order, each once.

    Example:
        >>> cut_subtitles([Cue(0, 2, "Hello."), Cue(2, 4, "Well."), Cue(5, 6, "Bye.")], [1.0, 1.5, 5.5])
        'Hello.\nBye.'
    """
    shown = (cue.text for cue in cues if any(cue.start <= time <= cue.end for time in times))
    return "\n".join(dict.fromkeys(shown))


def _seconds(match: re.Match[str], first: int) -> float:
    hours, minutes, seconds = (int(match[first + offset]) for offset in range(3))
    return hours * 3600 + minutes * 60 + seconds + int(match[first + 3].ljust(3, "0")) / 1000
