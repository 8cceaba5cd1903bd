"""What PA-GRPO adds to verl's metrics of a step.

verl sums a metric over the parts of a step whose name holds "sum" or "total", and takes the extreme of one that holds
"min" or "max"; these names hold none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from p2r_rewards.advantages import Advantages
from p2r_rewards.judges.reward_parts import COMPONENTS


def describe(scores: Sequence[Mapping[str, Any]], advantages: Advantages) -> dict[str, float]:
    """Means of components over the rollouts that have them, and shares in [0, 1] of unscored rows and collapsed groups.

    Args:
        scores: What `compute_score` returned of the rollouts; a component that none has is left out.
        advantages: Of the same rollouts.
    """
    found = {}
    for name in COMPONENTS:
        known = [score[name] for score in scores if score[name] == score[name]]
        if known:
            found[f"p2r/{name}/mean"] = sum(known) / len(known)
    collapsed = advantages.collapsed
    groups = max(collapsed.groups, 1)
    return found | {
        "p2r/unscored/perception": 1.0 - float(advantages.perception_known.sum()) / max(len(scores), 1),
        "p2r/unscored/reasoning": 1.0 - float(advantages.reasoning_known.sum()) / max(len(scores), 1),
        "p2r/collapsed/perception": collapsed.perception / groups,
        "p2r/collapsed/reasoning": collapsed.reasoning / groups,
        "p2r/collapsed/both": collapsed.both / groups,
        "p2r/collapsed/combined": collapsed.sum / groups,
    }
