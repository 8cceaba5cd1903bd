"""Free-form answers: ROUGE by default, with coverage of the gold and semantic similarity beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from p2r_rewards.graders import coverage
from p2r_rewards.graders.config import GradingConfig
from p2r_rewards.graders.registry import Grader
from p2r_rewards.graders.rouge import RougeReference, count_hits
from p2r_rewards.graders.words import split_signed_words, too_long_to_split
from p2r_rewards.normalize import fold
from p2r_rewards.problem import GoldAtom, Problem
from p2r_rewards.scores import Score, Unscored


@dataclass(frozen=True, slots=True)
class _Words:
    """A gold to compare by ROUGE."""

    text: str
    reference: RougeReference


@dataclass(frozen=True, slots=True)
class _Symbols:
    """A gold without letters and digits, such as an emoji: only the same text is right."""

    text: str


@dataclass(frozen=True, slots=True)
class _Meaning:
    """A gold to compare by sentence embeddings."""

    text: str
    model: str


_Gold: TypeAlias = _Words | _Symbols | _Meaning | coverage.CoverageReference


def prepare(problem: Problem, gold: GoldAtom, config: GradingConfig) -> _Gold | Unscored:
    """The gold, read for the metric that `config.free_form_metric` names.

    Raises:
        MissingExtraError: The metric is "semantic" and sentence-transformers is not installed.
    """
    if isinstance(gold, tuple):
        return Unscored(f"gold {gold!r:.80} is not text")
    text = str(gold)
    fault = too_long_to_split(text)
    if fault is not None:
        return Unscored(f"gold can't be compared: {fault}")
    if config.free_form_metric == "semantic":
        from p2r_rewards.graders import semantic

        semantic.load_model(config.semantic_model)
        return _Meaning(text, config.semantic_model)
    words = split_signed_words(text)
    if not words:
        return _Symbols(_normalise(text))
    if config.free_form_metric == "coverage":
        return coverage.read_gold(words, split_signed_words(problem.question or ""))
    return _Words(text, RougeReference.of(words))


def compare(gold: _Gold, answer: str) -> Score:
    """The mean F-measure of ROUGE-1, ROUGE-2 and ROUGE-L in [0, 1], or the metric that was chosen.

    Words are case-folded runs of letters and digits after NFKC, unstemmed; scripts without spaces go by character,
    and a sign that makes another word of it stays (`-5`, `C++`).
    A gold of one word has no pairs: ROUGE-2 is left out of its mean. The same words in the same order are 1. What
    ROUGE can't see: a negated sentence shares nearly all words with the gold and scores high.

    Example:
        >>> from p2r_rewards import Problem, grade
        >>> grade(Problem("What does he do?", gold="He cracks an egg", type="free-form"), "he cracks an egg.")
        Score(value=1.0, how='exact match after normalising')
        >>> grade(Problem("What is it?", gold="a red cup", type="free-form"), "a cup").how
        "mean F of ROUGE-1, 2, L: 2 words, 0 pairs, 2 in order shared by the gold's 3 and the answer's 2"
    """
    fault = too_long_to_split(answer)
    if fault is not None:
        return Score(0.0, f"answer can't be compared: {fault}")
    if type(gold) is _Words:
        return _compare_words(gold, answer)
    if isinstance(gold, coverage.CoverageReference):
        return coverage.cover(gold, split_signed_words(answer))
    if isinstance(gold, _Meaning):
        from p2r_rewards.graders import semantic

        return semantic.compare_meaning(gold.text, answer, model=gold.model)
    if _normalise(answer) == gold.text:
        return Score(1.0, "exact match after normalising")
    return Score(0.0, "gold holds only symbols, and the answer is not the same")


def _compare_words(gold: _Words, answer: str) -> Score:
    words = split_signed_words(answer)
    if not words:
        return Score(0.0, "no words in the answer")
    reference = gold.reference
    codes = reference.words.encode(words)
    total = len(reference.words.codes)
    if codes == reference.words.codes:
        return Score(1.0, "exact match" if answer == gold.text else "exact match after normalising")
    if reference.words.is_too_long(words):
        return Score(0.0, f"answer of {len(words):,} words is too long to compare with a gold of {total:,}")
    unigrams, bigrams, longest = count_hits(reference, codes)
    both = total + len(codes)
    value = 2 * (unigrams + longest) / both
    shared = f"shared by the gold's {total} and the answer's {len(codes)}"
    if total == 1:
        return Score(value / 2, f"mean F of ROUGE-1 and L (the gold is one word): {unigrams} words {shared}")
    if bigrams:
        value += 2 * bigrams / (both - 2)
    return Score(value / 3, f"mean F of ROUGE-1, 2, L: {unigrams} words, {bigrams} pairs, {longest} in order {shared}")


def _normalise(text: str) -> str:
    return " ".join(fold(text).casefold().split())


GRADER: Grader[_Gold] = Grader(prepare, compare)
