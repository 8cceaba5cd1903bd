"""Replies of made policies, a problem, and a judge that answers over HTTP: what the adapters' tests share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.judges.fake_server import NO, YES, Act, FakeServer, Seen

DOCS = Path(__file__).parents[3] / "docs" / "trainers"

CUPS: dict[str, Any] = {
    "problem": "How many cups are there?",
    "solution": "<answer>2</answer>",
    "problem_type": "numerical",
}

GOOD = "<observation>A good look: two cups.</observation> <think>So two.</think><answer>2</answer>"
WRONG = "<observation>A good look: two cups.</observation> <think>So three, say.</think><answer>3</answer>"
BLIND = "<observation>Nothing.</observation> <think>A guess.</think><answer>2</answer>"
DARK = "<observation>It is dark.</observation> <think>Two?</think><answer>2</answer>"
BARE = "It must be two."
REPLIES = (GOOD, WRONG, BLIND, DARK, BARE)
"""R_P + R_R without lengths: 4, 3, 3, unscored, 0."""


def judge(request: Seen, number: int) -> Act:
    """Says yes to a good look, and nothing that can be read where it is dark."""
    if "dark" in request.prompt:
        return Act("I can't tell.")
    return Act(YES if "good look" in request.prompt else NO)


def judging() -> FakeServer:
    """A server with that judge."""
    return FakeServer(judge)


def block(page: str, language: str, number: int = 0) -> str:
    """A fenced block of a documentation page."""
    found = re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)
    return found[number]
