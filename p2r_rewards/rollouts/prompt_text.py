"""What a prompt asks: the user's turn without its chat template, in lines among which a question can be found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

from p2r_rewards.errors import DataError
from p2r_rewards.messages import completion_text
from p2r_rewards.normalize import has_long_mark_run

MAX_MARKS = 30
"""Longer runs of combining marks are left as they are: composing them is quadratic."""

_USER = re.compile(
    r"<\|im_start\|>[Uu]ser\b:?|<\|start_header_id\|>user<\|end_header_id\|>|<start_of_turn>user\b|<\|user\|>"
    r"|<｜User｜>|\[INST\]|<\|USER_TOKEN\|>|<\|start\|>user<\|message\|>|<\|start_of_role\|>user<\|end_of_role\|>"
    r"|<\|im_user\|>user<\|im_middle\|>|<\|header_start\|>user<\|header_end\|>"
)
_END = re.compile(
    r"<\|im_(?:end|start|assistant)\|>|<\|eot(?:_id)?\|>|<\|start_header_id\|>|<\|header_start\|>|<(?:end|start)_of_turn>"
    r"|<\|(?:end|assistant|end_of_text|end_of_turn|endoftext|start_of_role|END_OF_TURN_TOKEN|CHATBOT_TOKEN)\|>"
    r"|<｜Assistant｜>|<｜end▁of▁sentence｜>|\[/INST\]|<end_of_utterance>|</s>|<eos>"
)
_SYSTEM_END = "<</SYS>>"
# Decoded without special tokens, a template leaves its roles behind, each on a line of its own.
_BARE_USER = re.compile(r"^(?:user|User|human)[ \t\r]*$", re.MULTILINE)
_BARE_ASSISTANT = re.compile(r"^(?:assistant|Assistant|model)[ \t\r]*$", re.MULTILINE)

_MARKER = re.compile(
    r"<[|｜][^<>|｜\s]{1,40}[|｜]>|</?s>|<(?:bos|eos|pad)>|\[(?:IMG|IMG_BREAK|IMG_END|/?INST)\]"
    r"|</?(?:image|video|audio|img|IMG_CONTEXT|start_of_image|end_of_image|image_soft_token)(?:[ _]?[0-9]{1,3})?>"
)
_ROLE = re.compile(r"(?<![^\s.!?])(?:USER|User|Human|ASSISTANT|Assistant):")
_PREFIX = re.compile(
    r"[#*>\s]{0,8}(?:[Qq]uestion|QUESTION|[Pp]roblem|[Qq]uery|Q|USER|User|Human|Instruction|Input|问题|問題|题目|題目)"
    r"(?: ?[0-9]{1,4})?\*{0,2} ?[:：]\*{0,2}"
)


class Lines(NamedTuple):
    """A text in words, and where its lines are.

    Attributes:
        words: Its words; markers of chat templates and media are none.
        starts: The words that begin a line, or follow a prefix such as "Question:".
        ends: The words that a line ends before.
    """

    words: list[str]
    starts: list[int]
    ends: set[int]

    @property
    def text(self) -> str:
        """The words with single blanks between them: what two texts have in common that differ in white space."""
        return " ".join(self.words)


def read_lines(text: str) -> Lines:
    r"""The text in words and lines; markers of media and of chat templates end a line, as a role does ("User:").

    Example:
        >>> lines = read_lines("Look. USER: <image>\n Which   cat?\nAnswer briefly.")
        >>> [" ".join(lines.words[start:]) for start in lines.starts][2:]
        ['Which cat? Answer briefly.', 'Answer briefly.']
    """
    words: list[str] = []
    starts: list[int] = []
    ends: set[int] = set()
    for line in break_lines(text):
        prefix = _PREFIX.match(line)
        parts = (line[: prefix.end()].split(), line[prefix.end() :].split()) if prefix else (line.split(),)
        for part in parts:
            if part:
                starts.append(len(words))
                words += part
                ends.add(len(words))
    return Lines(words, starts, ends)


def break_lines(text: str) -> list[str]:
    """The lines of a text, where a marker of a chat template or a medium ends one, and a role begins one."""
    text = composed(text)
    if "<" in text or "[" in text:
        text = _MARKER.sub("\n", text)
    if ":" in text:
        text = _ROLE.sub("\n\\g<0> ", text)
    return text.split("\n")


def composed(text: str) -> str:
    """The text in NFC: tokenizers compose it so, and dumps hold what they decode."""
    if text.isascii() or has_long_mark_run(text, MAX_MARKS):
        return text
    return unicodedata.normalize("NFC", text)


def user_turn(prompt: str) -> str:
    r"""What the user said last in a prompt that a chat template has rendered; any other text as it is.

    Example:
        >>> user_turn("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n")
        '\nWhy?'
        >>> user_turn("system\nBe brief.\nuser\nWhy?\nassistant\n")
        '\nWhy?\n'
    """
    start = None
    for match in _USER.finditer(prompt):
        start = match.end()
    if start is not None:
        end = _END.search(prompt, start)
        turn = prompt[start : end.start() if end else len(prompt)]
        return turn.rpartition(_SYSTEM_END)[2]
    answer = None
    for match in _BARE_ASSISTANT.finditer(prompt):
        answer = match.start()
    if answer is not None:
        for match in _BARE_USER.finditer(prompt, 0, answer):
            start = match.end()
    return prompt if start is None else prompt[start:answer]


def question_text(prompt: Any) -> str | None:
    """The question of a text, or of a prompt's messages: what the user said last; None where there is none."""
    if prompt is None or isinstance(prompt, str):
        return prompt
    if _is_messages(prompt):
        asked = [message for message in prompt if message.get("role") == "user"] or prompt
        prompt = {"content": asked[-1].get("content")}
    try:
        return completion_text(prompt)
    except DataError:
        return str(prompt)


def prompt_media(prompt: Any) -> list[Any]:
    """The media that a prompt's messages hold among their parts, in order."""
    found: list[Any] = []
    if _is_messages(prompt):
        for message in prompt:
            content = message.get("content")
            for part in content if isinstance(content, list) else ():
                if isinstance(part, Mapping):
                    kinds = ("video", "image", "video_url", "image_url", "path", "url")
                    found += [part[kind] for kind in kinds if part.get(kind)]
    return found


def _is_messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(message, Mapping) for message in value)
