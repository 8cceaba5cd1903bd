"""Made rollouts for reports: several steps, all kinds of faults, and texts that would like to be more than text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from p2r_rewards.experiments.report.sampling import RolloutSample
from p2r_rewards.scoring import ScoringJob, score_files

TRAP = "window.trapped = true"
HOSTILE = {
    "script": f"<script>{TRAP}</script>",
    "closed script": f"</script><script>{TRAP}</script>",
    "comment": f"<!--<script>{TRAP}<!-- -->",
    "image": f'<img src=x onerror="{TRAP}">',
    "quotes": f"\"'><svg onload={TRAP}>",
    "frame": f"<iframe srcdoc='<script>parent.{TRAP}</script>'></iframe>",
    "template": "{{ 7 * 7 }}{% raw %} ${7*7} `",
    "entities": "&lt;b&gt; &amp; &#60;",
    "link": f"javascript:{TRAP}",
    "right to left": "left \u202eright\u202c \u2067isolate \u200f mark",
    "nul": "before\0after \x1b[31m \x85",
    "lines": "one\u2028two\u2029three\r\nfour",
    "surrogates": "lone \ud800 and \udfff",
    "astral": "🧪 \U0010ffff 文字",
    "million": "long " * 200_000,
}


def completion(observation: str, think: str, answer: str) -> str:
    return f"<observation>{observation}</observation> <think>{think}</think><answer>{answer}</answer>"


def rows(groups: int, size: int = 4, *, chars: int = 80) -> Iterator[dict[str, Any]]:
    """Rows of numerical and choice problems over steps; of each group some are right, one is malformed."""
    for group in range(groups):
        choice = group % 3 == 0
        asked = {
            "problem": f"Question {group}: how many cups?",
            "problem_type": "multiple choice" if choice else "numerical",
            "solution": "B" if choice else "2",
            "options": ["A. one", "B. two", "C. three"] if choice else [],
            "step": group // 5,
        }
        for place in range(size):
            answer = ("B" if choice else "2") if place % 2 == 0 else ("C" if choice else "3")
            text = completion(f"Cup {group}-{place}. " + "x" * chars, f"I count to {place}.", answer)
            yield {
                **asked,
                "completion": text.replace("</think>", "") if place == 3 else text,
                "sufficient": place < 2,
                "perception_tokens": 100 + 20 * place,
                "reasoning_tokens": 300 + group % 50,
            }


def hostile_rows() -> list[dict[str, Any]]:
    """A row for each hostile text, which stands in every field."""
    return [
        {
            "problem": text,
            "problem_type": "free-form",
            "solution": text[:1_000],
            "problem_id": name,
            "completion": completion(text, text[:5_000], text[:1_000]),
            "sufficient": True,
        }
        for name, text in HOSTILE.items()
    ] + [{**next(rows(1)), "problem_type": text[:200]} for text in HOSTILE.values()]


def write_rows(path: Path, made: Any) -> str:
    with path.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in made)
    return str(path)


def score(source: str, *, most: int = 2_000, **options: Any) -> tuple[dict[str, Any], RolloutSample]:
    sample = RolloutSample(most=most)
    return score_files(ScoringJob(inputs=[source], **options), viewer=sample), sample
