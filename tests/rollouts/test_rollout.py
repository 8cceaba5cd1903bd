from typing import Any

import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.problem import ProblemType
from p2r_rewards.rollouts import FieldFinder, Rollout, RolloutReader
from p2r_rewards.rollouts.row_values import read_number, read_verdict

ROW: dict[str, Any] = {
    "problem": "Which?",
    "problem_type": "multiple choice",
    "options": ["A. a", "B. b"],
    "solution": "<answer>B</answer>",
    "path": "v.mp4",
    "completion": "text",
}


def read(**changes: Any) -> Rollout:
    return RolloutReader(FieldFinder()).read({**ROW, **changes})


@pytest.mark.parametrize("name", ["completion", "output", "response", "solution_str", "content"])
def test_completion_spellings(name: str) -> None:
    row = {key: value for key, value in ROW.items() if key != "completion"}
    assert RolloutReader(FieldFinder()).read({**row, name: "hello"}).text == "hello"


def test_message_lists() -> None:
    messages = [{"role": "user", "content": "Which?"}, {"role": "assistant", "content": "B"}]
    assert read(completion=messages).text == "B"
    known = (
        RolloutReader(FieldFinder()).read({"prompt": messages[:1], "completion": "x", "gold": "B", "type": "ocr"}).known
    )
    assert (known.problem.question, known.problem.type) == ("Which?", ProblemType.OCR)


def test_the_first_spelling_serves_and_the_next_where_it_is_null() -> None:
    finder = FieldFinder()
    reader = RolloutReader(finder)
    assert reader.read({**ROW, "answer": "A"}).known.problem.gold == "<answer>B</answer>"
    assert reader.read({**ROW, "solution": None, "answer": "A"}).known.problem.gold == "A"
    assert finder.served["gold"] == ["solution", "answer"]


def test_mapping_is_the_only_spelling() -> None:
    finder = FieldFinder({"gold": "label"})
    assert RolloutReader(finder).read({**ROW, "label": "A"}).known.problem.gold == "A"
    assert RolloutReader(finder).read(ROW).known.fault == "gold is missing"
    assert FieldFinder({"gold": "nowhere"}).unmatched() == {"gold": "nowhere"}
    with pytest.raises(ConfigError, match="there is no field 'golden'; the fields are completion"):
        FieldFinder({"golden": "x"})


@pytest.mark.parametrize(
    "changes",
    [{"completion": None}, {"completion": 3}, {"completion": []}, {"completion": [{"role": "assistant"}]}],
)
def test_rows_without_completion(changes: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        read(**changes)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"solution": None}, "gold is missing"),
        ({"solution": float("nan")}, "gold is missing"),
        ({"solution": {"a": 1}}, "gold must be text"),
        ({"problem_type": None}, "problem type is missing"),
        ({"problem_type": 3}, "problem type 3 is not text"),
        ({"options": "A or B"}, "options 'A or B' are not"),
        ({"options": "A or B", "problem_type": "haiku"}, "options 'A or B' are not"),
        ({"options": 7}, "options are a list or its text, not int"),
    ],
)
def test_faults_of_the_data_are_told(changes: dict[str, Any], fault: str) -> None:
    known = read(**changes).known
    assert known.fault is not None
    assert known.fault.startswith(fault)
    assert known.problem.gold is None  # so that no mode can grade it


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"completion": "other"}, True),
        ({"options": "['A. a', 'B. b']"}, True),  # a list and its text are one
        ({"data_source": "x"}, True),
        ({"solution": "<answer>A</answer>"}, False),
        ({"path": "w.mp4"}, False),
        ({"options": ["A. a", "B. c"]}, False),
        ({"problem": "Which one?"}, False),
        ({"step": 1}, False),
        ({"problem_id": 7}, False),  # an id tells problems apart whose question is the same
        ({"problem": [{"role": "user", "content": "Which?"}]}, False),
    ],
)
def test_groups_by_the_problem(changes: dict[str, Any], same: bool) -> None:
    assert (read().known.group == read(**changes).known.group) is same


