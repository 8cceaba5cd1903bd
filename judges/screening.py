"""What never reaches a judge: observations that hold no evidence, whoever reads them."""

from __future__ import annotations

import re
from functools import lru_cache

from p2r_rewards.graders.options import MAX_OPTIONS, read_options
from p2r_rewards.graders.words import split_words
from p2r_rewards.judges.defusing import drop_invisible, look_latin
from p2r_rewards.judges.gold import gold_text
from p2r_rewards.judges.verdict import JudgeItem
from p2r_rewards.normalize import fold, has_long_mark_run

MAX_CHARS = 65_536
"""A longer observation holds more than any of these do, and is left to the judge."""

MAX_MARKS = 30

OPENER = "based on the question i need to notice"
"""The words that open every observation of the paper's data: no evidence (arXiv 2511.11113, Fig. 7)."""

# Words that a model judge takes for a solution though they hold none (arXiv 2507.08794), and their like.
MASTER_KEYS = frozenset(
    " ".join(split_words(key))
    for key in """
    thought process|solution|explanation|answer|the answer|final answer|the final answer|reasoning|analysis|step by step
    let's solve this step by step|let us solve this step by step|let's solve this problem step by step
    let's think step by step|let us think step by step|let's begin|let me think|let me analyze the image
    to solve this problem we need to|to answer the question|the solution is|here is the solution|here is the answer
    the answer is|therefore the answer is|so the answer is|observation|observations|evidence|description|image|video
    the observation is sufficient|this observation is sufficient|sufficient|correct|this is correct|yes|no|true|false
    i see|i see it|i can see it|i can see the answer|the image shows|the video shows|the image|the video|n a|none|null
    everything|everything needed|everything in the image|everything in the video|the visual evidence|the evidence
    思考过程|解|解答|答案|解説|かいせつ|respuesta|lösung|solución|solution steps|problem solving|approach|method
    """.replace("\n", "|").split("|")
    if key.strip()
)
_TAG = re.compile(r"[<‹＜]\s{0,4}[/|!]?[^<>‹›＜＞\n]{0,60}[>›＞]|\[/?[A-Za-z_]{2,20}\]")
_PLACEHOLDER = re.compile(r"\{\{?[A-Za-z_][A-Za-z0-9_ ]{0,30}\}\}?")
_LETTERS = re.compile(r"[^\W_]")
_STATEMENT = re.compile(
    r"\b(?:so |thus |therefore |hence |clearly |obviously |indeed )?(?:the |my |its )?(?:correct |right |final |true |"
    r"best |only (?:possible )?)?(?:answer|option|choice)(?: to (?:the|this) question)?(?: is| are| must be| "
    r"should be| would be|'s|:|=)[ :=\"'(*\[]{0,4}(?:option |choice )?[^\n.;!?]{0,200}",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(?:option |choice |answer |letter )?[(\[]?[a-z][)\].:]?", re.IGNORECASE)
_FUNCTION_WORDS = frozenset(
    split_words(
        "a an the is are was were be it its this that these those there here of and or so i we you they my our your "
        "need needs must should will would can could do does did option options choice choices answer answers as"
    )
)
_FILLER = _FUNCTION_WORDS | frozenset(
    split_words(
        "in on at to for with by about notice see look find identify determine check observe based question image "
        "video picture frame frames shown shows show seen what which who whom whose where when why how has have had "
        "correct final follows following given visual information"
    )
)
_TOLD_BY_QUESTION = frozenset(("yes", "no", "true", "false"))


def screen(item: JudgeItem) -> str | None:
    """Why an item's observation can't be evidence, or None where a judge has to look at it.

    Example:
        >>> screen(JudgeItem(question="What is he holding?", gold="a cup", observation="Thought process:"))
        'holds a stock phrase and nothing else'
        >>> screen(JudgeItem(question="What is he holding?", gold="a cup", observation="He lifts a cup."))
    """
    text = item.observation
    if len(text) > MAX_CHARS:
        return "is empty" if not text.strip() else None
    if has_long_mark_run(text, MAX_MARKS):
        return None
    text = drop_invisible(text)
    if not text.strip():
        return "is empty"
    text = fold(text)
    if _LETTERS.search(text) is None:
        return "holds no letter and no digit"
    if len(text.strip()) <= 4 and sum(map(str.isalnum, text)) == 1:
        return "is a single character"
    return _screen_words(item, _without_markup(text))


def _without_markup(text: str) -> str:
    """The text without tags and placeholders, in the letters that it looks to be written in."""
    text = look_latin(text) if any(char.isascii() and char.isalpha() for char in text) else text
    if "<" in text or "[" in text or "‹" in text:
        text = _TAG.sub(" ", text)
    return _PLACEHOLDER.sub(" ", text) if "{" in text else text


def _screen_words(item: JudgeItem, text: str) -> str | None:
    phrase = " ".join(split_words(text))
    opened = phrase.startswith(OPENER)
    while phrase.startswith(OPENER):
        phrase = phrase[len(OPENER) :].strip()
    if not phrase:
        return "holds its opening words alone" if opened else "holds tags and placeholders alone"
    if phrase in MASTER_KEYS:
        return "holds a stock phrase and nothing else"
    answer = _words(gold_text(item))
    filler = _FILLER - answer
    words = set(phrase.split())
    if words <= filler:
        return "holds its opening words alone" if opened else "holds filler words alone"
    if _repeats_question(item.question or "", phrase, answer, filler):
        return "repeats the question"
    if _lists_options(item, phrase):
        return "lists the options"
    if not any(word in text.lower() for word in ("answer", "option", "choice")) and len(phrase) > 12:
        return None
    rest = " ".join(split_words(_STATEMENT.sub(" ", text))).removeprefix(OPENER).strip()
    if set(rest.split()) <= _FILLER or (_LETTER.fullmatch(text.strip()) and len(phrase) < 12):
        return "states an answer and nothing else"
    return None


@lru_cache(maxsize=512)  # the rollouts of a group share them
def _asked(question: str) -> str:
    return " ".join(split_words(question))


@lru_cache(maxsize=512)
def _words(text: str) -> frozenset[str]:
    return frozenset(split_words(text))


def _repeats_question(question: str, phrase: str, answer: frozenset[str], filler: frozenset[str]) -> bool:
    """Whether the question stands there and nothing else, or its words alone where they can't hold the answer."""
    asked = _asked(question)
    if len(asked) < 8:
        return False
    if asked in phrase and set(phrase.replace(asked, " ").split()) <= filler:
        return True
    known = set(asked.split()) | filler
    held = answer <= known or answer & _TOLD_BY_QUESTION
    return not held and set(phrase.split()) <= known


def _lists_options(item: JudgeItem, phrase: str) -> bool:
    """Whether all the options stand there, one after the other, with nothing but the question beside them."""
    texts = read_options(item.options).texts if 1 < len(item.options) <= MAX_OPTIONS else ()
    listed = sorted((" ".join(split_words(text)) for text in texts), key=len, reverse=True)
    if not texts or not all(text and text in phrase for text in listed):
        return False
    padded = f" {phrase} ".replace(f" {' '.join(split_words(item.question or ''))} ", " ")
    for text in listed:
        padded = padded.replace(f" {text} ", "  ")
    return all(word in _FUNCTION_WORDS or len(word) == 1 for word in padded.split())
