"""VideoMMMU's own score: accuracy by track, their mean; MMMU's rules for open questions; knowledge gained."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.benchmarks.video_mmmu import QUESTION_ONLY, TRACKS
from p2r_rewards.experiments.evaluation.intervals import Measure, Stratum, measure, measure_strata
from p2r_rewards.experiments.evaluation.marks import Mark, Marked
from p2r_rewards.experiments.evaluation.replies import Reply
from p2r_rewards.graders.compat.lmms_eval import parse_videommmu
from p2r_rewards.graders.options import read_options

MAX_OPEN_CHARS = 16_384
"""A longer reply to an open question is read no further: its rules take time that grows with the square of a line."""

MAX_NUMBER_LINE = 2_048

# Words behind which an answer may stand; "=" counts on the last line alone.
_CUES = (
    *("could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result ", "are ", "in total ", "total "),
    *("identify ", "recognize ", "calculated as ", "counted as ", "measured as ", "observed as ", "concluded as "),
    *("found to be ", "equals ", "determined to be ", "number of ", "value is ", "adds up to ", "have ", "has "),
)
_TRIVIAL = frozenset(":,.!?;'")
_NUMBERS = (
    re.compile(r"-?\b\d{1,3}(?:,\d{3})+\b"),
    re.compile(r"-?\d+(?:\.\d+)?[eE][+-]?\d+"),
    re.compile(r"-?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d])"),
)


def grade_reply(question: Question, reply: Reply) -> Mark:
    """The mark of `lmms_eval/tasks/videommmu/utils.py`: letters by MMMU's rules, open answers by `match_open`."""
    problem = question.problem
    gold = problem.meta.get("answer")
    if not isinstance(gold, str):
        return Mark(None, "gold is missing")
    if problem.options:
        letter = parse_videommmu(reply.text, read_options(problem.options).texts)
        return Mark(float(letter == gold), f"MMMU's rule reads {letter!r}, gold {gold[:60]!r}", bool(letter))
    if not reply.text:
        return Mark(0.0, "empty reply", parsed=False)
    if len(reply.text) > MAX_OPEN_CHARS:
        return Mark(0.0, f"reply of {len(reply.text):,} characters is over the limit of {MAX_OPEN_CHARS:,}", False)
    right = match_open(reply.text, gold)
    return Mark(float(right), f"MMMU's open rule {'finds' if right else 'does not find'} the gold {gold[:60]!r}")


def match_open(reply: str, gold: str) -> bool:
    """Whether one of a reply's candidate phrases contains the gold, or one of its numbers equals it at two decimals.

    Example:
        >>> match_open("The speed is 12.50 m/s.", "12.5"), match_open("It is a fresco painting", "Fresco")
        (True, True)
    """
    golds = _normalise(gold)
    phrases = _candidates(reply)
    numbers = [number for phrase in phrases for number in _find_numbers(phrase)]
    for candidate in (one for text in (*phrases, *numbers) for one in _normalise(text)):
        if isinstance(candidate, float):
            if candidate in golds:
                return True
        elif any(isinstance(one, str) and one in candidate for one in golds):
            return True
    return False


def _candidates(reply: str) -> list[str]:
    """Of each line what stands behind the cue that leaves least; the whole reply where no line has a cue."""
    whole = reply.strip().strip(".").lower()
    lines = whole.split("\n")
    found: list[str] = []
    for number, line in enumerate(lines):
        cues = (*_CUES, "=") if number == len(lines) - 1 else _CUES
        tails = [tail for cue in cues if cue in line and (tail := line.rsplit(cue, 1)[1].strip())]
        if tails and (shortest := min(tails, key=len)) not in _TRIVIAL:
            found.append(shortest)
    return found or [whole]


def _find_numbers(phrase: str) -> list[str]:
    if len(phrase) > MAX_NUMBER_LINE:
        return []
    return [number for pattern in _NUMBERS for number in pattern.findall(phrase)]


def _normalise(text: str) -> list[str | float]:
    """A number at two decimals, else the text in lower case; one character needs a blank beside it."""
    text = text.strip()
    try:
        return [round(float(text.replace(",", "")), 2)]
    except ValueError:
        lowered = text.lower()
    return [f" {lowered}", f"{lowered} "] if len(lowered) == 1 else [lowered]


def summarise(marked: Sequence[Marked]) -> list[Measure]:
    """The mean of the tracks, with what lmms-eval's dropping of empty open replies makes of it; knowledge gained."""
    tracks = [_stratum(track, marked) for track in TRACKS]
    alone = _values(QUESTION_ONLY, marked)
    asked = any(question.breakdown["track"] != QUESTION_ONLY for question, _ in marked)
    found = [measure_strata("mean of the 3 tracks", tracks)] if asked else []
    kept = [one for one in marked if one.question.problem.options or one.mark.parsed]
    if asked and len(kept) < len(marked):
        strata = [_stratum(track, kept) for track in TRACKS]
        found.append(measure_strata("as lmms-eval: empty open replies left out", strata))
    if alone:
        found.append(measure("question only", alone))
        found.append(knowledge_gain(alone, _values("Adaptation", marked)))
    return found


def knowledge_gain(before: Sequence[float], after: Sequence[float]) -> Measure:
    """How much of what could be learnt from the lecture was: (after - before) / (100 - before), in percentage points.

    It is at most 1 and may be negative; none where all was known before.

    Example:
        >>> knowledge_gain([1, 0, 0, 0], [1, 1, 0, 0]).value
        0.3333333333333333
    """
    name = "knowledge gained"
    if not before or not after:
        return Measure(name, None, note="needs Adaptation with the lectures and without")
    first, last = (math.fsum(values) / len(values) for values in (before, after))
    if first >= 1:
        return Measure(name, None, count=len(after), note="all was known before")
    return Measure(name, (last - first) / (1 - first), count=len(after), note="no interval: a ratio of two runs")


def _stratum(track: str, marked: Sequence[Marked]) -> Stratum:
    return Stratum(track, 1, _values(track, marked))


def _values(track: str, marked: Sequence[Marked]) -> list[float]:
    return [mark.value for question, mark in marked if question.breakdown["track"] == track and mark.value is not None]
