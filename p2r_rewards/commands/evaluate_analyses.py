"""The paper's analyses as subcommands of `p2r-eval`: one module each."""

from p2r_rewards.commands.evaluate_ablate import ablate
from p2r_rewards.commands.evaluate_examine import examine
from p2r_rewards.commands.evaluate_judges import judges
from p2r_rewards.commands.evaluate_mismatch import mismatch

__all__ = ["ablate", "examine", "judges", "mismatch"]
