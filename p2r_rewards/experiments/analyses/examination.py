"""What observations are worth: questions asked by text alone, with an observation, or with both and the video.

arXiv 2511.11113, Table 5; prompts after Fig. 13.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from p2r_rewards.errors import DataError
from p2r_rewards.experiments.answering.answering import Ask, NotAsked, show_medium
from p2r_rewards.experiments.benchmarks.prompts import answer_form, write_prompt
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.answer_files import AnswerRow
from p2r_rewards.experiments.generation.tasks import GenerationTask
from p2r_rewards.parsing import parse_completion
from p2r_rewards.templates.loader import PromptTemplate, load_template, parse_template

Shown = Literal["text", "text + observation", "video + text + observation"]
"""What the model is given."""

OWN = "own"
"""The name of the observations that the asked model made itself."""

NO_DESCRIPTION = "(no description is given)"
"""Stands in place of the observation where the observer's answer holds none: its own fault, which counts."""

_BESIDE_VIDEO = """---
name: perception-examination-beside
version: 1
fields: question, observation
---
{question}

Beside the visual material itself you are given this description of what it shows:
{observation}

Use both. Think before you answer, the way people reason with themselves: go step by step, question your own \
conclusions, come back to what you are unsure of, and check the result once more. Put this inner dialogue inside \
<think> and </think>. Then put the final answer, short and specific, inside <answer> and </answer>.
"""


class Condition(NamedTuple):
    """A row of the table.

    Attributes:
        shown: What the model is given.
        observer: Whose observations: "own" or a name; None: none.
    """

    shown: Shown
    observer: str | None = None

    @property
    def title(self) -> str:
        """Its name in tables."""
        if self.observer is None:
            return "text only"
        whose = "own" if self.observer == OWN else f"{self.observer}'s"
        return self.shown.replace("observation", f"{whose} observation")

    @property
    def shows_media(self) -> bool:
        """Whether the video is shown."""
        return self.shown.startswith("video")


Observations = Mapping[tuple[str, str], str | None]
"""Observations by benchmark and key; None where the observer answered without one."""


def list_conditions(observers: Iterable[str]) -> list[Condition]:
    """The rows of the table for these observers, in the paper's order.

    Example:
        >>> [one.title for one in list_conditions(["own"])]
        ['text only', 'text + own observation', 'video + text + own observation']
    """
    named = list(observers)
    return [
        Condition("text"),
        *(Condition("text + observation", name) for name in named),
        *(Condition("video + text + observation", name) for name in named),
    ]


def read_observations(rows: Iterable[AnswerRow]) -> dict[tuple[str, str], str | None]:
    """The observations in a run's answers; those without an answer are left out.

    Raises:
        DataError: Two rows answer the same question, or none holds an observation.
    """
    found: dict[tuple[str, str], str | None] = {}
    for answer, place, _ in rows:
        if answer.output is None:
            continue
        key = (answer.benchmark, answer.key)
        if key in found:
            message = f"{place}: answers {answer.key!r:.120} of {answer.benchmark} a second time; give each run once"
            raise DataError(message)
        observation = parse_completion(answer.output).observation
        found[key] = observation.text.strip() or None if observation is not None else None
    if not any(found.values()):
        message = "no answer of the observer's run holds an observation; run it with --prompt process-aware"
        raise DataError(message)
    return found


def ask_under(condition: Condition, observations: Observations | None = None) -> Ask:
    """What makes the prompts of a condition.

    A question that the observer's run has no answer to is not asked, and so unscored.
    """
    if condition.observer is None:
        return _ask_by_text
    template = load_observed(condition)
    known = observations or {}

    def ask(question: Question) -> GenerationTask | NotAsked:
        places = ((question.benchmark, question.key), ("", question.key))  # a file may not tell its benchmark
        place = next((place for place in places if place in known), None)
        if place is None:
            return NotAsked(f"the run of {condition.observer} has no answer to observe by")
        observation = known[place] or NO_DESCRIPTION
        return _with_observation(question, observation, template, condition)

    return ask


def prompt_of(condition: Condition) -> str:
    """What identifies the words of a condition's prompt."""
    template = load_template("perception-examination") if condition.observer is None else load_observed(condition)
    return template.identity


def load_observed(condition: Condition) -> PromptTemplate:
    """The template that gives an observation in place of the video, or beside it."""
    if condition.shows_media:
        return parse_template(_BESIDE_VIDEO, origin="perception-examination-beside")
    return load_template("perception-examination-observed")


def _ask_by_text(question: Question) -> GenerationTask:
    # What a benchmark says of its frames is left out with them.
    bare = dataclasses.replace(question, wording=dataclasses.replace(question.wording, preamble=""))
    prompt = write_prompt(bare, "think-answer")
    return GenerationTask(question.key, prompt.text, (), prompt.system or None)


def _with_observation(
    question: Question, observation: str, template: PromptTemplate, condition: Condition
) -> GenerationTask:
    preamble = question.wording.preamble if condition.shows_media else ""
    form = answer_form(question)
    asked = "\n\n".join(part for part in (preamble, question.wording.question) if part) + (f"\n{form}" if form else "")
    messages = {
        part["role"]: part["content"] for part in template.render({"question": asked, "observation": observation})
    }
    media = tuple(map(show_medium, question.media)) if condition.shows_media else ()
    return GenerationTask(question.key, messages["user"], media, messages.get("system"))
