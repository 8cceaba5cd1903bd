"""What an answer as a whole says: a label, an option's text, a sentence, or nothing that can be told."""

from __future__ import annotations

import re
from typing import NamedTuple

from p2r_rewards.graders import choice_cues as cues
from p2r_rewards.graders.choice_corrections import corrected_texts, is_doubted
from p2r_rewards.graders.choice_statements import Statement, Weight, read_statements
from p2r_rewards.graders.options import Options, split_label
from p2r_rewards.normalize import quote

PROSE_LIMIT = 32_768
"""Longer answers are compared as a whole only: no one states a choice in more words."""

_DECOR = " \t\n.,:;!?\"'()[]<>#*_-→⇒=。、，：；！？…|"
_LEAD = re.compile(
    r"(?:(?:so|thus|therefore|hence|ok|okay|well|sure|final|my|the|correct|right|best|single|most likely|i choose|"
    r"i pick|i select|i say|i'd say|i think|it's|it is|it must be|this is|that is|must be)[\s,:]{1,3}){0,5}"
    r"(?:(?:answers?|options?|choices?|letters?|response|solution|ones?)(?:\s(?:is|are|would be|should be|"
    r"must be))?[\s:=\"'-]{0,6}){0,3}"
    r"(?:both\s)?(?:(?:正确|正確|最终)?(?:的)?(?:答案|选项|選項)\s?(?:应该|应)?(?:是|为|為|选)?|(?:应|應|故|所以)?[选選](?:择|擇)?)?[\s:]{0,3}",
    re.IGNORECASE,
)


class Reading(NamedTuple):
    """The option (or options with one text) that an answer commits to, or none; and the rule or the reason."""

    options: tuple[int, ...]
    how: str


def read_label(options: Options, text: str) -> int | None:
    """The option whose label is all that a tidied text holds, but for brackets, quotes and punctuation."""
    return options.index.get(text.strip(_DECOR).upper())


def strip_lead(text: str) -> str:
    """A tidied text without `The answer is`, `Option` and the like before it.

    Example:
        >>> strip_lead("The correct answer is: a dog")
        'a dog'
    """
    text = text.lstrip("\"'( ")
    match = _LEAD.match(text)
    return text[match.end() :] if match and match.end() < len(text) else text


def read_whole(options: Options, answer: str, text: str) -> Reading | None:
    """The reading of an answer that is a label, an option's text, or both; None if it is more than that."""
    if not options.labelled and (named := options.named_exactly(answer)):
        return _by_text(options, named)
    label = read_label(options, text)
    if label is not None:
        return Reading((label,), f"option {options.labels[label]}")
    if named := options.named_exactly(answer):
        return _by_text(options, named)
    bare = strip_lead(text)
    if bare != text:
        if not options.labelled and (named := options.named_exactly(bare)):
            return _by_text(options, named)
        label = read_label(options, bare)
        if label is not None:
            return Reading((label,), f"option {options.labels[label]}, stated")
    if (paired := _read_pair(options, bare)) is not None:
        return paired
    named = options.named_by(bare) or (options.named_by(text) if bare != text else ())
    return _by_text(options, named) if named else None


def read_with_slips(options: Options, text: str) -> Reading | None:
    """The option that a whole text, or the words after `the answer is`, name but for typing slips."""
    rests = [strip_lead(text)]
    rests += [text[match.end() :] for match in _STATEMENT.finditer(text[-2_048:])][:1]
    for rest in rests:
        if named := options.named_with_slips(rest):
            return Reading(named, f"closest to the text of {options.name(named)}")
    return None


_ASKS_FOR_WRONG = re.compile(
    r"\b(?:not|n't|except|incorrect|incorrectly|wrong|false|untrue|least|inaccurate|unlikely)\b|错误|错誤|不正确|不属于|不是|不符|不可能",
    re.IGNORECASE,
)


def asks_for_wrong(question: str | None) -> bool:
    """Whether a question is for the option that is wrong: `Which of these is not …?`."""
    return question is not None and _ASKS_FOR_WRONG.search(question[-4_096:]) is not None


_STATEMENT = re.compile(r"\b(?:answer|choice)\s(?:is|would be|:)[\s:\"']{0,3}", re.IGNORECASE)


