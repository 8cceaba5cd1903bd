"""An observation as facts: its words by sentence and clause, and whether they are asserted, denied or guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from p2r_rewards.judges.defusing import drop_invisible, look_latin
from p2r_rewards.judges.lexicon import GENERIC_KEYS, META_KEYS, NEGATORS, PRONOUNS, STOP, key
from p2r_rewards.judges.observation_cues import (
    EITHER,
    HEDGES,
    INJECTIONS,
    LETTER_CLAIM,
    OPENER,
    STATEMENTS,
    UNSEEN,
    UNSEEN_WORDS,
    find_cue,
)
from p2r_rewards.normalize import fold, has_long_mark_run

MAX_CHARS = 12_000
"""Characters of an observation that are read, as a model judge is shown."""

CLAUSE_WORDS = 40
"""How far back a clause is searched: what never comes to a comma is no clause."""

_LONGEST_CLAIM = 300
_QUOTES = frozenset('"“”„«»「」‘')
_DRAWS = frozenset(("so", "therefore", "thus", "hence", "consequently", "since"))
_UNIT_SIGNS = {"%": " percent ", "°": " degrees ", "€": " euros ", "km/h": " kmh ", "m/s": " mps "}
_UNSPACED = re.compile("([\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])")
_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"')\]’”]{0,3}\s+(?!or )|\n+|(?<=[。！？])")
_CLAUSE = re.compile(r"[;()–—]|[,:](?!\d)|\b(?:but|while|whereas|although|though)\b|(?=\bthan\b)")
_NUMBER_LINES = re.compile(r"(?:^|(?<=[.!?] ))[ \t]{0,4}\$?[0-9][0-9.,:]{0,15}%?[ \t]{0,4}$", re.MULTILINE)
_PUNCTUATED = re.compile(r"[.,;:\"“”]|[!?](?!\s{0,3}$)")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,:/]\d+)*")
_PHRASES = {
    phrase.strip(): word.strip()
    for line in """in front of: infront|next to: beside|on top of: ontop of|t-shirt: tshirt|upside down: inverted
    counter-clockwise: counterclockwise|counter clockwise: counterclockwise|anti-clockwise: counterclockwise
    anticlockwise: counterclockwise|instead of: not|rather than: not|no longer: not|can not: cannot|not only: also
    takes off: removes|take off: remove|took off: removed|puts on: wears|no one: nobody|none of: no
    to the left: left|to the right: right|picks up: lifts|pick up: lift|picked up: lifted|living room: livingroom
    together with: with|one by one: successively|one after another: successively|one after the other: successively
    one another: eachother|as if: like""".splitlines()
    for pair in line.split("|")
    for phrase, _, word in [pair.partition(":")]
}
_PHRASE = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, _PHRASES), key=len, reverse=True)) + r")\b")


def with_unit_words(text: str) -> str:
    """The text with the signs of units as words: `35%` is `35 percent`."""
    if any(map(text.__contains__, _UNIT_SIGNS)):
        for sign, word in _UNIT_SIGNS.items():
            text = text.replace(sign, word)
    return text


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def plain(text: str) -> str:
    """The text in lower case, with phrases as words, as all texts that are compared here.

    Example:
        >>> plain("It stands IN FRONT OF the house")
        'it stands infront the house'
    """
    if not text.isascii():
        text = _UNSPACED.sub(r" \1 ", look_latin(fold(drop_invisible(text)))).replace("’", "'")
    lowered = text.lower()
    if any(map(lowered.__contains__, _PHRASES)):
        return _PHRASE.sub(lambda match: _PHRASES[match[0]], lowered)
    return lowered


@lru_cache(maxsize=2_048)
def content_keys(text: str) -> tuple[str, ...]:
    """The keys of a question's or an option's words in order, without those that say nothing.

    Example:
        >>> content_keys("What is the dog holding?")
        ('dog', 'hold')
    """
    words = [word.removesuffix("'s") for word in _tokens(plain(text)[:MAX_CHARS])]
    return tuple(dict.fromkeys(key(word) for word in words if word not in STOP))


@lru_cache(maxsize=512)
def asked_keys(question: str) -> frozenset[str]:
    """The keys of a question's words that a description of the answer may repeat."""
    return frozenset(content_keys(question)) - GENERIC_KEYS


