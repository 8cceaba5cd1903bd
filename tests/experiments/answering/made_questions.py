"""Questions made by hand, and what puts them to a scripted server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from p2r_rewards.experiments.answering.answering import AnswerJob, NotAsked, answer_questions, show_medium
from p2r_rewards.experiments.answering.run_folder import RunFolder
from p2r_rewards.experiments.benchmarks.question import Medium, Question, Wording
from p2r_rewards.experiments.generation.generators import open_generator
from p2r_rewards.experiments.generation.tasks import GenerationTask
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.limits import Limits
from p2r_rewards.problem import Problem

QUICK = Limits(concurrency=4, request_timeout=20.0, attempts=2, backoff=0.01, backoff_cap=0.02, item_deadline=30.0)


def question(number: int, *, task: str = "pets", media: tuple[Medium, ...] = (), **more: Any) -> Question:
    text = more.pop("text", f"Question {number}: which barks?")
    options = ("A. a cat", "B. a dog", "C. a fish")
    return Question(
        "mvbench",
        f"{task}/{number}",
        Problem(text, gold="B", type="multiple choice", options=options),
        media,
        Wording("\n".join([text, "Options:", *options])),
        {"task": task, "duration": "short" if number % 2 else "long", **more},
    )


def ask(one: Question) -> GenerationTask | NotAsked:
    if one.breakdown.get("mute"):
        return NotAsked(one.breakdown["mute"])
    return GenerationTask(one.key, one.wording.question, tuple(map(show_medium, one.media)))


def job(questions: list[Question], folder: Path, **more: Any) -> AnswerJob:
    settings = {"benchmark": "mvbench", "model": "m", **more.pop("settings", {})}
    return AnswerJob(questions=questions, ask=ask, style="direct", folder=RunFolder(folder), settings=settings, **more)


def answer(address: str, questions: list[Question], folder: Path, root: Path | None = None, **more: Any) -> Any:
    generator = open_generator(
        f"openai:m@{address}", media_root=root, decoding=Decoding(temperature=0.01, top_p=0.001), limits=QUICK
    )
    return answer_questions(job(questions, folder, **more), generator)
