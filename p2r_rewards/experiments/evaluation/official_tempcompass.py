"""TempCompass's own score: a rule for each task, correct over all; captions need a judge."""

from __future__ import annotations

from collections.abc import Sequence

from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.benchmarks.tempcompass import TASKS
from p2r_rewards.experiments.evaluation.intervals import Measure, Stratum, measure, measure_strata
from p2r_rewards.experiments.evaluation.marks import Mark, Marked
from p2r_rewards.experiments.evaluation.replies import Reply

NEEDS_JUDGE = "captioning: somebody must answer the question from the caption"

_LETTERS = ("A", "B", "C", "D")


def grade_reply(question: Question, reply: Reply) -> Mark:
    """The mark of `eval_<task>.py` with `--disable_llm`: what its rules can't match is wrong, not asked of ChatGPT.

    A caption that is not judged scores -1 there, and is added up; here it is unscored.
    """
    task = question.breakdown["task"]
    gold = str(question.problem.meta["answer"])
    text = reply.text.replace("</s>", "").strip()
    if task == "captioning":
        return Mark(None, NEEDS_JUDGE)
    if task == "yes_no":
        right = _match_yes_no(text, gold)
    elif task == "multi-choice":
        right = _match_choice(text, gold)
    else:
        right = _match_caption(text, question.problem.question or "", gold)
    if right is None:
        return Mark(0.0, f"the rule of {task} matches nothing in {text[:60]!r}", parsed=False)
    return Mark(float(right), f"the rule of {task}: {text[:60]!r} against {gold[:60]!r}")


def _match_choice(text: str, gold: str) -> bool | None:
    """The gold's line, a bare letter, or a line that begins `X.` or `X)`."""
    if text == gold:
        return True
    if text in _LETTERS or text[:2] in {letter + mark for letter in _LETTERS for mark in ".)"}:
        return text[0] == gold[:1]
    return None


def _match_yes_no(text: str, gold: str) -> bool | None:
    """How the reply begins."""
    lowered = text.lower()
    for word in ("yes", "no"):
        if lowered.startswith(word):
            return word == gold
    return None


def _match_caption(text: str, question: str, gold: str) -> bool | None:
    """The whole line, the sentence (also behind `) `), or the label or its index alone (also with a full stop).

    Of several that fit the last counts.
    """
    lines = [line for line in question.split("\n")[1:] if ": " in line]
    labels = [line.split(": ")[0] for line in lines]
    labels += [_bare(label) for label in labels]
    sentences = [line.split(": ")[1] for line in lines]
    behind = text.split(") ")[1] if ") " in text else None
    found = [line for line in lines if line == text]
    found += [sentence for sentence in sentences if sentence in (text, behind)]
    found += [label for label in labels if label in (text, text.replace(".", ""))]
    if not found:
        return None
    label = gold.split(": ")[0]
    return found[-1] in (gold, label, _bare(label), gold.split(": ")[1] if ": " in gold else gold)


def _bare(label: str) -> str:
    """The index in a label: `A` of `Caption A`."""
    for word in ("Sentence ", "Option ", "Caption "):
        label = label.replace(word, "")
    return label


def summarise(marked: Sequence[Marked]) -> list[Measure]:
    """Correct over all questions that are scored, and the mean of the tasks."""
    values: dict[str, list[float]] = {task: [] for task in TASKS}
    unscored = 0
    for question, mark in marked:
        if mark.value is None:
            unscored += question.problem.type == "captioning"
        else:
            values[question.breakdown["task"]].append(mark.value)
    note = f"without captioning: {unscored:,} captions need a judge" if unscored else ""
    strata = [Stratum(task, 1, listed) for task, listed in values.items() if listed]
    return [
        measure("correct of all", [value for listed in values.values() for value in listed], note),
        measure_strata("mean of the tasks", strata, note),
    ]
