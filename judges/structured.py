"""Structured decoding: a reply in JSON that explains itself and ends in exactly one of the choices."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from p2r_rewards.judges.client import Reply, read_count

EXPLANATION, CHOICE = "explanation", "verdict"

MAX_CHARS = 100_000


def choice_schema(choices: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of an object with an explanation, written first, and one of the choices.

    Example:
        >>> choice_schema(["Yes", "No"])["properties"]["verdict"]
        {'type': 'string', 'enum': ['Yes', 'No']}
    """
    return {
        "type": "object",
        "properties": {EXPLANATION: {"type": "string"}, CHOICE: {"type": "string", "enum": list(choices)}},
        "required": [EXPLANATION, CHOICE],
        "additionalProperties": False,
    }


def choice_pattern(choices: Sequence[str], longest: int) -> str:
    r"""A regular expression for such objects, for engines that are held to one: of bounded length, without white space.

    Example:
        >>> choice_pattern(["Yes", "No"], 80)
        '\\{"explanation": "[^"\\\\\\x00-\\x1f]{0,80}", "verdict": "(Yes|No)"\\}'
    """
    either = "|".join(re.escape(json.dumps(choice, ensure_ascii=False)[1:-1]) for choice in choices)
    explanation = r'[^"\\\x00-\x1f]' + f"{{0,{longest}}}"
    return rf'\{{"{EXPLANATION}": "{explanation}", "{CHOICE}": "({either})"\}}'


def read_choice(text: str, choices: Sequence[str]) -> str | None:
    """The choice in a reply of that schema; None where the text is anything else (a server may ignore schemas).

    Example:
        >>> read_choice('{"explanation": "Two are named.", "verdict": "Yes"}', ["Yes", "No"])
        'Yes'
        >>> read_choice("Yes", ["Yes", "No"]) is None
        True
    """
    if len(text) > MAX_CHARS or not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        return None
    choice = found.get(CHOICE) if isinstance(found, dict) else None
    return choice if isinstance(choice, str) and choice in choices else None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key is repeated"
        raise ValueError(message)
    return found


def make_reply(
    text: str, choices: Sequence[str] | None, *, reason: object, prompt_tokens: object, completion_tokens: object
) -> Reply:
    """The reply that a server's answer holds: of `choices` the one that it says, with the whole text beside it.

    Args:
        text: What the model wrote.
        choices: What it was held to; None where it was free.
        reason: Why it stopped, as the answer has it; what is no text is unknown.
        prompt_tokens: Tokens read, as the answer has it; what is no count is unknown.
        completion_tokens: Tokens written, likewise.
    """
    choice = read_choice(text, choices) if choices else None
    return Reply(
        text if choice is None else choice,
        reason if isinstance(reason, str) else None,
        read_count(prompt_tokens),
        read_count(completion_tokens),
        None if choice is None else text,
    )
