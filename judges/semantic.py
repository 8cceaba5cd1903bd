"""`lexical+semantic`: the embedded judge, with sentence embeddings for the paraphrases that words miss."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from p2r_rewards.graders.config import GradingConfig
from p2r_rewards.graders.semantic import embed
from p2r_rewards.judges.coverage import Decision
from p2r_rewards.judges.definiteness import is_whole
from p2r_rewards.judges.facts import Facts
from p2r_rewards.judges.gold import gold_option
from p2r_rewards.judges.lexical import VERSION as LEXICAL
from p2r_rewards.judges.lexical import is_bare, judge_lexically
from p2r_rewards.judges.lexical_facts import item_facts
from p2r_rewards.judges.verdict import JudgeItem, Verdict

VERSION = f"{LEXICAL}+semantic"

MAX_SENTENCES = 24
"""Sentences of an observation that are embedded."""

NEAR = 0.48
"""Cosine from which a sentence says what a free-form gold says."""

OPTION_NEAR = 0.35
"""The same for a choice question, where the gold also has to stand out."""

MARGIN = 0.045
"""By how much the gold option has to be nearer than the next, the nearest sentence and the whole taken together."""

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

    Embeddings see neither negation nor numbers: they are asked only where words alone were missing, over sentences that
    assert something, and for a choice question only the option that is clearly nearest counts.

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
    sentences = asserted[:MAX_SENTENCES]
    chosen = gold_option(item)
    texts, gold = ((item.gold,), 0) if chosen is None else (chosen[0].texts, chosen[1])
    if (
        not sentences
        or len(texts) > 26
        or not is_whole(facts)
        or any(char.isdigit() for char in texts[gold])
        or is_bare(texts[gold], "", facts)
    ):
        return None
    whole = embed(" ".join(sentences)[:1_500], model)
    vectors = [embed(sentence[:1_000], model) for sentence in sentences]
    # Of options all read the question; a free-form gold is compared alone, for the question's words are everywhere.
    said = [embed((f"{item.question} {text}" if chosen else text)[:1_000], model) for text in texts]
    nearness = [max(_cosine(each, vector) for vector in vectors) for each in said]
    own = nearness.pop(gold)
    if own < (OPTION_NEAR if nearness else NEAR):
        return None
    overall = [_cosine(each, whole) for each in said]
    ahead = own + overall.pop(gold) - max(nearness, default=0.0) - max(overall, default=0.0)
    if nearness and ahead < 2 * MARGIN:
        return None
    others = f", others {max(nearness):.2f}" if nearness else ""
    return Decision(True, f"cosine {own:.2f} of the gold and a sentence{others}")


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))
