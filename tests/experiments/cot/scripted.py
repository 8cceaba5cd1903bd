"""A scripted model behind a real server: what it writes for a question is known before, so that counts are too."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from p2r_rewards.trainers.running.made_clips import Scene, write_clip
from tests.judges.fake_server import NO, YES, Act, FakeServer, Seen

GOOD = (
    "<observation>Based on the question, I need to notice the square. A red square moves left.</observation> "
    "<think>Based on the observations, the square is red. Wait, let me look again: red.</think><answer>red</answer>"
)
"""A trace that all steps let through."""

REPLIES = {
    "good": GOOD,
    "ended": GOOD + "<|im_end|>",
    "malformed": GOOD.replace("</think>", ""),
    "cut off": GOOD[:150],
    "wrong": GOOD.replace("<answer>red", "<answer>blue"),
    "insufficient": GOOD.replace("A red square moves left.", "There is a square somewhere."),
    "silent": "",
    "control": GOOD.replace("look again", "look\x1b[31m again\x00"),
    "huge": GOOD.replace("look again", "look again " * 60_000),
    "flood": "<think>" * 150_000,
}
"""What the model writes, by the word that stands in the question."""


def question(number: int, kind: str) -> str:
    return f"[{number} {kind}] What colour is the square? {{question}} {{problem}}"


def row(number: int, kind: str, **changes: Any) -> dict[str, Any]:
    return {
        "problem_id": number,
        "problem": question(number, kind),
        "options": [],
        "problem_type": "free-form",
        "data_type": "video",
        "data_source": "made",
        "path": f"./clips/{number % 4}.mp4",
        "solution": "<answer>red</answer>",
        **changes,
    }


def make_clips(root: Path) -> Path:
    """Four clips, a cut one, and one outside that nothing may reach."""
    (root / "clips").mkdir(parents=True)
    for number in range(4):
        write_clip(root / "clips" / f"{number}.mp4", Scene("red", "left"), 56, 8, number / 8)
    whole = (root / "clips" / "0.mp4").read_bytes()
    (root / "clips" / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (root.parent / "outside.mp4").write_bytes(whole)
    (root / "clips" / "link.mp4").symlink_to(root.parent / "outside.mp4")
    return root


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def prompt_of(seen: Seen) -> str:
    content = seen.body["messages"][-1]["content"]
    return content if isinstance(content, str) else str(content[-1]["text"])


def asked(seen: Seen) -> str:
    """Of which row a request is, and for what: its trace or its verdict."""
    found = re.search(r"\[(\d+) ([a-z -]+)\]", prompt_of(seen))
    assert found is not None, prompt_of(seen)[:200]
    return f"{'judge' if seen.body['model'] == 'judge' else 'trace'} {found[1]} {found[2]}"


def write_as_asked(seen: Seen, number: int) -> Act:
    """The model's trace, or the judge's verdict."""
    what = asked(seen)
    kind = what.split(" ", 2)[2]
    if what.startswith("judge"):
        return Act(YES if "red square" in prompt_of(seen) else NO)
    return Act(REPLIES[kind], finish="length" if kind == "cut off" else "stop")


def counts(server: FakeServer) -> Counter[str]:
    """How often each row's trace and verdict was asked for."""
    return Counter(asked(seen) for seen in server.seen)


def options(server: FakeServer, media: Path) -> list[str]:
    """Model and media, as `p2r-cot` takes them; small pictures keep the tests quick."""
    return ["--model", f"openai:vlm@{server.openai}", "--media-root", str(media), "--frames", "2"]
