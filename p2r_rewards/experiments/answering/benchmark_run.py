"""A benchmark's run: its questions read, chosen and put to a model, by settings that the stamp keeps."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from p2r_rewards.experiments.answering.answering import AnswerJob, Ask, NotAsked, answer_questions
from p2r_rewards.experiments.answering.choosing import Choice, choose_questions
from p2r_rewards.experiments.answering.prompting import ask_in, prompt_identity
from p2r_rewards.experiments.answering.run_folder import Format, RunFolder
from p2r_rewards.experiments.benchmarks.locate import LocalBenchmark, load_benchmark
from p2r_rewards.experiments.benchmarks.media_check import check_media
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.answer import PromptStyle
from p2r_rewards.experiments.evaluation.score_files import score_answers
from p2r_rewards.experiments.generation.generators import LIMITS, ChatGenerator, open_generator
from p2r_rewards.experiments.generation.media_parts import MediaSettings
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.limits import Limits

PAPER_DECODING = Decoding(temperature=0.01, top_p=0.001, max_tokens=1024)
"""arXiv 2511.11113, Supp. 8.1; the number of tokens is this project's, as in its recipes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How a benchmark is put to a model; the defaults are the paper's (arXiv 2511.11113, Supp. 8.1).

    Args:
        model: What names the model: `openai:MODEL@URL`, `openai:MODEL` or `vllm:PATH`.
        style: The form of reply that is asked for.
        template: A prompt of the user's own, by file, in place of the style's.
        media: Frames and pixels.
        decoding: Temperature, top_p and the most tokens of a reply.
        limits: How hard the server is pressed.
    """

    model: str
    style: PromptStyle = "process-aware"
    template: str | None = None
    media: MediaSettings = field(default_factory=MediaSettings)
    decoding: Decoding = PAPER_DECODING
    limits: Limits = LIMITS

    def open(self, root: Path) -> ChatGenerator:
        """The model, with media under a benchmark's folder.

        Raises:
            ConfigError: The string names none, or what it needs is not there.
            MissingExtraError: A library it needs is not installed.
        """
        return open_generator(
            self.model, media_root=root, decoding=self.decoding, settings=self.media, limits=self.limits
        )


@dataclass(frozen=True, slots=True)
class BenchmarkRun:
    """Questions ready to be asked.

    Attributes:
        benchmark: Where they come from.
        questions: Those that were chosen.
        choice: How.
        settings: How they are asked.
        ask: Makes their prompts.
        prompt: What identifies the words of the prompts.
        without_media: How many of them have media that are missing or broken.
        media_message: What is missing, and what was expected where; empty: nothing.
        more: What else the stamp shall hold.
    """

    benchmark: LocalBenchmark
    questions: tuple[Question, ...]
    choice: Choice
    settings: RunSettings
    ask: Ask
    prompt: str
    without_media: int
    media_message: str
    more: Mapping[str, Any] = field(default_factory=dict)

    def stamp(self, model: str) -> dict[str, Any]:
        """What the answers depend on, as plain data."""
        settings = self.settings
        return {
            "benchmark": self.benchmark.benchmark.name,
            "layout": self.benchmark.layout.name,
            "variant": self.benchmark.variant,
            "model": model,
            "prompt": {"style": settings.style, "template": self.prompt},
            "media": dataclasses.asdict(settings.media),
            "decoding": {**dataclasses.asdict(settings.decoding), "extra": dict(settings.decoding.extra)},
            **self.more,
        }


def plan_run(
    folder: str | Path,
    settings: RunSettings,
    choice: Choice,
    *,
    name: str | None = None,
    variant: str | None = None,
    ask: Ask | None = None,
    prompt: str | None = None,
    shows_media: bool = True,
    more: Mapping[str, Any] | None = None,
) -> BenchmarkRun:
    """The questions of a benchmark's folder that are to be asked; nothing is asked yet.

    Args:
        folder: The benchmark's folder.
        settings: How they are asked.
        choice: Which of them.
        name: The benchmark that it must be; None: whichever lies there.
        variant: The selection of the benchmark's own.
        ask: Makes prompts in place of the style's.
        prompt: What identifies the words of these.
        shows_media: Whether prompts show media, so that missing ones matter.
        more: What else the stamp shall hold.

    Raises:
        ConfigError: An option fits nothing.
        DataError: The folder does not hold what it should.
    """
    benchmark = load_benchmark(folder, name, variant)
    identity = prompt or prompt_identity(settings.style, settings.template)
    questions = tuple(choose_questions(benchmark.questions, choice))
    own = ask or ask_in(settings.style, settings.template)
    if questions:
        own(questions[0])  # a template that does not fit is refused before anything is asked
    without, message = 0, ""
    if shows_media:
        chosen = dataclasses.replace(benchmark, questions=questions)
        check = check_media(chosen)
        without = len(check.without)
        message = "" if check.complete else check.message(chosen)
    return BenchmarkRun(benchmark, questions, choice, settings, own, identity, without, message, more or {})


def run_benchmark(
    run: BenchmarkRun,
    output: str | Path,
    *,
    form: Format = "jsonl",
    progress: Callable[[str, int], None] | None = None,
) -> dict[str, Any]:
    """Asks the questions of a run, writes the answers into its folder, and tells what came of it.

    Raises:
        ConfigError: The model can't be opened, or the folder holds a run with other settings.
        DataError: The server failed too often in a row, or nothing can be written.
    """
    generator = run.settings.open(run.benchmark.root)
    job = AnswerJob(
        questions=run.questions,
        ask=run.ask,
        style=run.settings.style,
        folder=RunFolder(output),
        settings=run.stamp(generator.model),
        chosen=run.choice.to_mapping(),
        shard=run.choice.shard,
        form=form,
    )
    return {**describe_run(run), **answer_questions(job, generator, progress=progress)}


def score_run(run: BenchmarkRun, summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The main score of each rule, of the answers that `run_benchmark` told of, as plain data.

    Writes `scores.json` and `verdicts.jsonl` beside the answers, as `p2r-eval score` does.

    Raises:
        DataError: Files can't be read or written.
    """
    answers = Path(summary["output"])
    record = score_answers(
        [str(answers)],
        str(run.benchmark.root),
        answers.parent,
        benchmark=run.benchmark.benchmark.name,
        variant=run.benchmark.variant,
    )
    return [{"rule": rule, **scored["measures"][0]} for rule, scored in record["rules"].items() if scored["measures"]]


def describe_run(run: BenchmarkRun) -> dict[str, Any]:
    """What is to be asked, as plain data."""
    return {
        "benchmark": run.benchmark.benchmark.name,
        "title": run.benchmark.benchmark.title,
        "layout": run.benchmark.layout.name,
        "data": str(run.benchmark.root),
        "of": len(run.benchmark.questions),
        "questions": len(run.questions),
        "sharded": run.choice.shard != (1, 1),
        "without_media": run.without_media,
        "media_message": run.media_message,
        "prompt": run.prompt,
    }


def show_first_prompt(run: BenchmarkRun) -> dict[str, Any] | None:
    """The first prompt that would be sent, as plain data, without asking; None where there is no question."""
    for question in run.questions:
        task = run.ask(question)
        if not isinstance(task, NotAsked):
            return {
                "key": question.key,
                "system": task.system,
                "text": task.prompt,
                "media": [str(medium.path) for medium in task.media],
            }
    return None
