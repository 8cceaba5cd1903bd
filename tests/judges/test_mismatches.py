"""Think-answer mismatch over rollouts."""

import os
from pathlib import Path

import pytest

from p2r_rewards.completion import THINK_ANSWER
from p2r_rewards.judges.client import Reply
from p2r_rewards.judges.extraction import Extraction
from p2r_rewards.judges.mismatches import MAX_SHOWN, MAX_SUBSETS, OTHER_SUBSETS, Mismatches, RowPlace
from p2r_rewards.judges.model_extraction import ModelExtraction, Reasoning, _prepare, _read
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.rollout_pass import RolloutPass
from p2r_rewards.parsing import parse_completion
from p2r_rewards.problem import Problem
from p2r_rewards.scoring import score_files
from p2r_rewards.scoring.job import ScoringJob
from p2r_rewards.templates.loader import load_template
from tests.judges.made_items import QUICK
from tests.judges.test_rollout_verdicts import FixedClient

PETS = Problem("Which barks?", gold="B", type="multiple choice", options=("A. a cat", "B. a dog", "C. a fish"))
OPEN = "It has legs and"


def count(*rollouts: tuple[str, str], model: ModelExtraction | None = None, subsets: int = 1) -> Mismatches:
    found = Mismatches(model)
    for line, (think, answer) in enumerate(rollouts, 1):
        done = parse_completion(f"<think>{think}</think><answer>{answer}</answer>", template=THINK_ANSWER)
        found.add(RowPlace(0, line, "in.jsonl", f"set{line % subsets}"), PETS, done)
    found.settle()
    return found


def reader(said: str) -> ModelExtraction:
    judge = ModelJudge(
        FixedClient(Reply(said)),
        load_template("answer-extraction"),
        limits=QUICK,
        structured=False,
        prepare=_prepare,
        read=_read,
    )
    return ModelExtraction(judge, "fixed")


@pytest.mark.parametrize(
    ("think", "answer", "counted"),
    [
        ("So the answer is B.", "B", (1, 0)),
        ("So the answer is B.", "a dog", (1, 0)),  # words stand for a letter
        ("So the answer is C.", "B", (1, 1)),
        (OPEN, "B", (0, 0)),
        ("", "B", (0, 0)),
        ("So the answer is B.", "who knows", (0, 0)),
        ("So the answer is A or B.", "B", (0, 0)),
    ],
)
def test_one_rollout(think: str, answer: str, counted: tuple[int, int]) -> None:
    found = count((think, answer)).described()
    assert (found["decided"], found["mismatches"]) == counted
    assert found["undecided"] == 1 - counted[0] == sum(found["undecided_reasons"].values())


def test_reasoning_that_was_cut_off_settles_on_nothing() -> None:
    found = Mismatches()
    found.add(RowPlace(0, 1, "in.jsonl", None), PETS, parse_completion("<think>It barks, as B", template=THINK_ANSWER))
    assert found.described()["undecided_reasons"] == {"reasoning: breaks off before a conclusion": 1}
    assert found.described()["subsets"] == []


def test_other_types_do_not_count() -> None:
    found = Mismatches()
    done = parse_completion("<think>So 2.</think><answer>3</answer>", template=THINK_ANSWER)
    for problem in (Problem("?", gold="2", type="numerical"), Problem("?", gold="B", type="multiple choice")):
        found.add(RowPlace(0, 1, "in.jsonl", None), problem, done)
    assert found.described()["rows"] == 0
    assert found.described()["rate"] is None


def test_subsets_and_first_rows_are_bounded() -> None:
    rollouts = [("So the answer is C.", "B")] * 200
    found = count(*rollouts, subsets=80).described()
    assert len(found["subsets"]) == MAX_SUBSETS + 1
    assert sum(one["rows"] for one in found["subsets"]) == 200
    assert OTHER_SUBSETS in {one["subset"] for one in found["subsets"]}
    assert [one["line"] for one in found["first"]] == list(range(1, MAX_SHOWN + 1))


@pytest.mark.parametrize(
    ("said", "decided", "mismatches"),
    [
        ("<extraction>A</extraction>", 1, 1),
        ("<extraction>b</extraction>", 1, 0),
        ("<extraction>No</extraction>", 0, 0),
        ("<extraction>K</extraction>", 0, 0),
        ("B", 0, 0),
    ],
)
def test_what_a_model_reads(said: str, decided: int, mismatches: int) -> None:
    found = count((OPEN, "B"), model=reader(said)).described()
    assert (found["decided"], found["mismatches"]) == (decided, mismatches)


def test_first_rows_stand_in_order_though_the_model_answers_late() -> None:
    rollouts = [(OPEN, "B"), *[("So the answer is C.", "B")] * 20]
    found = count(*rollouts, model=reader("<extraction>A</extraction>")).described()
    assert [one["line"] for one in found["first"]] == list(range(1, MAX_SHOWN + 1))
    assert found["first"][0]["think"] == "A"


def test_a_model_extraction_gives_one_reading_each_in_order() -> None:
    asked = [Reasoning(OPEN, PETS.options, "Which?"), Reasoning(OPEN, ("A. x", "B. y", "C. z"), "Which?")]
    assert (
        reader("<extraction>C</extraction>").extract(asked) == [Extraction("letter", 2, "C", "the model's reading")] * 2
    )


@pytest.mark.skipif("P2R_REAL_DATA" not in os.environ, reason="P2R_REAL_DATA names no folder of real rows")
def test_real_outputs_of_videorft() -> None:
    path = Path(os.environ["P2R_REAL_DATA"]) / "videorft_videommmu.jsonl"
    found = score_files(ScoringJob(inputs=[str(path)]), first_pass=RolloutPass(mismatch=True))["mismatch"]
    assert found["rows"] == 756
    assert found["decided"] >= 660
    assert found["rate"] == pytest.approx(0.18, abs=0.01)
