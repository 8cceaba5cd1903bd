"""Scoring rollouts on disk: rows to rewards, groups to advantages, files to files."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from p2r_rewards.scoring.files import score_files
    from p2r_rewards.scoring.job import ScoringJob

__all__ = ["ScoringJob", "score_files"]


def __getattr__(name: str) -> Any:
    """Loads a name when it is first asked for, so that workers do without numpy and Arrow."""
    if name == "ScoringJob":
        from p2r_rewards.scoring.job import ScoringJob

        return ScoringJob
    if name == "score_files":
        from p2r_rewards.scoring.files import score_files

        return score_files
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
