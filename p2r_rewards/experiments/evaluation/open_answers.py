"""Open answers compared with their references by a model, for benchmarks whose own score needs a judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from typing import Any

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.benchmarks import mmvu, vcr_bench
from p2r_rewards.experiments.evaluation.marks import Mark
from p2r_rewards.experiments.evaluation.replies import read_reply
from p2r_rewards.experiments.evaluation.verdicts import Verdict as QuestionVerdict
from p2r_rewards.judges.client import Message
from p2r_rewards.judges.opening import LEXICAL, open_judge
from p2r_rewards.judges.sufficiency import build_messages
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.judges.verdict import Judge, JudgeItem, Verdict
from p2r_rewards.templates.loader import PromptTemplate, load_template

JUDGED = (mmvu.NAME, vcr_bench.NAME)
"""Benchmarks whose own score asks a judge whether an open answer is the reference."""

MAX_CHARS = 65_536


def open_answer_judge(spec: str, **options: Any) -> Judge:
    """The judge of open answers that a string such as `openai:MODEL@URL` names.

    Args:
        spec: The string, as `open_judge` takes it.
        **options: What `open_judge` takes beside.

    Raises:
        ConfigError: It names none, or a judge of observations that is no language model.
        MissingExtraError: A library that it needs is not installed.
    """
    if spec in LEXICAL:
        message = f"--judge {spec}: judges observations; open answers need a language model"
        raise ConfigError(message)
    with as_file(files("p2r_rewards.experiments.evaluation").joinpath("open-answer.md")) as path:
        template = load_template(path)
    return open_judge(spec, template=template, prepare=prepare_answer, **options)


def prepare_answer(item: JudgeItem, template: PromptTemplate) -> Verdict | list[Message]:
    """The messages that ask whether an answer is the reference, or the verdict where nobody needs to be asked."""
    if not (item.question or "").strip() or not item.gold.strip():
        return Verdict(sufficient=None, how="question or gold is missing")
    if not item.observation.strip():
        return Verdict(sufficient=False, how="empty reply")
    if len(item.question or "") + len(item.gold) > MAX_CHARS:
        return Verdict(sufficient=None, how=f"question and gold are over {MAX_CHARS:,} characters")
    return build_messages(item, template)


def judge_open_answers(verdicts: Sequence[QuestionVerdict], judge: Judge) -> list[QuestionVerdict]:
    """The verdicts with official marks by a judge where the benchmark's own score asks one.

    What the judge can't answer stays unscored, with the reason: it is not dropped, and is no 0.
    """
    asked = [number for number, verdict in enumerate(verdicts) if _needs_judge(verdict)]
    answers = judge_sync(judge, [_item(verdicts[number]) for number in asked])
    found = list(verdicts)
    for number, answer in zip(asked, answers, strict=True):
        mark = (
            Mark(None, f"the judge has no verdict: {answer.how}")
            if answer.sufficient is None
            else Mark(float(answer.sufficient), f"judged by {answer.model or 'nobody'}: {answer.how}")
        )
        found[number] = replace(verdicts[number], marks={**verdicts[number].marks, "official": mark})
    return found


def _needs_judge(verdict: QuestionVerdict) -> bool:
    return (
        verdict.question.benchmark in JUDGED
        and verdict.state == "answered"
        and not verdict.question.problem.options
        and verdict.marks["official"].value is None
    )


def _item(verdict: QuestionVerdict) -> JudgeItem:
    problem, answer = verdict.question.problem, verdict.answer
    text = read_reply(answer.output or "", answer.prompt).text if answer is not None else ""
    return JudgeItem(question=problem.question, gold=str(problem.gold or ""), observation=text, type=str(problem.type))
