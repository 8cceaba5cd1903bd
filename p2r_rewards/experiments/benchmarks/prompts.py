"""The prompt of a question: process-aware, think-answer, or asking for a direct answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.problem import ProblemType
from p2r_rewards.templates.loader import load_template

PromptStyle = Literal["process-aware", "think-answer", "direct"]
"""Which form of reply a prompt asks for."""

STYLES: tuple[PromptStyle, ...] = get_args(PromptStyle)

TEMPLATES = {"process-aware": "process-aware-cot", "think-answer": "perception-examination"}
"""The built-in templates of the styles whose replies have tags."""

_ANSWERS = {
    ProblemType.MULTIPLE_CHOICE: "The answer is the letter of one option.",
    ProblemType.NUMERICAL: "The answer is a number.",
    ProblemType.REGRESSION: "The answer is a number.",
    ProblemType.TEMPORAL: "The answer is a stretch of time in seconds, as [start, end].",
    "box": "The answer is a box in pixels, as [x1, y1, x2, y2].",
}
_SUBTITLES = "The video's subtitles at the frames shown:"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is sent beside the media, which come first in the user's turn.

    Attributes:
        text: The user's text.
        system: The system's turn; empty: none.
        prefix: How the assistant's turn begins; empty: the model begins it.
        template: The template's name and version, or "direct".
    """

    text: str
    system: str = ""
    prefix: str = ""
    template: str = "direct"


def write_prompt(
    question: Question, style: PromptStyle = "process-aware", *, template: str | None = None, subtitles: str = ""
) -> Prompt:
    """The prompt that asks a question.

    The benchmark's preamble stands in all styles; its instruction, system text and opening of the reply belong to
    direct answers, and would contradict a template that asks for tags.

    Args:
        question: The question.
        style: The form of reply that is asked for.
        template: A template of yours, by file, in place of the style's; its one field is `question`.
        subtitles: Text to show before the question; the paper shows none.

    Raises:
        ConfigError: There is no such style, or the template has other fields.
    """
    if style not in STYLES:
        message = f"prompt must be one of {', '.join(STYLES)}, not {style!r:.80}"
        raise ConfigError(message)
    wording = question.wording
    shown = f"{_SUBTITLES}\n{subtitles}" if subtitles else ""
    if style == "direct" and template is None:
        return Prompt(
            _join(wording.preamble, shown, wording.question, wording.instruction), wording.system, wording.prefix
        )
    loaded = load_template(template or TEMPLATES[style])
    if loaded.fields != ("question",):
        message = f"template {loaded.name!r} must have the one field 'question', not {', '.join(loaded.fields)}"
        raise ConfigError(message)
    form = answer_form(question)
    asked = _join(wording.preamble, shown, f"{wording.question}\n{form}" if form else wording.question)
    messages = {part["role"]: part["content"] for part in loaded.render({"question": asked})}
    return Prompt(messages["user"], messages.get("system", ""), template=loaded.identity)


def answer_form(question: Question) -> str:
    """What the answer in its tags shall be, in a sentence; empty where anything may be."""
    if question.problem.options and not _options_shown(question):
        return f"The answer is {' or '.join(question.problem.options)}."
    return _ANSWERS.get(question.problem.type, "")


def _options_shown(question: Question) -> bool:
    """Whether the question's text shows its options: those of yes-or-no questions it does not."""
    return question.problem.type != ProblemType.MULTIPLE_CHOICE or "\n" in question.wording.question


def _join(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
