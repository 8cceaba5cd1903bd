"""Which option a completion's reasoning settles on, and how often its answer is another (arXiv 2511.11113, Table 6).

Rules decide where the wording is definite; what they leave open goes to a model with the template `answer-extraction`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from p2r_rewards.graders.choice_reading import asks_for_wrong
from p2r_rewards.graders.choice_statements import Statement, Weight, read_statements
from p2r_rewards.graders.choice_text import tidy
from p2r_rewards.graders.multiple_choice import read_choice
from p2r_rewards.graders.options import MAX_OPTIONS, Options, read_options
from p2r_rewards.judges.client import Message, Reply
from p2r_rewards.judges.defusing import drop_invisible, fence, fence_mark
from p2r_rewards.judges.reading import strip_thoughts
from p2r_rewards.templates.loader import PromptTemplate
from p2r_rewards.templates.questions import write_question

TAIL_CHARS = 1_500
"""How far back from its end the reasoning is searched for its conclusion."""

SHOWN_CHARS = 6_000
"""How much of the reasoning's end a model is shown."""

State = Literal["letter", "none", "undecided"]


class Extraction(NamedTuple):
    """What reasoning settles on.

    Attributes:
        state: "letter", "none" where it settles on nothing, or "undecided" where the rules leave that to a model.
        option: The option's index, where there is one.
        label: Its label.
        how: What decided, in a few words.
    """

    state: State
    option: int | None
    label: str | None
    how: str


_CONCLUDES = re.compile(
    r"(?:^|[\n.!?]\s{0,4})(?:therefore|thus|hence|so|in conclusion|in summary|to summari[sz]e|finally|"
    r"consequently|overall|"
    r"based on|given)\b",
    re.IGNORECASE,
)
_GIVES_UP = re.compile(
    r"\b(?:none of the (?:given |provided |listed )?(?:options|choices|answers)|can(?:no|')t (?:be )?(?:determin|"
    r"answer|decid|choos|"
    r"select)\w{0,4}|unable to (?:determine|answer|choose)|no (?:correct|matching) (?:option|answer)|"
    r"impossible to (?:determine|say)|"
    r"not (?:among|one of|listed (?:in|among)|available (?:in|among)|in) the (?:given |provided )?(?:options|choices))",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"<\s{0,4}extraction\s{0,4}>\s{0,8}([^<>]{1,40}?)\s{0,8}(?:<\s{0,4}/?\s{0,4}extraction\s{0,4}>|\Z)", re.IGNORECASE
)


def extract_choice(
    think: str, options: Iterable[str], *, question: str | None = None, finished: bool = True
) -> Extraction:
    """The option that reasoning settles on, by rules; whether it is right plays no part.

    The end comes first: of the firmest statements near it (`the correct answer is C`) the last one counts, hedged
    ones only where nothing firmer stands, and a value or an option's words stand for its letter.

    Args:
        think: The text inside the think tags.
        options: The question's options.
        question: The question; `Which is not …?` lets `the wrong one is B` count.
        finished: Whether the think tag was closed: reasoning that breaks off before its end settles on nothing.

    Example:
        >>> extract_choice("It could be A. But it barks, so the answer is a dog.", ["A. a cat", "B. a dog"]).label
        'B'
    """
    texts = tuple(options)
    if not 1 < len(texts) <= MAX_OPTIONS:
        return Extraction("undecided", None, None, "there are no options to choose from")
    if not think.strip():
        return Extraction("none", None, None, "there is no reasoning")
    read = read_options(texts)
    tail = tidy(think[-TAIL_CHARS:])
    inverted = asks_for_wrong(question)
    stated = [each for each in read_statements(read, tail, asks_for_wrong=inverted) if each.options]
    return _settle(read, tail, stated, inverted=inverted, finished=finished)


def _settle(options: Options, tail: str, stated: list[Statement], *, inverted: bool, finished: bool) -> Extraction:
    last = _last_definite(tail, stated)
    if last is not None:
        named = [each for each in stated if each.start == last.start] or [last]
        if last.clash or any(each.alternative for each in named):
            return Extraction(
                "undecided", None, None, "its conclusion names several options, or a letter against its text"
            )
        if _GIVES_UP.search(tail, last.start):
            return Extraction("undecided", None, None, "names an option, then gives up")
        later = [each for each in stated if each.start > last.start and each.weight >= Weight.CONCLUDED]
        if any(not set(each.options) & set(last.options) for each in later if _concludes(tail, each.start)):
            return Extraction("undecided", None, None, "a later conclusion names another option")
        return _one(options, last.options, f"states it: {last.weight.name.lower()}")
    sentence = _last_sentence(tail)
    reading = read_choice(options, sentence, inverted=inverted)
    if reading.options and (finished or _CONCLUDES.search(sentence)):
        return _one(options, reading.options, f"last sentence {reading.how}")
    if _GIVES_UP.search(sentence):
        return Extraction("none", None, None, "gives up")
    if not finished:
        return Extraction("none", None, None, "breaks off before a conclusion")
    firm = [each for each in stated if each.weight in (Weight.CONCLUDED, Weight.JUDGED)]
    if firm and len({each.options for each in firm}) == 1:
        return _one(options, firm[-1].options, "concludes it")
    hedged = {each.options for each in stated if each.weight == Weight.HEDGED}
    if len(hedged) == 1 and not any(each.weight > Weight.HEDGED for each in stated):
        return _one(options, hedged.pop(), "hedged, and nothing definite stands")
    return Extraction("undecided", None, None, "no definite wording near the end")


