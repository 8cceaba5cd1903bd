"""`lexical`, the embedded judge: no model; how far the facts of an observation single out the gold answer.

It reads what is asserted, without the question's own words, statements of the answer, denials and guesses, and looks
for the gold in it by rules for each type. It serves for trying things out and for tests: a model judge understands
paraphrases that it does not.
"""

from __future__ import annotations

from collections.abc import Sequence

from p2r_rewards.judges.coverage import Decision
from p2r_rewards.judges.facts import Facts, asked_keys, content_keys, find_injection
from p2r_rewards.judges.gold import gold_option
from p2r_rewards.judges.lexical_choice import judge_choice
from p2r_rewards.judges.lexical_counts import judge_number
from p2r_rewards.judges.lexical_facts import item_facts
from p2r_rewards.judges.lexical_measures import judge_measure
from p2r_rewards.judges.lexical_text import judge_free_form
from p2r_rewards.judges.lexical_transcript import judge_transcript
from p2r_rewards.judges.lexicon import CLAIMS, PRONOUNS, STOP, key
from p2r_rewards.judges.sufficiency import unjudgeable
from p2r_rewards.judges.verdict import JudgeItem, Verdict
from p2r_rewards.judges.weighing import weigh
from p2r_rewards.normalize import unwrap_answer
from p2r_rewards.problem import ProblemType, read_problem_type

VERSION = "lexical-3"
"""The name and version of these rules, as verdicts carry it."""


class LexicalJudge:
    """The embedded judge as a `Judge`: asynchronous in form, immediate in fact.

    Example:
        >>> import asyncio
        >>> item = JudgeItem(question="How many cups?", gold="2", observation="Two cups on a tray.", type="numerical")
        >>> asyncio.run(LexicalJudge()([item]))[0].sufficient
        True
    """

    async def __call__(self, items: Sequence[JudgeItem]) -> list[Verdict]:
        """The verdicts, one an item."""
        return [judge_lexically(item) for item in items]


def judge_lexically(item: JudgeItem) -> Verdict:
    """Whether an item's observation singles out its gold answer, by words and numbers; total, linear, deterministic.

    Example:
        >>> judge_lexically(
        ...     JudgeItem(
        ...         question="What is the man holding?",
        ...         gold="B",
        ...         options=("a cup", "a red kite"),
        ...         observation="A man on the beach pulls a red kite on two strings.",
        ...         type="multiple choice",
        ...     )
        ... )
        Verdict(sufficient=True, how="the gold's words are held to 100%, no other option's as well", raw=None, \
model='lexical-3', template=None, prompt_tokens=None, completion_tokens=None, seconds=0.0, cached=False)
    """
    decided = unjudgeable(item)
    if decided is not None:
        return Verdict(sufficient=decided.sufficient, how=decided.how, model=VERSION)
    injected = find_injection(item.observation)
    if injected is not None:
        return Verdict(sufficient=False, how=f"addresses a judge: {injected!r:.60}", model=VERSION)
    decision = _decide(item)
    if isinstance(decision, str):
        return Verdict(sufficient=None, how=decision, model=VERSION)
    return Verdict(sufficient=decision.sufficient, how=decision.how[:200], model=VERSION)


def _decide(item: JudgeItem) -> Decision | str:
    """The decision on an item's facts, or why there can be none."""
    question = item.question or ""
    gold = unwrap_answer(item.gold)
    kind = read_problem_type(item.type)
    chosen = gold_option(item)
    if kind == ProblemType.MULTIPLE_CHOICE and chosen is None:
        return "gold names no option" if item.options else "options are missing"
    facts = item_facts(item)
    if not facts.spoken:
        return Decision(False, "describes nothing: it asks, or states an answer")
    if chosen is not None:
        options, index = chosen
        decision = judge_choice(question, options.texts, index, facts)
        gold = options.texts[index]
    elif kind == ProblemType.OCR:
        decision = judge_transcript(question, gold, facts)
    elif kind == ProblemType.REGRESSION:
        decision = judge_measure(question, gold, facts)
    elif kind in (ProblemType.NUMERICAL, ProblemType.MATH):
        decision = judge_number(question, gold, facts)
    else:
        decision = judge_free_form(question, gold, facts)
    if not decision.sufficient and not decision.settled:
        decision = weigh(question, gold, chosen, kind, facts) or decision
    if decision.sufficient and is_bare(gold, question, facts):
        return Decision(False, "states the answer and describes nothing")
    return decision


def is_bare(gold: str, question: str, facts: Facts) -> bool:
    """Whether the answer's own words stand among filler and claims alone, in every sentence that holds any of them.

    `It is red` describes where the sentence before speaks of what was asked, and what a colon leads to is read out.
    """
    silent = frozenset(content_keys(gold)) | _CLAIM_KEYS
    described: list[set[str]] = [set() for _ in facts.by_sentence]
    words: list[list[str]] = [[] for _ in facts.by_sentence]
    for number, word, each in zip(facts.sentences, facts.words, facts.keys, strict=True):
        words[number].append(word)
        if word not in STOP and each not in silent:
            described[number].add(each)
    if len(frozenset().union(*described)) < 2:
        return True
    answer = frozenset(content_keys(gold)) - frozenset(content_keys(question))
    anchors = asked_keys(question)
    holding = [number for number, held in enumerate(facts.by_sentence) if held & answer]
    return bool(holding) and not any(
        described[number]
        or (number and facts.spoken[number - 1].rstrip().endswith(":"))
        or (number and facts.by_sentence[number - 1] & anchors and not PRONOUNS.isdisjoint(words[number]))
        for number in holding
    )


_CLAIM_KEYS = frozenset(map(key, CLAIMS))
