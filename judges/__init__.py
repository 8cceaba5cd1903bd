"""Judges: verdicts on observations, and the answers that reasoning settles on.

>>> from p2r_rewards.judges import JudgeItem, judge_sync, open_judge
>>> item = JudgeItem(question="How many cups?", gold="2", observation="On the shelf stand two cups, side by side.")
>>> judge_sync(open_judge("lexical"), [item])[0].sufficient
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from p2r_rewards.judges.cache import VerdictCache
    from p2r_rewards.judges.calibration import Calibration, calibrate
    from p2r_rewards.judges.client import Client, Reply
    from p2r_rewards.judges.decoding import Decoding
    from p2r_rewards.judges.extraction import (
        Extraction,
        MismatchRate,
        build_extraction,
        extract_choice,
        mismatch,
        mismatch_rates,
        read_extraction,
    )
    from p2r_rewards.judges.items import judge_item
    from p2r_rewards.judges.ledger import Ledger, Price
    from p2r_rewards.judges.lexical import LexicalJudge, judge_lexically
    from p2r_rewards.judges.limits import Limits
    from p2r_rewards.judges.model_judge import ModelJudge
    from p2r_rewards.judges.opening import open_client, open_judge
    from p2r_rewards.judges.recording import RecordingClient, ReplayClient
    from p2r_rewards.judges.reward_functions import (
        AsyncRewardFunction,
        RewardFunction,
        format_reward,
        length_reward,
        perception_accuracy_reward,
        perception_reward,
        process_reward,
        reasoning_accuracy_reward,
        reasoning_reward,
    )
    from p2r_rewards.judges.semantic import SemanticJudge
    from p2r_rewards.judges.sufficiency import build_messages, prepare_item, read_verdict
    from p2r_rewards.judges.synchronous import judge_sync
    from p2r_rewards.judges.verdict import Judge, JudgeItem, Verdict

_HOME = {
    "AsyncRewardFunction": "reward_functions",
    "Calibration": "calibration",
    "Client": "client",
    "Decoding": "decoding",
    "Extraction": "extraction",
    "Judge": "verdict",
    "JudgeItem": "verdict",
    "Ledger": "ledger",
    "LexicalJudge": "lexical",
    "Limits": "limits",
    "MismatchRate": "extraction",
    "ModelJudge": "model_judge",
    "Price": "ledger",
    "RecordingClient": "recording",
    "ReplayClient": "recording",
    "Reply": "client",
    "RewardFunction": "reward_functions",
    "SemanticJudge": "semantic",
    "Verdict": "verdict",
    "VerdictCache": "cache",
    "build_extraction": "extraction",
    "build_messages": "sufficiency",
    "calibrate": "calibration",
    "extract_choice": "extraction",
    "format_reward": "reward_functions",
    "judge_item": "items",
    "judge_lexically": "lexical",
    "judge_sync": "synchronous",
    "length_reward": "reward_functions",
    "mismatch": "extraction",
    "mismatch_rates": "extraction",
    "open_client": "opening",
    "open_judge": "opening",
    "perception_accuracy_reward": "reward_functions",
    "perception_reward": "reward_functions",
    "prepare_item": "sufficiency",
    "process_reward": "reward_functions",
    "read_extraction": "extraction",
    "read_verdict": "sufficiency",
    "reasoning_accuracy_reward": "reward_functions",
    "reasoning_reward": "reward_functions",
}

__all__ = [
    "AsyncRewardFunction",
    "Calibration",
    "Client",
    "Decoding",
    "Extraction",
    "Judge",
    "JudgeItem",
    "Ledger",
    "LexicalJudge",
    "Limits",
    "MismatchRate",
    "ModelJudge",
    "Price",
    "RecordingClient",
    "ReplayClient",
    "Reply",
    "RewardFunction",
    "SemanticJudge",
    "Verdict",
    "VerdictCache",
    "build_extraction",
    "build_messages",
    "calibrate",
    "extract_choice",
    "format_reward",
    "judge_item",
    "judge_lexically",
    "judge_sync",
    "length_reward",
    "mismatch",
    "mismatch_rates",
    "open_client",
    "open_judge",
    "perception_accuracy_reward",
    "perception_reward",
    "prepare_item",
    "process_reward",
    "read_extraction",
    "read_verdict",
    "reasoning_accuracy_reward",
    "reasoning_reward",
]


def __getattr__(name: str) -> Any:
    """Loads a name when it is first asked for: clients' libraries are heavy."""
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
