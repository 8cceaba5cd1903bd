"""A benchmark's prompt as a task for a generator."""

from __future__ import annotations

from p2r_rewards.experiments.answering.answering import Ask, show_medium
from p2r_rewards.experiments.benchmarks.prompts import TEMPLATES, write_prompt
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.answer import PromptStyle
from p2r_rewards.experiments.generation.tasks import GenerationTask
from p2r_rewards.templates.loader import load_template


def ask_in(style: PromptStyle, template: str | None = None) -> Ask:
    """What makes prompts in a style, with the media first.

    A chat server begins the assistant's turn itself: what a benchmark lets it begin with ends the user's turn.

    Args:
        style: The form of reply that is asked for.
        template: A template of the user's own, by file.
    """

    def ask(question: Question) -> GenerationTask:
        prompt = write_prompt(question, style, template=template)
        text = f"{prompt.text}\n{prompt.prefix}" if prompt.prefix else prompt.text
        return GenerationTask(question.key, text, tuple(map(show_medium, question.media)), prompt.system or None)

    return ask


def prompt_identity(style: PromptStyle, template: str | None = None) -> str:
    """What identifies the words of a prompt: name, version and hash of its template, or "direct".

    Raises:
        ConfigError: There is no such template.
    """
    if template is None and style == "direct":
        return "direct"
    return load_template(template or TEMPLATES[style]).identity
