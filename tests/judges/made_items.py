"""Items that reach a judge: nothing in them is screened."""

from p2r_rewards.judges.limits import Limits
from p2r_rewards.judges.verdict import JudgeItem

QUICK = Limits(backoff=0.01, backoff_cap=0.05, request_timeout=2.0, item_deadline=10.0)
"""Limits with short waits."""


def item(number: int = 0) -> JudgeItem:
    """The number can be read back from the prompt as `shelf <number>;`."""
    return JudgeItem(
        question="How many cups stand on the shelf?",
        gold="3",
        observation=f"On shelf {number}; a red, a blue and a green cup stand in a row beside a lamp and a book.",
        type="numerical",
    )


def items(count: int) -> list[JudgeItem]:
    return [item(number) for number in range(count)]


def number_in(prompt: str) -> int:
    return int(prompt.partition("On shelf ")[2].partition(";")[0])
