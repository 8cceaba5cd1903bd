"""`lexical+semantic`: the embedded judge, with sentence embeddings for the paraphrases that words miss."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from p2r_rewards.graders.config import GradingConfig
from p2r_rewards.graders.semantic import embed
from p2r_rewards.judges.coverage import Decision
from p2r_rewards.judges.definiteness import definiteness
from p2r_rewards.judges.facts import Facts
from p2r_rewards.judges.gold import gold_option
from p2r_rewards.judges.lexical import VERSION as LEXICAL
from p2r_rewards.judges.lexical import is_bare, judge_lexically
from p2r_rewards.judges.lexical_facts import item_facts
from p2r_rewards.judges.verdict import JudgeItem, Verdict

VERSION = f"{LEXICAL}+semantic"

MAX_SENTENCES = 24
"""Sentences of an observation that are embedded."""

OPTION_AHEAD = 0.03
"""By how much the gold option has to be nearer than the next, the nearest sentence and the whole taken together."""

OPTION_ODDS = (14.0, 0.8, 0.0)
"""Log odds for a choice question: a unit of being ahead, one of definiteness, and what they start from."""

TEXT_NEAR = 0.3
"""Cosine of a free-form gold and a sentence below which they have nothing to do with each other."""

TEXT_ODDS = (10.0, 0.8, -3.5)
"""The same log odds for a free-form answer, whose nearness to a sentence stands for being ahead."""

_WORDS_MISSED = re.compile(
    r"the gold's words are held to(?!.*\bbut\b)|nothing of the gold option is described|option .* is described as well"
)


class SemanticJudge:
    """The embedded judge with embeddings; needs the extra `semantic`.

    Args:
        model: A sentence-transformers name or a folder.
    """

    def __init__(self, model: str = GradingConfig().semantic_model) -> None:
        self.model = model

    async def __call__(self, items: Sequence[JudgeItem]) -> list[Verdict]:
        """The verdicts, one an item; the event loop runs on while they are worked out."""
        return await asyncio.to_thread(lambda: [judge_semantically(item, model=self.model) for item in items])


def judge_semantically(item: JudgeItem, *, model: str = GradingConfig().semantic_model) -> Verdict:
    """What `judge_lexically` says, but that a paraphrase of the gold is found by its meaning as well.

    Embeddings see neither negation nor numbers, and all that is said of a topic is near it: they are asked only where
    words alone were missing, of an account that comes to its end. Options are told apart by how far the gold is ahead
    of the next, not by how near it is; how definite the account is counts beside it.

    Raises:
        MissingExtraError: sentence-transformers is not installed.
    """
    verdict = judge_lexically(item)
    found = None
    if verdict.sufficient is False and _WORDS_MISSED.match(verdict.how):
        found = _compare(item, item_facts(item), model)
    decided = found or Decision(bool(verdict.sufficient), verdict.how)
    sufficient = None if verdict.sufficient is None else decided.sufficient
    return Verdict(sufficient=sufficient, how=decided.how, model=VERSION)


def _compare(item: JudgeItem, facts: Facts, model: str) -> Decision | None:
    """Sufficient where a sentence is near the gold in meaning, and nearer than to any other option; else None."""
    asserted = [sentence for number, sentence in enumerate(facts.spoken) if facts.by_sentence[number : number + 1]]
    sentences = [sentence for sentence in asserted if "?" not in sentence][:MAX_SENTENCES]
    chosen = gold_option(item)
    texts, gold = ((item.gold,), 0) if chosen is None else (chosen[0].texts, chosen[1])
    question = item.question or ""
    definite = definiteness(facts, question)
    if (
        not sentences
        or len(texts) > 26
        or definite is None
        or any(char.isdigit() for char in texts[gold])
        or is_bare(texts[gold], "", facts)
    ):
        return None
    vectors = [embed(sentence[:1_000], model) for sentence in sentences]
    if chosen is None:  # alone, for the question's words are everywhere
        return _weigh_text(embed(texts[gold][:1_000], model), vectors, definite)
    vectors.append(embed(" ".join(sentences)[:1_500], model))
    return _weigh_options([embed(f"{question} {text}"[:1_000], model) for text in texts], gold, vectors, definite)


def _weigh_text(gold: Sequence[float], sentences: Sequence[Sequence[float]], definite: float) -> Decision | None:
    """Sufficient where a sentence of a definite account is near a free-form gold."""
    near = max(_cosine(gold, sentence) for sentence in sentences)
    weight, per_definite, start = TEXT_ODDS
    if near < TEXT_NEAR or weight * near + per_definite * definite + start <= 0:
        return None
    return Decision(True, f"cosine {near:.2f} of the gold and a sentence, definiteness {definite:.1f}")


def _weigh_options(
    options: Sequence[Sequence[float]], gold: int, told: Sequence[Sequence[float]], definite: float
) -> Decision | None:
    """Sufficient where a definite account, the last of the vectors, is nearer to the gold than to any other option."""
    near = [max(_cosine(option, sentence) for sentence in told[:-1]) for option in options]
    whole = [_cosine(option, told[-1]) for option in options]
    own, own_whole = near.pop(gold), whole.pop(gold)
    if not near:
        return None
    ahead = own + own_whole - max(near) - max(whole)
    weight, per_definite, start = OPTION_ODDS
    if ahead < OPTION_AHEAD or weight * ahead + per_definite * definite + start <= 0:
        return None
    return Decision(True, f"cosine {own:.2f} of the gold and a sentence, ahead by {ahead:.2f}, others {max(near):.2f}")


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))