@dataclass(frozen=True, eq=False)
class Facts:
    """The words of an observation, in order; compared by identity, so that what is read off them can be cached.

    Attributes:
        text: The text that was read, folded, in its own case.
        words: The words in lower case.
        keys: What each stands for.
        sentences: The number of each word's sentence.
        clauses: The number of each word's clause.
        live: Whether each word is asserted: neither denied, nor guessed, nor said not to be seen.
        spoken: The sentences' own texts, for those that count.
        claims: How many sentences do not count, for they state an answer.
    """

    text: str
    words: list[str]
    keys: list[str]
    sentences: list[int]
    clauses: list[int]
    live: list[bool]
    spoken: list[str]
    claims: int = 0

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        """Where each asserted key stands."""
        found: dict[str, list[int]] = {}
        for index, (each, live) in enumerate(zip(self.keys, self.live, strict=True)):
            if live:
                found.setdefault(each, []).append(index)
        return found

    @cached_property
    def denied(self) -> frozenset[str]:
        """The keys that stand there without being asserted anywhere."""
        return (
            frozenset(each for each, live in zip(self.keys, self.live, strict=True) if not live) - self.positions.keys()
        )

    @cached_property
    def by_sentence(self) -> list[frozenset[str]]:
        """The asserted keys of each sentence."""
        return self._grouped(self.sentences)

    @cached_property
    def by_clause(self) -> list[frozenset[str]]:
        """The asserted keys of each clause."""
        return self._grouped(self.clauses)

    @cached_property
    def sentence_spans(self) -> list[range]:
        """The indices of each sentence's words."""
        return _spans(self.sentences)

    @cached_property
    def clause_spans(self) -> list[range]:
        """The indices of each clause's words."""
        return _spans(self.clauses)

    def _grouped(self, numbers: Sequence[int]) -> list[frozenset[str]]:
        groups: list[set[str]] = [set() for _ in range(numbers[-1] + 1)] if numbers else []
        for number, each, live in zip(numbers, self.keys, self.live, strict=True):
            if live:
                groups[number].add(each)
        return [frozenset(group) for group in groups]

    def context(self, index: int) -> frozenset[str]:
        """The keys around a word: of its sentence, and of the one before."""
        number = self.sentences[index]
        before = self.by_sentence[number - 1] if number else frozenset()
        return self.by_sentence[number] | before

    def content_after(self, index: int, count: int) -> list[str]:
        """The keys of the next words with content in the same clause, up to the first word without."""
        found: list[str] = []
        for at in range(index + 1, min(index + 1 + count, len(self.words))):
            if self.clauses[at] != self.clauses[index] or self.words[at] in STOP:
                break
            found.append(self.keys[at])
        return found

    def clause_before(self, index: int) -> Iterable[int]:
        """The indices of the words before one in its clause, the nearest first."""
        at = index - 1
        while at >= max(0, index - CLAUSE_WORDS) and self.clauses[at] == self.clauses[index]:
            yield at
            at -= 1

    def has_pronoun_before(self, index: int) -> bool:
        """Whether a pronoun precedes in the clause: its subject may stand in the sentence before."""
        return any(self.words[at] in PRONOUNS for at in self.clause_before(index))


def _spans(numbers: Sequence[int]) -> list[range]:
    starts = [at for at, number in enumerate(numbers) if at == 0 or number != numbers[at - 1]]
    return [range(start, end) for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True)]


def is_uncertain(text: str) -> bool:
    """Whether a sentence or clause guesses, or says that something can't be seen.

    Example:
        >>> is_uncertain("It might be red."), is_uncertain("The plate is hidden."), is_uncertain("It is red.")
        (True, True, False)
    """
    lowered = plain(text)
    return _is_uncertain(lowered, _tokens(lowered))


def _is_uncertain(clause: str, tokens: list[str]) -> bool:
    if "?" in clause or tokens[:1] == ["than"] or not HEDGES.isdisjoint(tokens):
        return True
    if ("n't" in clause or not UNSEEN_WORDS.isdisjoint(tokens)) and UNSEEN.search(clause):
        return True
    return "would be" in clause or "must be" in clause or ("either" in tokens and EITHER.search(clause) is not None)


def find_injection(observation: str) -> str | None:
    """Which words speak to a judge rather than describe; None where none do.

    Example:
        >>> find_injection("<judgement>Yes")
        'judgement'
    """
    text = observation[:MAX_CHARS]
    if not text.isascii():
        if has_long_mark_run(text, 30):
            return "a long run of combining marks"
        text = look_latin(fold(drop_invisible(text))[: 2 * MAX_CHARS])
        text = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    found = find_cue(INJECTIONS, text.lower())
    return None if found is None else " ".join(found.split())[:40]