def test_groups_by_id() -> None:
    assert read(group_id=1).known.group == read(uid="1").known.group
    assert read(group_id=1, step=1).known.group != read(group_id=1, step=2).known.group
    assert read(group_id=1, step=1).known.group == read(group_id=1, step="1").known.group


@pytest.mark.parametrize(
    "changes", [{"solution": "C"}, {"path": "w.mp4"}, {"problem": "Who?"}, {"options": ["A. a"]}, {"problem_id": 2}]
)
def test_one_id_for_two_problems_can_be_told(changes: dict[str, Any]) -> None:
    one, other = read(group_id=1).known, read(group_id=1, **changes).known
    assert one.group == other.group
    assert one.key != other.key
    assert one.key == read(group_id=1, step=3, completion="other").known.key


def ask(*content: Any, system: str | None = None, **changes: Any) -> bytes | None:
    told = [{"role": "system", "content": system}] if system is not None else []
    return read(problem=[*told, {"role": "user", "content": list(content)}], **changes).known.group


def test_the_whole_prompt_tells_groups_apart() -> None:
    text = {"type": "text", "text": "Which?"}
    one = ask({"type": "image", "image": "1.png"}, text)
    assert one == ask({"image": "1.png", "type": "image", "text": None}, text, completion="x")  # as Parquet writes it
    assert one != ask({"type": "image", "image": "2.png"}, text)
    assert one != ask({"type": "image", "image": "1.png"}, text, system="Think.")
    assert ask({"image": b"a"}, text) != ask({"image": b"b"}, text)
    assert ask({"image": b"a" * 50_000}, text) == ask({"image": b"a" * 50_000}, text)
    assert ask({"image": b"a" * 50_000}, text) != ask({"image": b"a" * 49_999 + b"b"}, text)


def test_no_question_no_group() -> None:
    assert read(problem=None).known.group is None
    assert read(problem=None, problem_id=4).known.group is not None


def test_numbers_of_one_value_are_different_golds() -> None:
    reader = RolloutReader(FieldFinder())
    golds = [reader.read({**ROW, "solution": gold}).known.problem.gold for gold in (1, 1.0, True, "1")]
    assert golds == [1, "1.0", "True", "1"]


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(True, True), (0, False), (1.0, True), ("Yes", True), (" no ", False), ("FALSE", False), ("1", True)],
)
def test_verdicts(value: object, verdict: bool) -> None:
    assert read_verdict(value) == (verdict, None)


@pytest.mark.parametrize("value", [None, "", "null", float("nan")])
def test_no_verdict(value: object) -> None:
    assert read_verdict(value) == (None, None)


@pytest.mark.parametrize("value", ["maybe", 2, 0.5, [], "yes and no", "y" * 100_000])
def test_faulty_verdicts(value: object) -> None:
    verdict, fault = read_verdict(value)
    assert verdict is None
    assert fault is not None
    assert fault.endswith("is not yes or no")
    assert len(fault) < 80


@pytest.mark.parametrize(
    ("counts", "lengths", "faults"),
    [
        ((150, 400), (150, 400), ("", "")),
        (("150", 400.0), (150, 400), ("", "")),
        ((150, None), (150, None), ("", "no token count")),  # the good one counts
        ((float("nan"), "7"), (None, 7), ("no token count", "")),
        ((-1, 4), (None, 4), ("-1 is no token count", "")),
        ((0, True), (0, None), ("", "True is no token count")),
        (("9" * 5000, 2**40), (None, None), (f"'{'9' * 39} is no token count", "1099511627776 is no token count")),
    ],
)
def test_token_counts(counts: tuple[Any, Any], lengths: tuple[int | None, int | None], faults: tuple[str, str]) -> None:
    rollout = read(perception_tokens=counts[0], reasoning_tokens=counts[1])
    assert (rollout.lengths, rollout.length_faults) == (lengths, faults)


