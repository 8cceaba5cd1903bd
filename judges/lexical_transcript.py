"""The embedded judge on OCR: does the observation quote the gold's text?"""

from __future__ import annotations

import re
from functools import lru_cache

from p2r_rewards.graders.words import Reference, split_words
from p2r_rewards.judges.coverage import Decision
from p2r_rewards.judges.facts import Facts, is_uncertain
from p2r_rewards.judges.lexicon import CARDINALS, CLAIMS, STOP

LONG = 5
"""Golds of so many words may be quoted with slips."""

SHARE = 0.85

_MATHS = re.compile(r"[\\^_=+*/{}]")
_COMPACT = re.compile(r"[\s{}$\\.,:;'\"“”‘’()\[\]-]+")
_TOLD = re.compile(
    r"\b(?:read|reads|reading|say|says|saying|state|states|word|words|text|texts|sign|title|titled|label|labell?ed|caption|captioned|"
    r"written|writing|writes|letters?|display\w{0,3}|appears?|shows?|showing|print\w{0,3}|name\w{0,1}|named|inscription|inscribed|"
    r"note|line|plate|number|formula|equation|heading|headline|logo|banner|by|author|handwrit\w{1,5}|transcri\w{1,6}|spell\w{0,4}|"
    r"contains?|marked|goes|lists?|message|headline|bears?|called|characters?)\b|[\"“”‘«»「」]|(?<!\w)'|'(?!\w)",
    re.IGNORECASE,
)


class _Gold:
    __slots__ = ("compact", "maths", "reference", "words")

    def __init__(self, gold: str) -> None:
        self.words = split_words(gold)
        self.reference = Reference.of(self.words)
        self.compact = _COMPACT.sub("", gold).casefold()
        self.maths = _MATHS.search(gold) is not None or any(char.isdigit() for char in gold)


@lru_cache(maxsize=512)
def _read(gold: str) -> _Gold:
    return _Gold(gold[:8_192])


def judge_transcript(question: str, gold: str, facts: Facts) -> Decision:
    """Whether the observation quotes the gold: word by word where it is short, nearly all in order where it is long."""
    read = _read(gold)
    told = " \n ".join(facts.spoken)
    words = split_words(told)
    if not words or not read.words:
        return Decision(False, "nothing is quoted" if read.words else "the gold holds no words")
    own = set(words) - set(read.words) - STOP - CLAIMS
    if len(own) < 2:
        return Decision(False, "states the text and describes nothing")
    certain = " \n ".join(sentence for sentence in facts.spoken if not is_uncertain(sentence))
    if read.maths and len(read.compact) >= 3 and _holds_compact(read.compact, certain):
        return Decision(True, "quotes the gold's characters")
    if len(read.words) < LONG:
        return _judge_short(read.words, gold, facts)
    if _TOLD.search(told) is None:
        return Decision(False, "tells of no text")
    from rapidfuzz.distance import LCSseq

    if read.reference.is_too_long(words):
        return Decision(False, "gold and observation are too long to be compared")
    share = LCSseq.similarity(read.reference.codes, read.reference.encode(words)) / len(read.words)
    digits = {word for word in read.words if any(char.isdigit() for char in word)}
    if share >= SHARE and not digits <= set(words):
        return Decision(False, f"quotes {share:.0%} of the gold, but not its numbers")
    return Decision(share >= SHARE, f"quotes {share:.0%} of the gold's words in order")


def _holds_compact(compact: str, told: str) -> bool:
    """Whether the characters stand there one after the other, blanks and brackets aside, and end where they should."""
    text = _COMPACT.sub("", told).casefold()
    at = text.find(compact)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(compact) : at + len(compact) + 1]
        if not (compact[0].isdigit() and before.isdigit()) and not (compact[-1].isdigit() and after.isdigit()):
            return True
        at = text.find(compact, at + 1)
    return False


def _judge_short(gold_words: list[str], gold: str, facts: Facts) -> Decision:
    wanted = f" {' '.join(gold_words)} "
    for sentence in facts.spoken:
        words = split_words(sentence)
        if wanted in f" {' '.join(words)} " and (_TOLD.search(sentence) or (len(gold) > 3 and gold in sentence)):
            if _is_denied(sentence, gold_words) or is_uncertain(sentence):
                continue
            return Decision(True, "quotes the gold")
        if _spells(gold, sentence):
            return Decision(True, "spells the gold out")
        if len(gold_words) > 1 and _TOLD.search(sentence) and _in_order(gold_words, words):
            return Decision(True, "quotes the gold's words in order")
    certain = " ".join(sentence for sentence in facts.spoken if not is_uncertain(sentence))
    if _spells(gold, certain) or _spells_in_any_order(gold, certain):
        return Decision(True, "spells the gold out")
    if len(gold_words) > 1 and _quotes_apart(gold, certain):
        return Decision(True, "quotes the gold's words in several places")
    return Decision(False, "does not quote the gold")


def _spells_in_any_order(gold: str, told: str) -> bool:
    """Whether the letters that are named are the gold's, wherever each is said to stand."""
    figures = any(char.isdigit() for char in gold)
    letters = sorted(_COMPACT.sub("", gold).casefold())
    return len(letters) > 2 and letters == sorted(
        each.casefold() for each in _named_letters(told) if each.isalpha() or figures
    )


def _quotes_apart(gold: str, told: str) -> bool:
    """Whether all the gold's words stand there in order and in the same letters, as lines of a sign may."""
    words = gold.split()
    if not any(word[:1].isupper() or word[:1].isdigit() for word in words):
        return False
    at = 0
    for word in words:
        at = told.find(word, at)
        if at < 0:
            return False
        at += len(word)
    return True


def _spells(gold: str, sentence: str) -> bool:
    """Whether letters and figures stand there one by one: `S, T, O, P` or `a seven followed by a zero`."""
    compact = _COMPACT.sub("", gold).casefold()
    return len(compact) > 1 and compact in "".join(_named_letters(sentence)).casefold()


def _named_letters(text: str) -> list[str]:
    """The letters and figures that are named one by one; `two L's` are two."""
    tokens = re.findall(r"[^\W_]+", text)
    spelt: list[str] = []
    for at, token in enumerate(tokens):
        figure = CARDINALS.get(token.lower(), 10)
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        if len(token) == 1 and (token.isdigit() or (token.isupper() and not _is_word(token, following))):
            spelt.append(token)
        elif figure in (2, 3) and len(following) == 1 and following.isupper():
            spelt += [following] * (figure - 1)
        elif figure < 10:
            spelt.append(str(figure))
    return spelt


def _is_word(token: str, following: str) -> bool:
    """Whether `A` or `I` is a word of its own: another word follows."""
    return token in "AI" and len(following) > 1 and following.islower()


def _in_order(wanted: list[str], words: list[str]) -> bool:
    """Whether all the wanted words stand there in order, quoted in pieces."""
    rest = iter(words)
    return all(word in rest for word in wanted)


def _is_denied(sentence: str, gold_words: list[str]) -> bool:
    lowered = sentence.casefold()
    at = lowered.find(gold_words[0])
    return (
        re.search(r"\b(?:no|not|without|never|isn't|doesn't|n't)\b[^.,;]{0,40}$", lowered[: max(at, 0)][-60:])
        is not None
    )