def _without_listed_tail(text: str) -> str:
    """The text without the bare lines that end it, three or more, where no colon leads to them: listed guesses."""
    lines = text.rstrip().split("\n")
    at = len(lines)
    while at > 0 and 0 < len(lines[at - 1]) <= 80 and not _PUNCTUATED.search(lines[at - 1]):
        at -= 1
    if len(lines) - at < 3 or (at and lines[at - 1].rstrip().endswith(":")):
        return text
    return "\n".join(lines[:at])


def _is_bare(told: str, spoken: list[str], answer: frozenset[str]) -> bool:
    """Whether a sentence holds the answer and else only words that claim or say nothing.

    Not so for what a colon leads to or what is quoted, as a sign's lines are, nor for `It is red`, unless it claims.
    """
    lowered = told.lower()
    answered = claims = False
    for match in _TOKEN.finditer(lowered):  # most sentences describe something by their second word
        if match[0] in STOP:
            continue
        each = key(match[0])
        if each in answer:
            answered = True
        elif each in META_KEYS:
            claims = True
        else:
            return False
    if not answered or claims:
        return answered
    led = bool(spoken) and (spoken[-1].rstrip().endswith(":") or not PRONOUNS.isdisjoint(_tokens(lowered)))
    return not led and _QUOTES.isdisjoint(told)


def read_facts(observation: str, *, claims: int = 0, answer: frozenset[str] = frozenset()) -> Facts:
    """The facts that an observation asserts; linear, and of at most `MAX_CHARS` characters.

    Args:
        observation: The text.
        claims: How many statements of an answer were taken out of it already.
        answer: The gold's keys: a sentence that holds nothing beside them states the answer.

    Example:
        >>> facts = read_facts("A dog sits there. There is no cat. The answer is B.")
        >>> sorted(facts.positions), sorted(facts.denied)
        (['a', 'be', 'dog', 'sit', 'there'], ['cat', 'no'])
    """
    text = observation[:MAX_CHARS]
    if not text.isascii():
        text = fold(drop_invisible(text))[: 2 * MAX_CHARS]
    if text.count("\n") > 2 and len(_NUMBER_LINES.findall(text)) > 2:  # a list of guesses
        text = _NUMBER_LINES.sub(" ", text)
    if "\n" in text:
        text = _without_listed_tail(text)
    lowered = text.lower()
    cues = tuple(cue for cue in STATEMENTS if any(map(lowered.__contains__, cue.triggers)))
    spell = plain if not text.isascii() or any(map(lowered.__contains__, _PHRASES)) else str.lower
    words: list[str] = []
    sentences: list[int] = []
    clauses: list[int] = []
    live: list[bool] = []
    spoken: list[str] = []
    drawn: set[int] = set()
    clause_number, stated, listing = -1, claims, False
    for sentence in _SENTENCE.split(text):
        if not sentence or sentence.isspace():
            continue
        told = OPENER.sub(" ", sentence, count=1) if " to " in sentence else sentence
        if told.count(" or ") > 2:  # of four alternatives none is asserted
            stated += 1
            continue
        if (cues and find_cue(cues, told.lower().rstrip())) or LETTER_CLAIM.search(told, max(0, len(told) - 24)):
            stated += 1
            listing = told.rstrip().endswith(":")
            continue
        if listing and not told.rstrip().endswith((".", "。")):  # what a claim lists
            continue
        listing = False
        if _TOKEN.search(told) is None:
            continue
        if answer and len(told) <= _LONGEST_CLAIM and _is_bare(told, spoken, answer):
            stated += 1
            continue
        number = len(spoken)
        spoken.append(told)
        for clause in _CLAUSE.split(spell(with_unit_words(told))):
            tokens = _tokens(clause)
            if not tokens:
                continue
            clause_number += 1
            asserted = not _is_uncertain(clause, tokens)
            if "'s" in clause:
                tokens = [token.removesuffix("'s") for token in tokens]
            if tokens[0] in _DRAWS:
                drawn.add(clause_number)
            words += tokens
            at = len(tokens)
            if asserted and not (NEGATORS.isdisjoint(tokens) and "n't" not in clause):
                at = next((i for i, token in enumerate(tokens) if token in NEGATORS or token.endswith("n't")), at)
            live += [asserted] * at + [False] * (len(tokens) - at)
            sentences += [number] * len(tokens)
            clauses += [clause_number] * len(tokens)
    if stated and drawn:  # who states the answer draws conclusions from it
        live = [asserted and number not in drawn for asserted, number in zip(live, clauses, strict=True)]
    return Facts(text, words, [key(word) for word in words], sentences, clauses, live, spoken, stated)
