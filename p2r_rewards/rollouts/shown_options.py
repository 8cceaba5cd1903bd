"""Options without their letters, and the lists of lettered lines that a prompt shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.option_lists import read_options
from p2r_rewards.rollouts.prompt_text import break_lines, composed

_LETTERED = re.compile(r"[\s*\-]{0,8}\(?([A-Z])(?:\)|[.:：、．])(?:\*{0,2})\s?(.*)", re.DOTALL)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def bare_options(value: Any) -> tuple[str, ...]:
    """The options of a column's value without letters and needless white space; empty where it holds none.

    Example:
        >>> bare_options(["A. a cat", "B)  a dog"]) == bare_options("['a cat', 'a dog']")
        True
    """
    try:
        options = read_options(value)
    except DataError:
        return ()
    if isinstance(options, Mapping):
        texts = [f"{letter}. {text}" for letter, text in options.items() if str(text or "").strip()]
    else:
        texts = [str(option) for option in options]
    texts = [" ".join(composed(text).split()) for text in texts]
    # As a prompt would show them: what real rows have beside their lettered options ("-", "## Question 3") is none.
    runs = options_shown("\n".join(texts))
    return runs[0] if len(runs) == 1 else tuple(_bare(text, index) for index, text in enumerate(texts))


def options_shown(text: str) -> list[tuple[str, ...]]:
    r"""The runs of lines lettered A, B, … in a text, each without its letters.

    Example:
        >>> options_shown("Which?\nOptions:\nA. a cat\nB. a dog\nThink first.")
        [('a cat', 'a dog')]
    """
    runs: list[list[str]] = []
    run: list[str] = []
    for line in break_lines(text):
        match = _LETTERED.match(line) if line.strip() else None
        if match is None:
            if line.strip():
                run = []
            continue
        if match[1] == "A":
            run = []
            runs.append(run)
        if runs and run is runs[-1] and len(run) < len(_LETTERS) and match[1] == _LETTERS[len(run)]:
            run.append(" ".join(match[2].split()))
        else:
            run = []
    return [tuple(run) for run in runs if len(run) > 1]


def _bare(text: str, index: int) -> str:
    match = _LETTERED.fullmatch(text)
    if match and index < len(_LETTERS) and match[1] == _LETTERS[index]:
        text = match[2]
    return text.strip()
