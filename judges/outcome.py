"""What asking a judge took, and whether it answered at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from p2r_rewards.errors import DataError
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.verdict import Verdict


def spent(judge: object) -> dict[str, Any]:
    """Requests, tokens and cost so far; zeros where no model is asked, and None for a cost without a price."""
    if not isinstance(judge, ModelJudge):
        return {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0, "cost": None}
    names = ("requests", "prompt_tokens", "completion_tokens", "cost")
    return {name: getattr(judge.ledger, name) for name in names}


def check_reached(judge: object, name: str, verdicts: Sequence[Verdict]) -> None:
    """Refuses to go on where a model was asked and has not answered once.

    Args:
        judge: Who was asked.
        name: How it is called in the error.
        verdicts: What came back.

    Raises:
        DataError: So it is; the message says why.
    """
    if not isinstance(judge, ModelJudge):
        return
    ledger = judge.ledger
    silent = ledger.requests and not ledger.cached and ledger.latencies.quantile(1.0) is None
    reasons = Counter(verdict.how for verdict in verdicts if verdict.sufficient is None)
    if silent and reasons:
        message = f"{name} has not answered once, so nothing was scored: {reasons.most_common(1)[0][0]}"
        raise DataError(message)
