"""Questions joined with answers, and the marks of each by every rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.answer import Answer
from p2r_rewards.experiments.evaluation.answer_files import AnswerRow
from p2r_rewards.experiments.evaluation.marks import Mark
from p2r_rewards.experiments.evaluation.replies import read_reply
from p2r_rewards.experiments.evaluation.rules import RULES, RuleName, grade_reply

State = Literal["answered", "failed", "missing"]
"""Whether there is an answer, an error in its place, or no row at all."""

Unanswered = Literal["leave-out", "wrong"]
"""What becomes of questions without an answer: unscored, or 0."""

_REASONS = {"failed": "not answered: {}", "missing": "no row answers this question"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one question.

    Attributes:
        question: The question.
        state: Whether it was answered.
        answer: The row that answers it.
        read: The answer's text as this library's rules read it.
        marks: The mark of each rule.
    """

    question: Question
    state: State
    answer: Answer | None
    read: str | None
    marks: Mapping[RuleName, Mark]


def join_answers(questions: Sequence[Question], rows: Iterable[AnswerRow]) -> list[tuple[Question, Answer | None]]:
    """Every question with its answer, in the questions' order.

    Raises:
        DataError: A row answers another benchmark's question, one that is not there, or one that is answered already.
    """
    benchmark = questions[0].benchmark
    known = {question.key for question in questions}
    found: dict[str, AnswerRow] = {}
    strange: list[AnswerRow] = []
    for row in rows:
        if row.answer.benchmark not in ("", benchmark):
            message = f"{row.place}: answers a question of {row.answer.benchmark}, but the data are {benchmark}"
            raise DataError(message)
        if row.answer.key not in known:
            strange.append(row)
        elif row.answer.key in found:
            message = f"{row.place}: answers {row.answer.key!r} again, after {found[row.answer.key].place}"
            raise DataError(message)
        else:
            found[row.answer.key] = row
    if strange:
        first = strange[0]
        message = (
            f"{first.place}: {benchmark} there has no question {first.answer.key!r:.120} ({len(strange):,} such rows); "
            f"its keys are such as {questions[0].key!r}; is it another release or variant?"
        )
        raise DataError(message)
    return [(one, found[one.key].answer if one.key in found else None) for one in questions]


def judge_answer(question: Question, answer: Answer | None, unanswered: Unanswered = "leave-out") -> Verdict:
    """The verdict on one question; an empty reply is an answer, and a wrong one, an error is none."""
    if answer is None or answer.output is None:
        state: State = "missing" if answer is None else "failed"
        reason = (answer.error or "no output") if answer else ""
        how = _REASONS[state].replace("{}", reason[:200])
        # What counts as wrong is not left out as a reply without an answer is by some rules.
        mark = Mark(0.0, how) if unanswered == "wrong" else Mark(None, how, parsed=False)
        return Verdict(question, state, answer, None, dict.fromkeys(RULES, mark))
    reply = read_reply(answer.output, answer.prompt)
    marks = {rule: grade_reply(rule, question, reply) for rule in RULES}
    return Verdict(question, "answered", answer, reply.answer, marks)
