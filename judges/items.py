"""What a judge is asked about a problem and an observation."""

from __future__ import annotations

from p2r_rewards.judges.verdict import JudgeItem
from p2r_rewards.normalize import unwrap_answer
from p2r_rewards.problem import Problem, ProblemType


def judge_item(problem: Problem, observation: str) -> JudgeItem:
    """The item of an observation: the gold bare, the options as full texts.

    Of several accepted answers all are told, but for multiple choice, where the first one names the option.

    Example:
        >>> problem = Problem("How many?", gold="<answer>2</answer>", type="numerical")
        >>> judge_item(problem, "Two cups.").gold
        '2'
    """
    return JudgeItem(
        question=problem.question,
        gold=_bare_gold(problem),
        observation=observation,
        options=problem.options,
        type=problem.type,
        data_type=problem.data_type,
    )


def _bare_gold(problem: Problem) -> str:
    gold, options = problem.gold, problem.options
    if gold is None:
        return ""
    if not isinstance(gold, tuple):
        return _atom(gold, options)
    if problem.type == ProblemType.MULTIPLE_CHOICE:
        return _atom(gold[0], options) if gold else ""
    return " or ".join(_atom(one, options) for one in gold)


def _atom(gold: object, options: tuple[str, ...]) -> str:
    if isinstance(gold, tuple):
        return ", ".join(_atom(one, options) for one in gold)
    if isinstance(gold, int) and 0 <= gold < len(options):  # an index
        return options[gold]
    return unwrap_answer(str(gold))
