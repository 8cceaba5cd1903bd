"""Which traces are let through: form first, then the answer."""

from __future__ import annotations

from typing import Any

import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.cot.published import Reject, published_record
from p2r_rewards.experiments.cot.rows import GENERATION, CotRow
from p2r_rewards.experiments.cot.verify import Verification, verify_row
from p2r_rewards.trainers.data.training_rows import TrainingRowReader

QUESTION = {"problem": "What?", "data_type": "image", "path": "a.png", "problem_type": "free-form"}


def verified(output: Any, solution: str = "a red kite", **changes: Any) -> CotRow | Reject:
    minimum, mode = changes.pop("minimum", 0.6), changes.pop("mode", "default")
    record = {**QUESTION, "solution": solution, "output": output, **changes}
    row = CotRow("rows:1", record, TrainingRowReader("rl").read(record, "rows", 1))
    return verify_row(row, Verification(minimum=minimum, mode=mode))


def trace(answer: str) -> str:
    return f"<observation>A kite.</observation> <think>So.</think><answer>{answer}</answer>"


FORMS = [
    (trace("a red kite"), None),
    (f"\n{trace('a red kite')}\n<|im_end|><|endoftext|>", None),  # white space and ends of sequence are no text
    (trace("a red kite").replace("</observation>", "</<observation>"), "malformed"),  # from the paper's own examples
    (trace("a red kite").replace("</answer>", "<answer>"), "malformed"),
    (f"Sure! {trace('a red kite')}", "malformed"),
    (trace("a red kite") + trace("a red kite"), "malformed"),
    (trace(""), "malformed"),
    ("<think>So.</think><observation>A kite.</observation><answer>a red kite</answer>", "malformed"),
    ("", "malformed"),
    (None, "no trace"),
    (7, "no trace"),
]


@pytest.mark.parametrize(("output", "kind"), FORMS)
def test_form(output: Any, kind: str | None) -> None:
    found = verified(output)
    assert (found.kind if isinstance(found, Reject) else None) == kind


@pytest.mark.parametrize(
    ("answer", "solution", "changes", "reward"),
    [
        ("a red kite", "a red kite", {}, 1.0),
        ("blue boats", "a red kite", {}, 0.0),
        ("9", "10", {"problem_type": "regression"}, 0.9),
        ("6", "10", {"problem_type": "regression"}, 0.6),  # the threshold itself is enough
        ("5", "10", {"problem_type": "regression"}, 0.5),
        ("the red kit", "the red kite", {"problem_type": "OCR"}, 2 / 3),
        ("B", "B", {"problem_type": "multiple choice", "options": ["A. a", "B. b"]}, 1.0),
        ("A", "B", {"problem_type": "multiple choice", "options": ["A. a", "B. b"]}, 0.0),
        ("3", "three", {"problem_type": "numerical"}, 1.0),
    ],
)
def test_accuracy(answer: str, solution: str, changes: dict[str, Any], reward: float) -> None:
    found = verified(trace(answer), solution, **changes)
    row = found.row if isinstance(found, Reject) else found
    assert row.record["reward"] == pytest.approx(reward)
    assert isinstance(found, Reject) == (reward < 0.6)
    if isinstance(found, Reject):
        assert found.kind == "accuracy below 0.6"


def test_minimum_and_mode() -> None:
    assert isinstance(verified(trace("5"), "10", problem_type="regression", minimum=0.5), CotRow)
    assert isinstance(verified(trace("5"), "10", problem_type="regression", minimum=0.51), Reject)
    # A gold of one word has no ROUGE-2: the paper's mean counts it as 0 all the same.
    default, paper = verified(trace("kite"), "kite"), verified(trace("kite"), "kite", mode="paper", minimum=0.0)
    assert isinstance(default, CotRow)
    assert isinstance(paper, CotRow)
    assert (default.record["reward"], paper.record["reward"]) == (1.0, pytest.approx(2 / 3))
    with pytest.raises(ConfigError, match="0 to 1"):
        Verification(minimum=1.5)


def test_cut_off_is_told_from_malformed() -> None:
    short = trace("a red kite")[:-20]
    found = verified(short, **{GENERATION: {"finish_reason": "length"}})
    assert isinstance(found, Reject)
    assert found.kind == "cut off"
    whole = verified(trace("a red kite"), **{GENERATION: {"finish_reason": "length"}})
    assert isinstance(whole, CotRow), "a trace that is whole is not cut off"


def test_the_record_is_the_same_however_the_solution_was_wrapped() -> None:
    one, two = verified(trace("a red kite")), verified(trace("a red kite"), "<answer>a red kite</answer>")
    assert isinstance(one, CotRow)
    assert isinstance(two, CotRow)
    assert published_record(one) == published_record(two)
