"""The answer-leak guard: observations that state the answer in place of evidence."""

from __future__ import annotations

import re
from functools import lru_cache

from p2r_rewards.graders.grading import prepare
from p2r_rewards.normalize import fold, unwrap_answer
from p2r_rewards.problem import Problem
from p2r_rewards.scores import Grade, Score, Unscored

MIN_EVIDENCE = 8
"""Fewest distinct words of its own that an observation must hold beside the answer, the question and filler."""

MAX_CHARS = 20_000
"""Characters of an observation that are looked at; the 0 of a leak needs fewer than `MIN_EVIDENCE` words."""

_HEAD_CHARS = 160
_ASKED_CHARS = 4_000

_WORD = re.compile(r"\w+")
_VERDICT = re.compile(r"<[/ ]{0,3}judge?ment", re.IGNORECASE)
_STATEMENT = re.compile(
    r"\b(?:answer|option|choice)s?\b[ :=]{0,3}(?:is|are|would be|must be|should be)?[ :=]{0,3}[(\[{*\"']{0,3}"
    r"(?-i:[A-Z])(?![\w'])",
    re.IGNORECASE,
)
_FILLER_WORDS = """
a about above all an and any answer answers are as at base based be because been being but by can choice choices clear
clearly correct could definitely did do does evidence final fits for from had has have he hence her here his how i in
information is it its just like matches must need needs no not notice observation observations of on one only option
options or our out question right see seen shall she should show shown shows since so solution some sufficient than that
the their them then there therefore these they thing this those thus to true up us video image was we were what when
where which who whose why will with would yes you your
"""
_FILLER = frozenset(_FILLER_WORDS.split())
_LABEL = re.compile(r"[\s(\[]{0,2}\w{1,2}[.):\]]\s{0,4}")


def find_leak(problem: Problem, observation: str) -> str | None:
    """Why an observation is no evidence, or None where it is not caught.

    Caught: a judge's verdict tag, and an observation that states the gold answer, or an option as the answer, with
    fewer than `MIN_EVIDENCE` words of its own around it. Naming the answer amid evidence is what observations do.

    Example:
        >>> problem = Problem("What is he holding?", gold="B", type="multiple choice", options=("a cup", "a red kite"))
        >>> find_leak(problem, "The answer is B.")
        'states an option as the answer, with 0 words of evidence'
        >>> find_leak(problem, "A man on the beach runs along the water and pulls a red kite on two long strings.")
    """
    if _begins_with_evidence(problem, observation) and "<" not in observation:
        return None
    text = fold(observation[:MAX_CHARS])
    if _VERDICT.search(text):
        return "holds a verdict tag"
    words = _WORD.findall(text.casefold())
    answers = [_WORD.findall(fold(answer).casefold()) for answer in _answer_texts(problem)]
    if _STATEMENT.search(text):
        stated = "an option as the answer"
    elif any(_contains(words, answer) for answer in answers if answer):
        stated = "the answer"
    else:
        return None
    known = _FILLER.union(_WORD.findall((problem.question or "").casefold()), *answers)
    evidence = {word for word in words if word not in known and len(word) > 1}
    if len(evidence) >= MIN_EVIDENCE:
        return None
    return f"states {stated}, with {len(evidence)} words of evidence"


def _begins_with_evidence(problem: Problem, observation: str) -> bool:
    """Whether the first words are evidence enough whichever answer is right: quick to see, and so in most rows."""
    head = observation[:_HEAD_CHARS].rpartition(" ")[0]
    if not head.isascii():
        return False
    asked = _asked_words(problem.question, problem.gold, problem.options)
    if asked is None:
        return False
    own: set[str] = set()
    for word in head.lower().split():
        # What stands between spaces and is all letters is a word to `_WORD` too.
        if word not in _FILLER and word not in asked and word.isalpha() and len(word) > 1:
            own.add(word)
            if len(own) == MIN_EVIDENCE:
                return True
    return False


@lru_cache(maxsize=256)
def _asked_words(question: str | None, gold: object, options: tuple[str, ...]) -> frozenset[str] | None:
    """All words of a question, its gold and its options; None where they are long, or need folding."""
    if isinstance(gold, str) and len(gold) > _ASKED_CHARS:
        return None
    asked = f"{question or ''} {gold} {' '.join(options)}"
    return frozenset(_WORD.findall(asked.lower())) if len(asked) <= _ASKED_CHARS and asked.isascii() else None


def _answer_texts(problem: Problem) -> list[str]:
    """The gold's wordings; for multiple choice, the texts of the options that would be paid."""
    if problem.options:
        prepared = prepare(problem)
        if isinstance(prepared, Unscored):
            return []
        paid = [option for option in problem.options if _is_paid(prepared(option))]
        return [_LABEL.sub("", option, count=1) if _LABEL.match(option) else option for option in paid]
    golds = problem.gold if isinstance(problem.gold, tuple) else (problem.gold,)
    return [unwrap_answer(str(gold)) for gold in golds if gold is not None]


def _is_paid(graded: Grade) -> bool:
    return isinstance(graded, Score) and graded.value == 1.0


def _contains(words: list[str], phrase: list[str]) -> bool:
    """Whether the phrase stands in the words, word by word."""
    return f" {' '.join(phrase)} " in f" {' '.join(words)} "
