"""Scored runs written without a model: what each question is answered with is chosen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from p2r_rewards.experiments.analyses.named_runs import NamedRun
from p2r_rewards.experiments.benchmarks.locate import load_benchmark
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.score_files import score_answers

Choose = Callable[[Question], str | None]


def right(question: Question) -> str:
    gold = question.problem.gold
    return str(gold[0] if isinstance(gold, tuple) else gold)


def write_run(folder: Path, data: Path, choose: Choose, *, name: str = "run") -> NamedRun:
    """The answers that `choose` gives, scored; None: unanswered."""
    benchmark = load_benchmark(data)
    place = folder / benchmark.benchmark.name
    place.mkdir(parents=True, exist_ok=True)
    lines = []
    for question in benchmark.questions:
        chosen = choose(question)
        lines.append(
            {
                "benchmark": question.benchmark,
                "key": question.key,
                "output": None if chosen is None else f"<think>So.</think><answer>{chosen}</answer>",
                "error": "no answer" if chosen is None else None,
                "model": name,
                "path": question.media[0].path if question.media else None,
            }
        )
    answers = place / "answers.jsonl"
    answers.write_text("".join(json.dumps(line) + "\n" for line in lines))
    score_answers([str(answers)], str(data), place)
    return NamedRun(name, str(folder))
