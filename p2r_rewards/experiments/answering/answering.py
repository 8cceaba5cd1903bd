"""Questions to answers: asked once each, kept as they come, written in order when all are done."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from p2r_rewards import __version__
from p2r_rewards.experiments.answering.answers_file import AnswersFile, answer_row, make_answer
from p2r_rewards.experiments.answering.run_folder import Format, RunFolder, write_json
from p2r_rewards.experiments.benchmarks.question import Medium, Question
from p2r_rewards.experiments.evaluation.answer import PromptStyle
from p2r_rewards.experiments.generation.generators import Generator
from p2r_rewards.experiments.generation.run import GenerationCounts, generate_all
from p2r_rewards.experiments.generation.store import GenerationStore
from p2r_rewards.experiments.generation.tasks import Generation, GenerationTask, Media
from p2r_rewards.rollouts.json_text import dump_json, make_plain

MAX_FAULTS = 20
MAX_NAMED = 5
NOT_ASKED = "not asked"


class NotAsked(NamedTuple):
    """Why a question can't be put to the model."""

    reason: str


Ask = Callable[[Question], GenerationTask | NotAsked]
"""Makes a question's prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerJob:
    """What is asked, and where the answers go.

    Args:
        questions: The questions, in order.
        ask: Makes their prompts.
        style: The form of reply that the prompts ask for.
        folder: The run's folder.
        settings: What the answers depend on, for the stamp: a run in the same folder must have the same.
        chosen: Which questions were chosen, for the stamp.
        shard: Which shard they are.
        form: The format of the answers.
    """

    questions: Sequence[Question]
    ask: Ask
    style: PromptStyle
    folder: RunFolder
    settings: Mapping[str, Any]
    chosen: Mapping[str, Any] = field(default_factory=dict)
    shard: tuple[int, int] = (1, 1)
    form: Format = "jsonl"

    @property
    def output(self) -> Path:
        """The file of answers."""
        return self.folder.answers(self.shard, self.form)


def answer_questions(
    job: AnswerJob, generator: Generator, *, progress: Callable[[str, int], None] | None = None
) -> dict[str, Any]:
    """Asks what was not answered yet, writes the answers in the order of the questions, and tells what came of it.

    Every answer is on disk when it comes: after a kill the same call asks only for the rest, and writes the same bytes
    as an undisturbed one. A question without an answer has a row with the reason, and is counted by reason.

    Raises:
        ConfigError: The folder holds a run with other settings.
        DataError: The server failed too often in a row, another process works on the same answers, or nothing can be
            written.
    """
    job.folder.check(job.settings)
    with ExitStack() as stack:
        stack.enter_context(job.folder.held(job.output))
        store = stack.enter_context(GenerationStore(job.folder.store))
        output = AnswersFile(job.output, stack)
        tally = _Tally()
        counts = GenerationCounts()
        asyncio.run(_answer(job, generator, store, output, tally, counts, progress))
        output.commit()
    write_json(job.output.with_name(f"{job.output.name}.provenance.json"), make_stamp(job, tally))
    return {
        "output": str(job.output),
        "model": generator.model,
        **tally.described(),
        "known": counts.known,
        "requests": generator.ledger.requests,
        "retries": generator.ledger.retries,
        "prompt_tokens": generator.ledger.prompt_tokens,
        "completion_tokens": generator.ledger.completion_tokens,
    }


@dataclass(slots=True)
class _Tally:
    questions: int = 0
    answered: int = 0
    cut_off: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[str]] = field(default_factory=dict)

    def add(self, question: Question, generation: Generation) -> None:
        self.questions += 1
        if generation.error is None:
            self.answered += 1
            self.cut_off += generation.finish_reason == "length"
            return
        fault = generation.fault or generation.error
        if fault not in self.faults and len(self.faults) >= MAX_FAULTS:
            fault = "others"
        self.faults[fault] += 1
        named = self.first.setdefault(fault, [])
        if len(named) < MAX_NAMED:
            named.append(f"{question.key}: {generation.error}")

    def described(self) -> dict[str, Any]:
        return {
            "questions": self.questions,
            "answered": self.answered,
            "unanswered": self.questions - self.answered,
            "cut_off": self.cut_off,
            "faults": [
                {"fault": fault, "questions": count, "first": self.first[fault]}
                for fault, count in self.faults.most_common()
            ],
        }


async def _answer(
    job: AnswerJob,
    generator: Generator,
    store: GenerationStore,
    output: AnswersFile,
    tally: _Tally,
    counts: GenerationCounts,
    progress: Callable[[str, int], None] | None,
) -> None:
    try:
        async with aclosing(_in_order(job, generator, store, counts, progress)) as answers:
            async for question, generation in answers:
                tally.add(question, generation)
                answer = make_answer(question, generation, job.style)
                output.write(answer_row(question, answer, generation))
    finally:
        await generator.aclose()


async def _in_order(
    job: AnswerJob,
    generator: Generator,
    store: GenerationStore,
    counts: GenerationCounts,
    progress: Callable[[str, int], None] | None,
) -> AsyncGenerator[tuple[Question, Generation], None]:
    """Each question with its generation, in order; those that can't be asked come between with the reason."""
    before: list[tuple[Question, NotAsked]] = []  # of those that can't be asked, read ahead of the answers
    asked: list[Question] = []
    places: dict[int, list[tuple[Question, NotAsked]]] = {}

    def tasks() -> Iterator[GenerationTask]:
        for question in job.questions:
            task = job.ask(question)
            if isinstance(task, NotAsked):
                before.append((question, task))
                continue
            places[len(asked)], before[:] = list(before), []
            asked.append(question)
            # What UTF-8 can't hold can't be sent.
            yield replace(task, prompt=make_plain(task.prompt)[0], system=make_plain(task.system)[0])

    number = 0
    async for _, generation in generate_all(tasks(), generator, store, counts=counts, progress=progress):
        for question, why in places.pop(number):
            yield question, _not_asked(question, why, generator)
        yield asked[number], generation
        number += 1
    for question, why in before:
        yield question, _not_asked(question, why, generator)


def _not_asked(question: Question, why: NotAsked, generator: Generator) -> Generation:
    return Generation(question.key, "", model=generator.model, error=why.reason, fault=f"{NOT_ASKED}: {why.reason}")


def make_stamp(job: AnswerJob, tally: _Tally) -> dict[str, Any]:
    """What made the answers, without time, machine or user: the same for the same answers."""
    described = tally.described()
    return {
        "package": "p2r-rewards",
        "version": __version__,
        **job.settings,
        "chosen": dict(job.chosen),
        "questions_sha256": hash_questions(job.questions),
        "counts": {name: described[name] for name in ("questions", "answered", "unanswered", "cut_off")},
    }


def hash_questions(questions: Sequence[Question]) -> str:
    """The SHA-256 of what is asked and of the golds, in hexadecimal."""
    digest = hashlib.sha256()
    for question in questions:
        told = [question.benchmark, question.key, question.wording.question, repr(question.problem.gold)]
        digest.update(dump_json(told)[0] + b"\n")
    return digest.hexdigest()


def show_medium(medium: Medium) -> Media:
    """A question's medium as generators take it.

    Raises:
        ConfigError: Its times are none.
    """
    return Media(
        "image" if medium.kind == "image" else "video", Path(medium.path), medium.start, medium.end, medium.fps
    )
