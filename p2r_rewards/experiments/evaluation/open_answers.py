"""Answers that a benchmark's own score has a judge read: open ones against references, captions for what they tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import as_file, files
from typing import Any, NamedTuple

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.benchmarks import mmvu, tempcompass, vcr_bench
from p2r_rewards.experiments.evaluation.marks import Mark
from p2r_rewards.experiments.evaluation.replies import read_reply
from p2r_rewards.experiments.evaluation.verdicts import Verdict as QuestionVerdict
from p2r_rewards.graders.grading import grade
from p2r_rewards.judges.client import Message, Reply
from p2r_rewards.judges.extraction import build_extraction, find_extraction, settle_on
from p2r_rewards.judges.opening import LEXICAL, judge_with, open_client
from p2r_rewards.judges.outcome import check_reached
from p2r_rewards.judges.sufficiency import build_messages
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.judges.verdict import Judge, JudgeItem, Verdict
from p2r_rewards.problem import Problem
from p2r_rewards.scores import Unscored
from p2r_rewards.templates.loader import PromptTemplate, load_template

JUDGED = (mmvu.NAME, vcr_bench.NAME, tempcompass.NAME)
"""Benchmarks whose own score asks a judge."""

MAX_CHARS = 65_536


class AnswerJudges(NamedTuple):
    """A model in its two parts.

    Attributes:
        name: The string that names the model.
        answers: Says whether an open answer means the same as the reference.
        captions: Answers a choice question from a caption alone; the option stands in a verdict's `how`.
    """

    name: str
    answers: Judge
    captions: Judge


@contextmanager
def open_answer_judges(spec: str, *, cache: Any = True, **options: Any) -> Iterator[AnswerJudges]:
    """The judges of answers that a string such as `openai:MODEL@URL` names; they are closed at the end.

    Args:
        spec: The string, as `open_judge` takes it.
        cache: Where verdicts are kept, as `open_judge` takes it.
        **options: What `ModelJudge` takes beside, such as `limits`.

    Raises:
        ConfigError: It names none, or a judge of observations that is no language model.
        MissingExtraError: A library that it needs is not installed.
    """
    if spec in LEXICAL:
        message = f"--judge {spec}: judges observations; answers need a language model"
        raise ConfigError(message)
    client = open_client(spec)
    shared = {"cache": cache, **options}
    answers: Any = judge_with(client, template=_template("open-answer"), prepare=prepare_answer, **shared)
    captions: Any = judge_with(
        client,
        template=_template("caption-choice"),
        prepare=_prepare_caption,
        read=_read_caption,
        structured=False,
        **shared,
    )
    try:
        yield AnswerJudges(spec, answers, captions)
    finally:
        captions.close()
        answers.close()


def _template(name: str) -> PromptTemplate:
    with as_file(files("p2r_rewards.experiments.evaluation").joinpath(f"{name}.md")) as path:
        return load_template(path)


def prepare_answer(item: JudgeItem, template: PromptTemplate) -> Verdict | list[Message]:
    """The messages that ask whether an answer is the reference, or the verdict where nobody needs to be asked."""
    return _plain_verdict(item) or build_messages(item, template)


def _prepare_caption(item: JudgeItem, template: PromptTemplate) -> Verdict | list[Message]:
    return _plain_verdict(item) or build_extraction(item.observation, item.options, item.question, template)


def _plain_verdict(item: JudgeItem) -> Verdict | None:
    if not (item.question or "").strip() or not item.gold.strip():
        return Verdict(sufficient=None, how="question or gold is missing")
    if not item.observation.strip():
        return Verdict(sufficient=False, how="empty reply")
    if len(item.question or "") + len(item.gold) > MAX_CHARS:
        return Verdict(sufficient=None, how=f"question and gold are over {MAX_CHARS:,} characters")
    return None


def _read_caption(reply: Reply) -> tuple[bool | None, str]:
    content = find_extraction(reply)
    if content is None:
        return None, "the reply holds no extraction"
    return content.casefold() not in ("no", "none"), content


def judge_answers(verdicts: Sequence[QuestionVerdict], judges: AnswerJudges) -> list[QuestionVerdict]:
    """The verdicts, with official marks by a judge where the benchmark's own score asks one.

    What the judge can't answer stays unscored, with the reason: it is not dropped, and is no 0.

    Raises:
        DataError: The judge can't be reached.
    """
    found = list(verdicts)
    for judge, captions in ((judges.answers, False), (judges.captions, True)):
        asked = [number for number, one in enumerate(verdicts) if _needs_judge(one) and _is_caption(one) is captions]
        answers = judge_sync(judge, [_item(verdicts[number]) for number in asked])
        check_reached(judge, judges.name, answers)
        for number, answer in zip(asked, answers, strict=True):
            mark = _mark_caption(verdicts[number].question.problem, answer) if captions else _mark(answer)
            found[number] = replace(verdicts[number], marks={**verdicts[number].marks, "official": mark})
    return found


def _is_caption(verdict: QuestionVerdict) -> bool:
    return verdict.question.problem.type == "captioning"


def _needs_judge(verdict: QuestionVerdict) -> bool:
    return (
        verdict.question.benchmark in JUDGED
        and verdict.state == "answered"
        and (_is_caption(verdict) or not verdict.question.problem.options)
        and verdict.marks["official"].value is None
    )


def _item(verdict: QuestionVerdict) -> JudgeItem:
    problem, answer = verdict.question.problem, verdict.answer
    text = read_reply(answer.output or "", answer.prompt).text if answer is not None else ""
    return JudgeItem(
        question=problem.meta["mc_question"] if _is_caption(verdict) else problem.question,
        gold=str(problem.gold or ""),
        observation=text,
        options=problem.options,
        type=str(problem.type),
    )


def _mark(answer: Verdict) -> Mark:
    if answer.sufficient is None:
        return Mark(None, f"the judge has no verdict: {answer.how}")
    return Mark(float(answer.sufficient), f"judged by {answer.model or 'nobody'}: {answer.how}")


def _mark_caption(problem: Problem, answer: Verdict) -> Mark:
    """Whether the option that a caption supports is the right one; a caption that supports none is wrong."""
    if not answer.sufficient:
        return _mark(answer)
    choice = settle_on(answer.how, problem.options)
    if choice.label is None:
        return Mark(None, f"the judge has no verdict: {choice.how}")
    asked = Problem(problem.meta["mc_question"], gold=problem.gold, type="multiple choice", options=problem.options)
    graded = grade(asked, choice.label)
    if isinstance(graded, Unscored):
        return Mark(None, graded.reason)
    return Mark(graded.value, f"judged by {answer.model}: the caption supports {choice.label}; {graded.how}")
