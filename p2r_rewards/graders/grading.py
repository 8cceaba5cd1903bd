"""`grade` and `grade_many`: the caps, the alternatives, and the work per gold done once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, TypeAlias

from p2r_rewards.errors import ConfigError
from p2r_rewards.graders.config import GradingConfig
from p2r_rewards.graders.registry import Grader, Mode, SimpleGrader, find_grader
from p2r_rewards.normalize import has_long_mark_run, unwrap_answer
from p2r_rewards.problem import Problem
from p2r_rewards.scores import Grade, Score, Unscored

PreparedGrader: TypeAlias = Callable[[str], Grade]
"""A grader with its gold read: an answer's text in, a grade out."""

DEFAULT_CONFIG = GradingConfig()

SEEN_ANSWERS, SEEN_CHARS = 64, 256
"""How many answers, and of what length at most, are remembered with a gold."""


def grade(
    problem: Problem, answer: str | None, *, mode: Mode = "default", config: GradingConfig = DEFAULT_CONFIG
) -> Grade:
    """A `Score` in [0, 1] for the text of an answer, or `Unscored` where the data are at fault.

    Args:
        problem: What was asked, with its gold.
        answer: The text inside the answer tags (a pair of tags around it is taken off); None is no answer.
        mode: Whose rules: "default", "paper", or a peer's.
        config: The graders' options and limits.

    Raises:
        ConfigError: There is no such mode.
        TypeError: The answer is neither text nor None.

    Example:
        >>> problem = Problem("How many chairs?", gold="2", type="numerical")
        >>> grade(problem, "two").value
        1.0
        >>> grade(Problem("How many?", gold="many", type="numerical"), "two")
        Unscored(reason="gold 'many' is not a number")
    """
    return _compare(prepare(problem, mode=mode, config=config), answer)


def grade_many(
    problems: Iterable[Problem],
    answers: Iterable[str | None],
    *,
    mode: Mode = "default",
    config: GradingConfig = DEFAULT_CONFIG,
) -> list[Grade]:
    """The grades of many answers, in order; each problem's gold is read once however often it comes.

    Raises:
        ConfigError: There is no such mode.
        ValueError: There are not as many answers as problems.

    Example:
        >>> problem = Problem("Which?", gold="B", type="multiple choice", options=("a cat", "a dog"))
        >>> [graded.value for graded in grade_many([problem] * 3, ["(b)", "a dog", "A"])]
        [1.0, 1.0, 0.0]
    """
    prepared: dict[Problem, PreparedGrader | Unscored] = {}
    grades: list[Grade] = []
    for problem, answer in zip(problems, answers, strict=True):
        grader = prepared.get(problem)
        if grader is None:
            grader = prepared[problem] = prepare(problem, mode=mode, config=config)
        grades.append(_compare(grader, answer))
    return grades


def prepare(
    problem: Problem, *, mode: Mode = "default", config: GradingConfig = DEFAULT_CONFIG
) -> PreparedGrader | Unscored:
    """Reads the gold once: the result grades any number of answers, or says why none can be graded.

    Example:
        >>> prepared = prepare(Problem("How many?", gold="3", type="numerical"))
        >>> prepared("3.0").value
        1.0
    """
    grader = find_grader(problem.type, mode)
    if grader is None:
        return Unscored(f"unknown problem type {str(problem.type)!r:.80} in mode {mode!r}; see register_grader")
    if not isinstance(grader, Grader):
        return partial(_grade_simply, grader, problem)
    return _prepare(problem, grader, config)


