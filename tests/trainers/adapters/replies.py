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


def save_byte_tokenizer(path: Path, *, end: str) -> None:
    """Writes a `tokenizer.json` whose ids are 0 for the end of a reply, and a byte's value + 1."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    spelling = _byte_spelling()
    tokenizer = Tokenizer(models.BPE({end: 0} | {spelling[byte]: byte + 1 for byte in range(256)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([end])
    tokenizer.save(str(path))


def _byte_spelling() -> dict[int, str]:
    """How byte-level tokenizers spell each byte: the printable ones as themselves, the others from 256 on."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in own]
    return {byte: chr(byte) for byte in own} | {byte: chr(256 + index) for index, byte in enumerate(others)}
