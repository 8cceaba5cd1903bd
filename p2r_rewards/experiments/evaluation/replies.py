"""A model's reply as rules read it: its answer, or the whole of it."""

from __future__ import annotations

from typing import NamedTuple

from p2r_rewards.experiments.benchmarks.prompts import PromptStyle
from p2r_rewards.parsing import parse_completion


class Reply(NamedTuple):
    """A reply.

    Attributes:
        output: All that the model wrote.
        text: What benchmarks' own rules read: the text of the first answer tags, else the whole without
            end-of-sequence strings. They know no tags; harnesses cut the answer out in this way.
        answer: What this library's rules read; None where there is no answer, which scores 0.
        fault: Why there is none.
    """

    output: str
    text: str
    answer: str | None
    fault: str = ""


def read_reply(output: str, style: PromptStyle | None = None) -> Reply:
    """The reply that an output is.

    Without answer tags the whole output is the answer, unless tags were asked for or begun: reasoning that broke off
    must not be searched for a letter.

    Args:
        output: The model's whole text.
        style: The form of reply that was asked for; None: unknown.

    Example:
        >>> read_reply("<think>It is A or B.</think><answer>B</answer>").answer
        'B'
        >>> read_reply("<think>It is A or B."), read_reply("B", "direct").answer
        (Reply(output='<think>It is A or B.', text='<think>It is A or B.', answer=None, fault='no answer tags'), 'B')
    """
    done = parse_completion(output)
    whole = output[: done.end].strip()
    tagged = done.answer.text.strip() if done.answer is not None else ""
    text = tagged or whole
    if not whole:
        return Reply(output, text, None, "empty reply")
    if done.repeats_answer:
        return Reply(output, text, None, "repeated answer tags")
    if done.answer is not None:
        return Reply(output, text, tagged or None, "" if tagged else "empty answer")
    if done.segments or style in ("process-aware", "think-answer"):
        return Reply(output, text, None, "no answer tags")
    return Reply(output, text, whole)
