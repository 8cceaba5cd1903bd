"""A judge's verdict, read from its own reply: thoughts come off first, the last judgement counts."""

from __future__ import annotations

import json
import re
from typing import Any

from p2r_rewards.judges.client import Reply

MAX_CHARS = 400_000
"""Only the end of a longer reply is read."""

_MAX_JSON = 65_536

# What thoughts stand in, opening and closing: of Qwen, DeepSeek and their kin, Kimi, Mistral, Cohere, Seed.
_THOUGHTS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("◁think▷", "◁/think▷"),
    ("[think]", "[/think]"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
)
_CHANNEL = re.compile(r"<\|channel\|?>\s{0,4}(\w{1,20})[^<]{0,80}(?:<\|message\|>)?", re.IGNORECASE)
_CHANNEL_END = re.compile(r"<\|(?:end|return|call|start)\|>|<channel\|>", re.IGNORECASE)
_TAG = re.compile(r"<\s{0,4}(/?)\s{0,4}judge?ment\s{0,4}>", re.IGNORECASE)
_LINE = re.compile(r"^[\s#*_>-]{0,8}(?:final )?judge?ment[\s*_]{0,4}:[\s*_]{0,4}(yes|no)[\s*_.]{0,6}$", re.IGNORECASE)
_EDGES = " \t\r\n*_`\"'.,:;!()[]{}$\\"
_OPENS_WITH = re.compile(r"(yes|no)\s{0,2}[,.:;(–—-]", re.IGNORECASE)
_OTHER = {"yes": re.compile(r"\bno\b", re.IGNORECASE), "no": re.compile(r"\byes\b", re.IGNORECASE)}
_BOTH_OFFERED = re.compile(r"[\s\W]{0,12}(?:or|and|/|vs)?[\s\W]{0,12}", re.IGNORECASE)
_CODE_BLOCK = re.compile(r"```(?:json)?\s{0,8}(\{.*\})\s{0,8}```\Z", re.IGNORECASE | re.DOTALL)


def strip_thoughts(text: str) -> str:
    """The reply without its author's thoughts: empty where these never end.

    Example:
        >>> strip_thoughts("<think>Yes? No?</think>No.")
        'No.'
        >>> strip_thoughts("<think>Yes, because")
        ''
    """
    text = _final_channel(text)
    for opening, closing in _THOUGHTS:
        text = _strip_block(text, opening, closing)
    return text


def _final_channel(text: str) -> str:
    """What stands in the last final channel of a reply in the Harmony form, or the text where it has no channels."""
    marks = list(_CHANNEL.finditer(text))
    if not marks:
        return text
    if marks[-1][1].lower() not in ("final", "response", "answer"):
        # <|channel>thought … <channel|> with the answer behind it; else nothing but thoughts was written.
        end = text.rfind("<channel|>")
        return text[end + 10 :] if end > marks[-1].end() else ""
    return _CHANNEL_END.split(text[marks[-1].end() :], maxsplit=1)[0]


def _strip_block(text: str, opening: str, closing: str) -> str:
    lowered = _lower(text)
    last = lowered.rfind(closing)
    if last >= 0:  # the opening tag may be the prompt's; what stands before the last closing tag is thought
        text, lowered = text[last + len(closing) :], lowered[last + len(closing) :]
    opened = lowered.find(opening)
    return text if opened < 0 else text[:opened]


def _lower(text: str) -> str:
    """ASCII lower case, of the same length."""
    return text.lower() if text.isascii() else "".join(char.lower() if char.isascii() else char for char in text)


def read_verdict(reply: Reply) -> tuple[bool | None, str]:
    """Whether the judge says yes, and what decided; None with the reason where its reply holds no verdict.

    Its last judgement tag counts; a reply that offers both verdicts in one breath, or one in its tag and the other in
    its JSON, is contradictory. `Yes` or `No` alone and `{"judgement": "Yes"}` are what structured decoding returns.

    Example:
        >>> read_verdict(Reply("Two chairs are named. <judgement>Yes</judgement>"))
        (True, 'judgement tag: yes')
        >>> read_verdict(Reply("The observation", finish_reason="length"))
        (None, 'the reply was cut off before its verdict')
    """
    cut_off = reply.finish_reason in ("length", "max_tokens")
    text = strip_thoughts(reply.text)[-MAX_CHARS:]
    verdict, how = _read(text.strip(), cut_off=cut_off)
    if verdict is None and cut_off and how == "no judgement in the reply":
        return None, "the reply was cut off before its verdict"
    if not text.strip():
        return None, "the reply is empty" if not reply.text.strip() else "the reply holds thoughts alone"
    return verdict, how