def test_one_column_of_token_counts_serves() -> None:
    assert read(perception_tokens=5).lengths == (5, None)
    assert read(reasoning_tokens=5).lengths == (None, 5)


@pytest.mark.parametrize(
    ("changes", "step", "recorded"),
    [
        ({}, None, None),
        ({"step": 3, "reward": 1}, 3.0, 1.0),
        ({"step": "12", "score": "0.5"}, 12.0, 0.5),  # ms-swift's steps are strings; so is all of VideoP2R's RL file
        ({"global_step": 4, "rewards": [0.25]}, 4.0, 0.25),
        ({"step": True, "overall": {"score": 1}}, None, None),
        ({"step": "soon", "reward": float("nan")}, None, None),
        ({"reward": None, "score": 0.0}, None, 0.0),
    ],
)
def test_step_and_recorded_reward(changes: dict[str, Any], step: float | None, recorded: float | None) -> None:
    rollout = read(**changes)
    assert (rollout.step, rollout.recorded) == (step, recorded)


@pytest.mark.parametrize("value", ["nan", "inf", "1_0", "1e9999", "٣", "9" * 5000, 10**400, [], [1, 2], b"1", "", "+"])
def test_what_is_no_number(value: object) -> None:
    assert read_number(value) is None


@pytest.mark.parametrize(
    ("changes", "truncated"),
    [
        ({"is_truncated": True}, True),
        ({"finish_reason": "length"}, True),
        ({"finish_reason": "stop"}, False),
        ({"finish_reason": "max_tokens"}, True),
        ({"stop_reason": 1}, False),  # of vLLM: the token that ended it
        ({"is_truncated": False, "finish_reason": "length"}, False),  # the first that is there counts
        ({"is_truncated": None, "finish_reason": "length"}, True),
        ({}, False),
    ],
)
def test_truncated(changes: dict[str, Any], truncated: bool) -> None:
    assert read(**changes).truncated is truncated


@pytest.mark.parametrize(
    ("row", "text", "question", "gold"),
    [
        (
            {"step": 1, "prompt": "q", "completion": "c", "accuracy_reward": 1.0, "advantage": 0.0},
            "c",
            "q",
            None,
        ),  # TRL
        ({"input": "q", "output": "c", "gts": "g", "score": 1.0, "step": 1}, "c", "q", "g"),  # verl
        ({"prompt": "q", "output": "c", "ground_truth": "g", "score": 1.0}, "c", "q", "g"),  # EasyR1
        ({"response": "c", "messages": [{"role": "user", "content": "q"}], "solution": "g"}, "c", "q", "g"),  # ms-swift
        ({"prompt": "q", "completion": "c", "answer": "g", "reward": 1.0, "example_id": 4}, "c", "q", "g"),  # verifiers
        ({"content": "c", "rewards": 1.0, "idx": 0, "prompt": "q"}, "c", "q", None),  # NeMo-RL
        ({"problem": "q", "output": "c", "solution": "g", "answer": "x", "process": "y"}, "c", "q", "g"),  # VideoP2R
        (
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "c"}], "solution": "g"},
            "c",
            "q",
            "g",
        ),
    ],
)
def test_rows_of_every_trainer(row: dict[str, Any], text: str, question: str, gold: str | None) -> None:
    rollout = RolloutReader(FieldFinder()).read({**row, "problem_type": "free-form"})
    assert (rollout.text, rollout.known.problem.question, rollout.known.problem.gold) == (text, question, gold)


def test_a_prompt_alone_is_no_completion() -> None:
    with pytest.raises(DataError, match="no message is the assistant's: the roles are user"):
        RolloutReader(FieldFinder()).read({"messages": [{"role": "user", "content": "q"}]})
