"""A question as prompts show it: with its options below it."""

from __future__ import annotations

from collections.abc import Sequence


def write_question(question: str, options: Sequence[str] = ()) -> str:
    r"""The question, and below it one line an option; options that the question shows already are not repeated.

    Example:
        >>> write_question("Which animal?", ["A. a cat", "B. a dog"])
        'Which animal?\nOptions:\nA. a cat\nB. a dog'
    """
    if not options or all(option.strip() in question for option in options):
        return question
    return "\n".join([question, "Options:", *options])