def _read(text: str, *, cut_off: bool) -> tuple[bool | None, str]:
    tags = _judgements(text, cut_off=cut_off)
    fields = _json_judgements(text)
    if tags:
        verdict = _word(tags[-1][0])
        if verdict is None:
            return None, "the judgement is neither yes nor no"
        if len(tags) > 1 and _word(tags[-2][0]) is (not verdict) and _BOTH_OFFERED.fullmatch(tags[-1][1]):
            return None, "contradictory: both verdicts are given"
        if fields and _value(fields[-1]) is (not verdict):
            return None, "contradictory: tag and JSON differ"
        return verdict, f"judgement tag: {'yes' if verdict else 'no'}"
    if fields:
        verdicts = {_value(field) for field in fields}
        if len(verdicts) > 1:
            return None, "contradictory: both verdicts are given"
        verdict = verdicts.pop()
        return verdict, "the judgement is neither yes nor no" if verdict is None else "judgement in JSON"
    return _read_bare(text, cut_off=cut_off)


def _read_bare(text: str, *, cut_off: bool) -> tuple[bool | None, str]:
    """A verdict without tags: the whole reply is one, or its last line names it."""
    whole = text.strip(_EDGES).casefold()
    if whole in ("yes", "no"):
        return whole == "yes", "the reply is a bare verdict"
    line = _LINE.match(text[text.rfind("\n") + 1 :])
    if line and not cut_off:
        return line[1].casefold() == "yes", "judgement line"
    return None, "no judgement in the reply"


def _judgements(text: str, *, cut_off: bool) -> list[tuple[str, str]]:
    """The contents of the judgement tags in order, each with the text between it and the one before."""
    found: list[tuple[str, str]] = []
    opened: re.Match[str] | None = None
    last_end = 0
    for tag in _TAG.finditer(text):
        if not tag[1]:
            if opened is not None and text[opened.end() : tag.start()].strip(_EDGES):
                # `<judgement>Yes<judgement>`: the second one was meant to close.
                found.append((text[opened.end() : tag.start()], text[last_end : opened.start()]))
                opened, last_end = None, tag.end()
            else:
                opened = tag
        elif opened is not None:
            found.append((text[opened.end() : tag.start()], text[last_end : opened.start()]))
            opened, last_end = None, tag.end()
    if opened is not None and not cut_off:  # a stop sequence may have taken the closing tag
        found.append((text[opened.end() :], text[last_end : opened.start()]))
    return found


def _word(text: str) -> bool | None:
    """The verdict that a tag's content is, else None."""
    bare = text.strip(_EDGES)
    if bare.casefold() in ("yes", "no"):
        return bare.casefold() == "yes"
    match = _OPENS_WITH.match(bare[:2_000])
    if match is None or _OTHER[match[1].casefold()].search(bare, match.end()):
        return None
    return match[1].casefold() == "yes"


def _value(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return _word(value) if isinstance(value, str) else None


def _json_judgements(text: str) -> list[object]:
    """The values of `judgement` in a reply that is (or ends in) a JSON object; none where it is not one."""
    block = _CODE_BLOCK.search(text[-_MAX_JSON:]) if text.endswith("```") else None
    source = block[1] if block else text
    if not source.startswith("{") or not source.endswith("}") or len(source) > _MAX_JSON:
        return []
    found: list[object] = []

    def collect(pairs: list[tuple[str, Any]]) -> None:
        found.clear()  # inner objects come first; the outermost one counts
        found.extend(value for key, value in pairs if key.strip().casefold() in ("judgement", "judgment"))

    try:
        json.loads(source, object_pairs_hook=collect, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return []
    return found