def _last_definite(tail: str, stated: list[Statement]) -> Statement | None:
    """The last statement of an answer, or the last conclusion in a sentence that concludes, if that comes later."""
    definite = [
        each
        for each in stated
        if each.weight == Weight.STATED
        or (each.weight in (Weight.CONCLUDED, Weight.JUDGED, Weight.MENTIONED) and _corresponds(tail, each.start))
    ]
    return definite[-1] if definite else None


_CORRESPONDS = re.compile(
    r"\b(?:correspond(?:s|ing) to|match(?:es|ing)?|which is|that is|answer is|(?:so|thus|therefore|"
    r"hence) (?:it is|it's)?)"
    r"\s(?:closest to\s)?(?:the\s)?(?:option|choice|answer)\s[(\[]?\Z",
    re.IGNORECASE,
)


def _corresponds(tail: str, start: int) -> bool:
    """Whether `…, which corresponds to option` stands before an option, in a sentence that concludes."""
    return _CORRESPONDS.search(tail, max(0, start - 60), start) is not None and _concludes(tail, start)


def _concludes(tail: str, start: int) -> bool:
    """Whether the sentence around an offset opens as a conclusion does."""
    begin = max(tail.rfind(". ", 0, start), tail.rfind("\n", 0, start), -1) + 1
    return _CONCLUDES.match(tail[begin : begin + 40].lstrip() or " ") is not None


def _last_sentence(tail: str) -> str:
    parts = [part for part in re.split(r"(?<=[.!?])\s|\n", tail) if any(char.isalnum() for char in part)]
    return parts[-1] if parts else ""


def _one(options: Options, named: tuple[int, ...], how: str) -> Extraction:
    if len(named) > 1 and not options.same_text(named):
        return Extraction("undecided", None, None, "its words fit several options")
    return Extraction("letter", named[0], options.labels[named[0]], how)


def build_extraction(
    think: str, options: Iterable[str], question: str | None, template: PromptTemplate
) -> list[Message]:
    """The messages that ask a model what reasoning settles on; it sees the end of the reasoning and not the answer.

    Raises:
        ConfigError: The template names a field other than `question`, `fence` and `response`.
    """
    texts = tuple(options)
    shown = think[-SHOWN_CHARS:]
    mark = fence_mark(question or "", *texts, shown)
    values = {
        "question": drop_invisible(write_question(question or "", texts)),
        "fence": mark,
        "response": fence(shown, mark),
    }
    return list(template.render({field: values[field] for field in template.fields if field in values}))


def read_extraction(reply: Reply, options: Iterable[str]) -> Extraction:
    """What a model says that reasoning settles on: the last extraction tag of its own words.

    Example:
        >>> read_extraction(Reply("<extraction>B</extraction>"), ["a cat", "a dog"]).option
        1
    """
    return settle_on(find_extraction(reply), options)


def find_extraction(reply: Reply) -> str | None:
    """What stands in the last extraction tag of a model's own words; None where there is none.

    Example:
        >>> find_extraction(Reply("It concludes so. <extraction> (b) </extraction>"))
        'b'
    """
    found = _TAG.findall(strip_thoughts(reply.text))
    return found[-1].strip(" \t\n*_`\"'.()[]") if found else None


def settle_on(content: str | None, options: Iterable[str]) -> Extraction:
    """The option that the content of an extraction tag names."""
    read = read_options(tuple(options))
    if content is None:
        return Extraction("undecided", None, None, "the reply holds no extraction")
    if content.casefold() in ("no", "none"):
        return Extraction("none", None, None, "the model finds no choice")
    option = read.index.get(content.upper())
    if option is None:
        return Extraction("undecided", None, None, "the extraction names no option")
    return Extraction("letter", option, read.labels[option], "the model's reading")


def mismatch(think: Extraction, answer: str | None, options: Iterable[str]) -> bool | None:
    """Whether the answer is another option than the reasoning's; None where either settles on none.

    Options with the same text are one.

    Example:
        >>> options = ["A. a cat", "B. a dog"]
        >>> mismatch(extract_choice("So the answer is B.", options), "A", options)
        True
    """
    if think.option is None or answer is None:
        return None
    read = read_options(tuple(options))
    answered = read_choice(read, answer).options
    return None if not answered else not set(answered) & set(read.twins[think.option] or (think.option,))


class MismatchRate(NamedTuple):
    """How often reasoning and answer differ: `mismatched` of `compared`; `open` could not be compared."""

    mismatched: int
    compared: int
    open: int

    @property
    def rate(self) -> float | None:
        """The share in [0, 1], as in Table 6; None where nothing could be compared."""
        return self.mismatched / self.compared if self.compared else None


def mismatch_rates(found: Iterable[tuple[str, bool | None]]) -> dict[str, MismatchRate]:
    """The mismatch rate of each problem type (or subset), from pairs of its name and `mismatch`'s result.

    Example:
        >>> mismatch_rates([("multiple choice", True), ("multiple choice", False)])["multiple choice"].rate
        0.5
    """
    counts: dict[str, list[int]] = {}
    for name, differs in found:
        counted = counts.setdefault(name, [0, 0, 0])
        if differs is None:
            counted[2] += 1
        else:
            counted[0] += differs
            counted[1] += 1
    return {name: MismatchRate(*counted) for name, counted in counts.items()}