@lru_cache(maxsize=256)
def _prepare(problem: Problem, grader: Grader[Any], config: GradingConfig) -> PreparedGrader | Unscored:
    problem_fault = _too_large(problem, config)
    if problem_fault is not None:
        return problem_fault
    golds = problem.gold if isinstance(problem.gold, tuple) else (problem.gold,)
    if not golds:
        return Unscored("gold is missing")
    prepared = []
    for gold in golds:
        bare = unwrap_answer(gold) if isinstance(gold, str) else gold
        if bare is None or bare in ("", ()):
            return Unscored("gold is missing")
        read = grader.prepare(problem, bare, config)
        if isinstance(read, Unscored):
            return read
        prepared.append(read)
    longest = max(len(str(gold)) for gold in golds)
    cap = max(config.max_answer_chars, config.max_answer_ratio * longest)
    return _PreparedGold(grader, tuple(prepared), cap, config.max_combining_marks)


def _compare(prepared: PreparedGrader | Unscored, answer: str | None) -> Grade:
    if isinstance(prepared, Unscored):
        return prepared
    if answer is None:
        return Score(0.0, "no answer")
    if not isinstance(answer, str):
        message = f"an answer is text or None, not {type(answer).__name__}"
        raise TypeError(message)
    return prepared(answer)


def _grade_simply(grader: SimpleGrader, problem: Problem, answer: str) -> Grade:
    graded = grader(problem, answer)
    if not isinstance(graded, Score | Unscored):
        message = f"the grader for {problem.type!r} must return Score or Unscored, not {type(graded).__name__}"
        raise ConfigError(message)
    return graded


@dataclass(frozen=True, slots=True)
class _PreparedGold:
    """A gold that has been read, with the caps on answers, and the grades of short answers that come again.

    The completions of a group often give the same answer: it is graded once.
    """

    grader: Grader[Any]
    golds: tuple[Any, ...]
    max_chars: int
    max_marks: int
    seen: dict[str, Grade] = field(default_factory=dict)

    def __call__(self, answer: str) -> Grade:
        graded = self.seen.get(answer)
        if graded is None:
            graded = self._grade(answer)
            if len(answer) <= SEEN_CHARS:
                if len(self.seen) >= SEEN_ANSWERS:
                    self.seen.clear()
                self.seen[answer] = graded
        return graded

    def _grade(self, answer: str) -> Grade:
        """The best score over the accepted alternatives, after the caps on the answer."""
        if len(answer) > self.max_chars:
            return Score(0.0, f"answer of {len(answer):,} characters is over the limit of {self.max_chars:,}")
        if has_long_mark_run(answer, self.max_marks):
            return Score(0.0, f"answer holds a run of more than {self.max_marks} combining marks")
        bare = unwrap_answer(answer)
        if len(self.golds) == 1:
            return self.grader.compare(self.golds[0], bare)
        return _best([self.grader.compare(gold, bare) for gold in self.golds])


def _best(grades: list[Grade]) -> Grade:
    """The highest score; `Unscored` where an alternative without a grade could have been higher."""
    best = max((graded for graded in grades if isinstance(graded, Score)), key=lambda s: s.value, default=None)
    if best is not None and best.value >= 1.0:
        return best
    return next((graded for graded in grades if isinstance(graded, Unscored)), best or grades[0])


def _too_large(problem: Problem, config: GradingConfig) -> Unscored | None:
    """Why a problem's own texts can't be graded against: each is capped before anything reads it."""
    texts: list[tuple[str, str]] = [("question", problem.question or "")]
    texts += [("option", option) for option in problem.options]
    texts += [("gold", text) for text in _gold_texts(problem.gold)]
    if sum(len(text) for _, text in texts) > 4 * config.max_gold_chars:
        return Unscored(f"question, options and gold together are over {4 * config.max_gold_chars:,} characters")
    for name, text in texts:
        if len(text) > config.max_gold_chars:
            return Unscored(f"{name} of {len(text):,} characters is over the limit of {config.max_gold_chars:,}")
        if has_long_mark_run(text, config.max_combining_marks):
            return Unscored(f"{name} holds a run of more than {config.max_combining_marks} combining marks")
    return None


def _gold_texts(gold: object) -> Iterable[str]:
    if isinstance(gold, str):
        yield gold
    elif isinstance(gold, tuple):
        for part in gold:
            yield from _gold_texts(part)