def firmest_statements(options: Options, text: str, *, asks_for_wrong: bool = False) -> list[Statement]:
    """The firmest statements of a prose answer, with the weaker ones after them that go against them.

    Those are conclusions and judgements (`B is correct`), but for judgements among the reasons for the answer. None
    where the answer is given up in the end: `Final answer: unknown`. Where it corrects itself (`B. No, A.`), what it
    commits to last counts.
    """
    for corrected in corrected_texts(text, reads_no=not options.says_no):
        found = read_statements(options, corrected, asks_for_wrong=asks_for_wrong)
        if found and max(statement.weight for statement in found) >= Weight.JUDGED:
            return _firmest(found, corrected)
    return _firmest(read_statements(options, text, asks_for_wrong=asks_for_wrong), text)


def _firmest(found: list[Statement], text: str) -> list[Statement]:
    if not found:
        return []
    firmest = max(statement.weight for statement in found)
    kept = [statement for statement in found if statement.weight == firmest]
    last = kept[-1].start
    named = {option for statement in kept for option in statement.options}
    doubts = [each for each in found if each.start > last and not named.intersection(each.options)]
    kept += [each for each in doubts if each.weight == Weight.HEDGED and is_doubted(text, each.start)]
    if firmest < Weight.JUDGED:
        return kept
    if cues.VOID.search(text, last):
        return []
    later = [each for each in found if each.start > last and Weight.CONCLUDED <= each.weight < firmest]
    explained = cues.EXPLANATION.search(text, last)
    return kept + [each for each in later if each.weight == Weight.CONCLUDED or not explained]


def without_judged(statements: list[Statement]) -> list[Statement]:
    """The conclusion drawn from several judgements, where one is: `A, B and C are correct, so D`."""
    concluded = [each for each in statements if each.weight == Weight.CONCLUDED]
    judged = {each.options for each in statements if each.weight == Weight.JUDGED}
    return concluded if len(judged) > 1 and concluded and len(judged) + len(concluded) > 2 else statements


def _by_text(options: Options, named: tuple[int, ...]) -> Reading:
    if len(named) > 1 and not options.same_text(named):
        return Reading((), f"its text fits {options.name(named)}")
    return Reading(named, f"text of {options.name(named)}")


def _read_pair(options: Options, text: str) -> Reading | None:
    """`B. a dog`: a label and a text that is some option's whole text."""
    split = split_label(text)
    if split is None or split[0] not in options.index or not split[1].strip():
        return None
    position = options.index[split[0]]
    named = options.named_by(split[1])
    if not named:
        return None
    label = options.labels[position]
    if position in named:
        return Reading((position,), f"option {label} with its text")
    return Reading((), f"letter {label} contradicts the text beside it, which is that of {options.name(named)}")


def read_compact(options: Options, text: str) -> tuple[int, ...]:
    """The options of letters run together (`AC`), when that is all the text holds; else none."""
    core = strip_lead(text).strip(_DECOR)
    if not 1 < len(core) <= len(options.labels) or not (core.isascii() and core.isalpha() and core.isupper()):
        return ()
    found = [options.index.get(letter) for letter in core]
    if None in found or len(set(found)) < len(found):
        return ()
    return tuple(position for position in found if position is not None)


def summary(options: Options, statements: list[Statement]) -> str:
    """Which rule decided, in words."""
    verb = {
        Weight.STATED: "states",
        Weight.JUDGED: "asserts",
        Weight.CONCLUDED: "concludes",
        Weight.MENTIONED: "mentions only",
    }[max(statement.weight for statement in statements)]
    named = sorted({option for statement in statements for option in statement.options})
    return f"{verb} {options.name(named)}"


def uncommitted(options: Options, statements: list[Statement]) -> str:
    """That an answer names options without settling on any, in words."""
    named = sorted({option for statement in statements for option in statement.options})
    return f"considers {options.name(named)} without choosing"


def several_named(options: Options, statements: list[Statement]) -> str:
    """That an answer names several options, in words."""
    named = sorted({option for statement in statements for option in statement.options})
    return f"names several options: {options.name(named)}" if named else "names a letter outside the options"


def nothing_named(options: Options, answer: str, text: str) -> str:
    """Why an answer names no option, in words."""
    core = text.strip(_DECOR)
    if not core:
        return "answer is empty"
    if len(core) == 1 and core.isalpha():
        if not core.isascii():
            return f"{quote(core)} is no Latin letter and no option"
        return f"{core.upper()} is not among the options ({_span(options)})"
    return f"names no option: {quote(answer)}"


def _span(options: Options) -> str:
    return f"{options.labels[0]}-{options.labels[-1]}" if options.labels else "none"
