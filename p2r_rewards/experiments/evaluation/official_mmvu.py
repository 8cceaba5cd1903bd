"""MMVU's score: lmms-eval's rules for multiple choice; open questions need a judge."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.intervals import Measure, measure
from p2r_rewards.experiments.evaluation.marks import Mark, Marked
from p2r_rewards.experiments.evaluation.replies import Reply

NEEDS_JUDGE = "an open question: MMVU's own score needs a judge"

_LETTER = re.compile(r"\b([A-E])\b", re.IGNORECASE)


def grade_reply(question: Question, reply: Reply) -> Mark:
    """The mark of `lmms_eval/tasks/mmvu/utils.py`, whose rules are lenient: any of four is enough.

    The first letter that stands alone is the gold; the gold letter stands alone anywhere; the right option's text
    stands there; or the gold letter anywhere, with any longer word of its option. Article `a` counts as a letter.
    The authors' own script asks a judge for both kinds of questions.
    """
    if not question.problem.options:
        return Mark(None, NEEDS_JUDGE)
    gold = question.problem.gold
    if not isinstance(gold, str):
        return Mark(None, "gold is missing")
    first = _LETTER.search(reply.text)
    how = _matches(reply.text, gold.strip(), question.problem.meta.get("choices") or {})
    read = first[1].upper() if first else ""
    return Mark(float(bool(how)), how or f"lmms-eval's rule reads {read!r}, gold {gold!r:.60}", bool(how or first))


def _matches(text: str, gold: str, choices: dict[str, str]) -> str:
    """Which rule accepts the reply; empty: none does."""
    first = _LETTER.search(text)
    if first and first[1].upper() == gold.upper():
        return f"first letter {gold}"
    if re.search(rf"\b{re.escape(gold)}\b", text, re.IGNORECASE):
        return f"letter {gold} stands somewhere"
    if gold in choices:
        option, lowered = choices[gold].strip().lower(), text.lower()
        if option in lowered:
            return f"text of option {gold}"
        words = [word for one in option.split() if len(word := one.strip(string.punctuation)) > 2]
        if gold.upper() in text.upper() and any(word in lowered for word in words):
            return f"letter {gold} in a word, and a word of its option"
    return ""


def summarise(marked: Sequence[Marked]) -> list[Measure]:
    """The accuracy on what is scored: without a judge, on multiple choice."""
    values = [mark.value for _, mark in marked if mark.value is not None]
    unscored = sum(mark.value is None and not question.problem.options for question, mark in marked)
    note = f"without {unscored:,} open questions, which need a judge" if unscored else ""
    return [measure("accuracy by lmms-eval's rules", values, note)]
