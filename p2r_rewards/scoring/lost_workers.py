"""What is raised when those who did the work are gone."""

from __future__ import annotations

from p2r_rewards.errors import DataError


class LostWorkersError(DataError):
    """Workers were killed, or their cluster failed; what they have done is there to be resumed."""
