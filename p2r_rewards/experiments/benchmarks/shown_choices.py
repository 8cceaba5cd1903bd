"""Options with their letters, and a question with its options below, as prompts show them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from p2r_rewards.graders.options import latin_label, split_label
from p2r_rewards.rollouts.option_lists import Options
from p2r_rewards.templates.questions import write_question

_LETTER_LINE = re.compile(r"\s*\(?([A-Z])[.):]\s*(\S.*)")


def letter_options(options: Options) -> tuple[str, ...]:
    """The options as `A. text`; those that have their letters stay as they are, empty ones of a mapping are dropped.

    Example:
        >>> letter_options(["a cat", "a dog"]), letter_options({"A": "a cat", "B": ""})
        (('A. a cat', 'B. a dog'), ('A. a cat',))
    """
    if isinstance(options, Mapping):
        return tuple(f"{letter}. {text}" for letter, text in options.items() if str(text or "").strip())
    texts = [str(option).strip() for option in options]
    labels = [latin_label(position) for position in range(len(texts))]
    found = [split_label(text) for text in texts]
    if all(one is not None and one[0] == label for one, label in zip(found, labels, strict=True)):
        return tuple(texts)
    return tuple(f"{label}. {text}" for label, text in zip(labels, texts, strict=True))


def gold_letters(gold: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The letters of the options whose text this is: several where a text is repeated, none where it is none's.

    Example:
        >>> gold_letters("ran", ("sat", "ran", "ran"))
        ('B', 'C')
    """
    return tuple(latin_label(position) for position, text in enumerate(texts) if text == gold)


def show_question(question: str, options: tuple[str, ...]) -> str:
    r"""The question with its options, which are not printed twice.

    Options that the question ends with are put on lines of their own, even where they are glued to it.

    Example:
        >>> show_question("Why?A. Fear\nB. Joy\n", ("A. Fear", "B. Joy"))
        'Why?\nA. Fear\nB. Joy'
    """
    stem = split_glued(question, options)
    return write_question(question.strip(), options) if stem is None else "\n".join([stem, *options])


def split_glued(question: str, options: tuple[str, ...]) -> str | None:
    """The question without the options that it ends with; None where it does not end with them."""
    rest = question.rstrip()
    if not options:
        return None
    for option in reversed(options):
        if not rest.endswith(option.strip()):
            return None
        rest = rest[: len(rest) - len(option.strip())].rstrip()
    return rest or None


def lettered_lines(question: str) -> tuple[str, ...]:
    r"""The lines behind a question's first that are lettered A, B, …; empty where there are not two.

    Example:
        >>> lettered_lines("What happens?\nA. lifts\nB. drops")
        ('A. lifts', 'B. drops')
    """
    found: list[str] = []
    for line in question.splitlines()[1:]:
        match = _LETTER_LINE.fullmatch(line)
        if match is not None and match[1] == latin_label(len(found)):
            found.append(line.strip())
    return tuple(found) if len(found) > 1 else ()
