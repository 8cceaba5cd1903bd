"""What a fork server loads once for all workers, so that they share its memory; `write_parquet` comes beside it."""

from p2r_rewards.graders.registry import find_grader
from p2r_rewards.problem import ProblemType
from p2r_rewards.scoring import parts

for kind in ProblemType:
    find_grader(kind)

__all__ = ["parts"]
