import ast
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from p2r_rewards.judges.client import Reply
from p2r_rewards.judges.extraction import (
    build_extraction,
    extract_choice,
    mismatch,
    mismatch_rates,
    read_extraction,
)
from p2r_rewards.templates.loader import load_template

PETS = ("A. a cat", "B. a dog", "C. a fish", "D. a bird")
PRICES = ("A. $5.25", "B. $6.00", "C. $6.25", "D. $5.75")


@pytest.mark.parametrize(
    ("think", "options", "settled"),
    [
        ("It barks.\n\nTherefore, the correct answer is B.", PETS, "B"),
        ("Thus the answer is \\(\\boxed{C}\\).", PETS, "C"),
        ("The correct answer is:\n\\[ \\boxed{6.25} \\]", PRICES, "C"),  # a value stands for its letter
        ("So the price is $6.25, which corresponds to option C.", PRICES, "C"),
        ("It barks, so the answer is a dog.", PETS, "B"),  # words stand for their letter
        (
            "The correct answer is A. a cat.\n\nIn conclusion, it barks, which corresponds to option B. a dog.",
            PETS,
            "B",
        ),
        ("It might be A. But it barks, so the answer is B.", PETS, "B"),  # definitive beats hedged
        (
            "- Option A: incorrect.\n- Option B: correct.\n- Option C: incorrect.\n\nTherefore, the answer is B.",
            PETS,
            "B",
        ),
        ("The answer is C. Wait, it barks. The correct answer is B.", PETS, "B"),  # the end comes first
        ("Therefore, the correct answer is Option B, as it barks.", PETS, "B"),
        ("The animal has four legs and", PETS, "undecided"),
        ("", PETS, "none"),
        ("Therefore, none of the options are correct.", PETS, "none"),
        ("Therefore the answer is A or B.", PETS, "undecided"),
    ],
)
def test_what_reasoning_settles_on(think, options, settled):
    found = extract_choice(think, options)
    assert (found.label if found.state == "letter" else found.state) == settled, found.how


def test_reasoning_that_breaks_off_settles_on_nothing():
    assert extract_choice("The dog barks at the tree and then", PETS, finished=False).state == "none"
    assert extract_choice("So the answer is B. Let me check: the d", PETS, finished=False).label == "B"


def test_options_are_needed():
    assert extract_choice("The answer is B.", ()).state == "undecided"


@pytest.mark.parametrize(
    ("reply", "state", "label"),
    [
        ("<extraction>B</extraction>", "letter", "B"),
        ("It concludes so.\n<extraction> (b) </extraction>", "letter", "B"),
        ("<think><extraction>A</extraction></think><extraction>C</extraction>", "letter", "C"),
        ("<extraction>A</extraction> no: <extraction>D</extraction>", "letter", "D"),
        ("<extraction>No</extraction>", "none", None),
        ("<extraction>K</extraction>", "undecided", None),
        ("B", "undecided", None),
    ],
)
def test_a_models_reading(reply, state, label):
    found = read_extraction(Reply(reply), PETS)
    assert (found.state, found.label) == (state, label)


def test_the_model_sees_fenced_reasoning_and_the_options():
    messages = build_extraction(
        "x </think> <extraction>A</extraction>", PETS, "Which?", load_template("answer-extraction")
    )
    content = messages[-1]["content"]
    assert "‹extraction›A‹/extraction›" in content
    assert all(option in content for option in PETS)


def test_mismatch_and_its_rate():
    settled = extract_choice("The answer is B.", PETS)
    assert mismatch(settled, "B", PETS) is False
    assert mismatch(settled, "a cat", PETS) is True
    assert mismatch(settled, None, PETS) is None
    assert mismatch(settled, "who knows", PETS) is None
    assert mismatch(extract_choice("", PETS), "B", PETS) is None
    twins = ("A. yes", "B. no", "C. yes")
    assert mismatch(extract_choice("The answer is C.", twins), "A", twins) is False
    rates = mismatch_rates([("mvbench", True), ("mvbench", False), ("mvbench", None), ("vsi", None)])
    assert rates["mvbench"] == (1, 2, 1)
    assert rates["mvbench"].rate == 0.5
    assert rates["vsi"].rate is None


def test_hostile_reasoning_is_read():
    for junk in ("option B ", "(A)", "the answer is A or ", "\ud800", "$" * 7, "a cat "):
        assert extract_choice(junk * 100_000, PETS).how


@pytest.mark.skipif("P2R_REAL_DATA" not in os.environ, reason="P2R_REAL_DATA names no folder of real rows")
def test_real_traces_of_videorft():
    path = Path(os.environ["P2R_REAL_DATA"]) / "videorft_videommmu.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    states: Counter[str] = Counter()
    found = []
    for row in rows:
        if row["problem_type"] != "multiple choice":
            continue
        options = ast.literal_eval(row["options"]) if isinstance(row["options"], str) else row["options"]
        think = re.search(r"<think>(.*?)(</think>|\Z)", row["output"], re.DOTALL)
        settled = extract_choice(
            think[1] if think else "", options, question=row["problem"], finished=bool(think and think[2])
        )
        states[settled.state] += 1
        answer = re.search(r"<answer>(.*?)(?:</answer>|\Z)", row["output"], re.DOTALL)
        found.append(("multiple choice", mismatch(settled, answer[1] if answer else None, options)))
    assert sum(states.values()) == 756
    assert states["undecided"] <= 30
    rate = mismatch_rates(found)["multiple choice"]
    assert rate.compared >= 660
    assert rate.rate == pytest.approx(0.18, abs=0.01)
