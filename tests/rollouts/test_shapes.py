"""Dumps of trainers, as rows: files that the real packages wrote, and records to the letter of other writers.

`dumps/make_*.py` wrote the files, with the versions named there. NeMo-RL's package is a placeholder: its records follow
NVIDIA-NeMo/RL: `Logger.log_batched_dict_as_jsonl` (nemo_rl/utils/logger.py), the `log_data` of `grpo_train` and the
`val_log_data` of `validate` (nemo_rl/algorithms/grpo.py), `batched_message_log_to_flat_message`
(nemo_rl/data/llm_message_utils.py) and `run_multi_turn_rollout` (nemo_rl/experience/rollouts.py). Video-R1's evaluation
follows src/eval_bench.py, as in the fork kyoungjunpark/Video-R1.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.errors import DataError
from p2r_rewards.parsing import parse_completion
from p2r_rewards.rollouts import FieldFinder, Rollout, RolloutReader, find_sources, read_batches
from p2r_rewards.rollouts.json_text import parse_json
from p2r_rewards.rollouts.nemo_rl_lines import step_of_name
from p2r_rewards.rollouts.shapes import unfold

DUMPS = Path(__file__).parent / "dumps"


def records(name: str) -> list[dict[str, Any]]:
    return [parse_json(line.encode()).value for line in (DUMPS / name).read_text().splitlines()]


def rows_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    rows = unfold(record)
    return [record] if rows is None else rows


def read(row: dict[str, Any]) -> Rollout:
    return RolloutReader(FieldFinder()).read(row)


def read_files(folder: Path) -> tuple[list[Rollout], list[Any]]:
    reader, rollouts, rejects = RolloutReader(FieldFinder()), [], []
    for source in find_sources([str(folder)]).files:
        for batch in read_batches(source):
            rejects += batch.rejects
            rollouts += [reader.read(row) for row in batch.rows if row.get("completion", "") is not None]
    return rollouts, rejects


PLAIN = [
    pytest.param({"prompt": "How many?", "completion": "2", "step": 3}, id="text"),
    pytest.param({"prompt": [{"role": "user"}], "completion": [{"role": "assistant", "content": "2"}]}, id="messages"),
    pytest.param({"input": "How many?", "output": "2", "gts": "2", "score": 1.0, "step": 7}, id="verl without uid"),
    pytest.param({"output": "2", "gts": "2", "uid": "5d0f2c9a-aaaa"}, id="a uid that is the prompt's"),
    pytest.param({"idx": 3, "content": "2"}, id="an index and a text"),
    pytest.param({"problem": "?", "process": "…", "output": "<answer>2</answer>"}, id="a trace that is whole"),
    pytest.param({"problem": "?", "process": "…", "sampled": "<answer>2</answer>"}, id="a column that no data set has"),
    pytest.param({"traces": "none", "output": "2"}, id="another's traces"),
    pytest.param({"gen_step": 4, "prompt": "?", "completion": "2", "reward": 1.0}, id="ms-swift on Ray"),
    pytest.param({}, id="nothing"),
]


@pytest.mark.parametrize("record", PLAIN)
def test_a_plain_row_stays(record: dict[str, Any]) -> None:
    assert unfold(record) is None


# ms-swift ---------------------------------------------------------------------------------------------------------


def test_every_value_of_ms_swifts_columns_stands_in_one_row() -> None:
    for record in records("ms_swift/completions.jsonl"):
        rows = rows_of(record)
        assert {name: [row[name] for row in rows] for name in record} == record


def test_ms_swifts_dump_is_read_without_a_flag() -> None:
    rollouts, rejects = read_files(DUMPS / "ms_swift")
    # Two steps of a group of two, and the last step once more: ms-swift logs it again when training ends.
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (3, "repeats the line before it: ms-swift writes its last step twice")
    ]
    assert len(rollouts) == 4
    groups = [rollout.known.group for rollout in rollouts]
    assert groups[0] == groups[1] != groups[2] == groups[3]


def test_columns_may_be_empty() -> None:
    assert unfold({"step": [], "prompt": [], "completion": [], "advantages": []}) == []


BROKEN_COLUMNS = [
    ({"step": ["1", "1"], "completion": ["a"]}, "'step' has 2 values, 'completion' has 1"),
    ({"step": ["1"], "completion": ["a"], "reward": 0.5}, "column 'reward' is no list"),
    ({"step": ["1"], "prompt": ["a"]}, "column 'completion' is missing"),
    ({"completion": ["a", 3]}, "holds no text but int at position 2"),
]


@pytest.mark.parametrize(("record", "reason"), BROKEN_COLUMNS)
def test_broken_columns_are_refused(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        unfold(record)


# verl -------------------------------------------------------------------------------------------------------------


def test_verls_dumps_are_read_without_a_flag() -> None:
    rollouts, rejects = read_files(DUMPS / "verl")
    assert not rejects
    written = records("verl/1.jsonl") + records("verl/2.jsonl")
    assert [rollout.text for rollout in rollouts] == [record["output"] for record in written]
    # By the key of each rollout (step 1) as by the prompt (step 2): four groups of two.
    groups = [rollout.known.group for rollout in rollouts]
    assert groups[::2] == groups[1::2]
    assert len(set(groups)) == 4


def test_a_key_of_verl_names_its_prompt_before_session_and_output() -> None:
    rows = [row for record in records("verl/1.jsonl") for row in rows_of(record)]
    assert [row["group_id"] for row in rows] == ["5d0f2c9a-aaaa"] * 2 + ["9b7e6d01-bbbb"] * 2
    (row,) = rows_of({"output": "", "gts": "2", "uid": "a_b_0_12"})
    assert row["group_id"] == "a_b"


# verifiers --------------------------------------------------------------------------------------------------------


def test_verifiers_episodes_become_rollouts() -> None:
    solved, thought, called, failed = [
        row for record in records("verifiers/traces.jsonl")[:4] for row in rows_of(record)
    ]
    assert solved["prompt"] == [
        {"role": "system", "content": "Look first."},
        {"role": "user", "content": "Where is the ball? A. left B. right"},
    ]
    assert read(solved).text == "<observation>A ball.</observation><answer>B</answer>"
    assert (solved["reward"], solved["rewards"]) == (1.5, {"correct": 1.0, "format": 1.0})
    assert (solved["group_id"], solved["step"], solved["problem_id"]) == ("g1", 3, "balls-17")
    # The frozen judge's trace in the same episode is no rollout of the policy.
    assert read(thought).text == "<think>Left, I think.</think><answer>A</answer>"
    assert thought["agent"] == "solver"
    # A turn that only calls a tool has no content in the file.
    assert [message["role"] for message in called["completion"]] == ["assistant", "tool", "assistant"]
    assert called["completion"][0]["content"] == ""
    assert (read(called).text, called["is_truncated"]) == ("<think>A ball.</think><answer>B", True)
    assert failed["completion"] is None


def test_verifiers_dump_is_read_without_a_flag() -> None:
    rollouts, rejects = read_files(DUMPS / "verifiers")
    assert len(rollouts) == 3
    assert [rollout.truncated for rollout in rollouts] == [False, False, True]
    assert len({rollout.known.group for rollout in rollouts}) == 1
    # The task's own fields have the names that columns have: type, options and gold are there.
    assert {rollout.known.fault for rollout in rollouts} == {None}
    assert rollouts[0].known.problem.gold == "B"
    (reject,) = rejects
    assert "no trace of an agent that is trained" in reject.reason


def episode(**trace: Any) -> dict[str, Any]:
    nodes = [
        {"message": {"role": "user", "content": "?"}},
        {"parent": 0, "message": {"role": "assistant", "content": "first"}, "sampled": True},
        {"parent": 0, "message": {"role": "assistant", "content": "second"}, "sampled": True},
    ]
    return {"id": "e", "task": {}, "traces": [{"agent": {"name": "a", "trainable": True}, "nodes": nodes, **trace}]}


def test_the_last_branch_counts_as_in_verifiers_own_messages() -> None:
    (row,) = rows_of(episode())
    assert read(row).text == "second"
    assert (row["reward"], row["rewards"]) == (None, None)
    (row,) = rows_of(episode(root_reply="root"))
    assert read(row).text == "root"


LIMITS = [
    ({"stop_condition": "max_output_tokens"}, True),
    ({"stop_condition": "agent_completed"}, False),
    ({"calls": [{"finish_reason": "stop"}, {"finish_reason": "length"}]}, True),
    ({"calls": [{"finish_reason": "length"}, {"finish_reason": "stop"}]}, False),
    # A call that failed says nothing about the completion.
    ({"calls": [{"finish_reason": "stop"}, {"finish_reason": "length", "error": {"type": "E"}}]}, False),
]


@pytest.mark.parametrize(("trace", "expected"), LIMITS)
def test_truncation_is_told_as_verifiers_tells_it(trace: dict[str, Any], expected: bool) -> None:
    (row,) = rows_of(episode(**trace))
    assert row["is_truncated"] is expected


BROKEN_EPISODES = [
    (episode(nodes=[{"parent": 5, "message": {"role": "user", "content": "?"}}]), "has the parent 5"),
    (episode(nodes=[{"parent": 0, "message": {"role": "user", "content": "?"}}]), "has the parent 0"),
    (episode(nodes=[{"parent": None}]), "holds no message"),
    (episode(nodes=[7]), "node 0 of a trace is no object"),
    (episode(nodes={}), "field 'nodes' of an episode is dict, not list"),
    (episode(rewards={"right": 1.0}), "a reward of a trace is no score"),
    (episode(agent={"trainable": False}), "no trace of an agent that is trained"),
    ({"task": {}, "traces": [], "errors": [{"type": "E", "message": "gone"}]}, r"trained \(E: gone\)"),
    ({"task": {}, "traces": ["x"]}, "column 'traces' holds what is no object"),
]


@pytest.mark.parametrize(("record", "reason"), BROKEN_EPISODES)
def test_broken_episodes_are_refused(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        unfold(record)


# NeMo-RL ----------------------------------------------------------------------------------------------------------


def nemo(content: Any, mask: list[int] | None = None, length: int | None = None, **columns: Any) -> dict[str, Any]:
    """A line as `log_batched_dict_as_jsonl` writes it: a slice of one of each column, and the index."""
    line = {"content": [content], "rewards": [1.0], "input_lengths": [len(mask or []) if length is None else length]}
    if mask is not None:
        line["token_loss_mask"] = [mask]
    return {**line, **{name: [value] for name, value in columns.items()}, "idx": 4}


SAID = [
    pytest.param(["Q", "A"], [0, 0, 1, 1], None, "Q", "A", id="one turn"),
    pytest.param(["Q", "A", "Environment: correct"], [0, 1, 1, 0, 0, 0], 4, "Q", "A", id="and the environment's word"),
    pytest.param(["S", "Q", "A", "Environment: no"], [0, 0, 1, 0], None, "SQ", "A", id="after a system prompt"),
    pytest.param(["S", "Q", "A"], [0, 0, 1, 0, 0], 3, "SQ", "A", id="padding is no word"),
    pytest.param(["Q", "A", "more?", "B"], [0, 1, 1, 0, 1, 0], 5, "Q", "B", id="two turns"),
    pytest.param(["Q", "A", "more?", "B", "done"], [0, 1, 0, 1, 1, 0], None, "Q", "B", id="two turns, then the end"),
    pytest.param(["Q", "Environment: ha"], [0, 1], None, "Q", "Environment: ha", id="the policy imitates"),
    pytest.param(["Q", "A"], None, 4, "Q", "A", id="an old dump without masks"),
]


@pytest.mark.parametrize(("texts", "mask", "length", "prompt", "completion"), SAID)
def test_texts_of_nemo_rl_are_told_apart_by_the_mask(
    texts: list[str], mask: list[int] | None, length: int | None, prompt: str, completion: str
) -> None:
    (row,) = rows_of(nemo(texts, mask, length, advantages=[0.0, 0.5]))
    assert (row["prompt"], read(row).text) == (prompt, completion)
    assert (row["rewards"], row["advantages"], row["idx"]) == (1.0, [0.0, 0.5], 4)


MESSAGES = [
    {"role": "user", "content": "Like this?"},
    {"role": "assistant", "content": "Like this."},
    {"role": "user", "content": "How many?"},
    {"role": "assistant", "content": "<answer>2</answer>"},
    {"role": "environment", "content": "Environment: correct"},
]


def test_messages_of_nemo_rls_validation_are_told_apart_by_roles() -> None:
    (row,) = rows_of(nemo(MESSAGES))
    assert (row["prompt"], row["completion"]) == (MESSAGES[:3], MESSAGES[3:])
    assert read(row).text == "<answer>2</answer>"


def test_a_text_by_itself_is_the_completion() -> None:
    (row,) = rows_of({"rewards": [0.5], "content": ["<answer>2</answer>"], "idx": 0})
    assert (row["rewards"], read(row).text) == (0.5, "<answer>2</answer>")


UNTELLABLE = [
    # The environment's word got no token at the longest length: it could as well be the policy's.
    (nemo(["Q", "A", "Environment: correct"], [0, 1]), "can't be told"),
    (nemo(["Q", "A", ""], [0, 1]), "can't be told"),
    (nemo(["Q", "A", "done"]), "no 'token_loss_mask' tells"),
    (nemo(["A", "done"], [1, 0]), "holds 2 texts, but 2 follow a prompt"),
    (nemo(["Q", "A"], [0, 0]), "marks no token of the policy"),
    (nemo(["Q", "A"], [0, 1], 9), "no list of at least 'input_lengths'"),
    (nemo(MESSAGES[:1]), "no message of the assistant"),
    (nemo([3]), "neither a text, texts nor messages"),
    ({**nemo(["Q", "A"], [0, 1]), "rewards": [1.0, 0.0]}, "column 'rewards' is a list of 2"),
    ({**nemo(["Q", "A"], [0, 1]), "rewards": 1.0}, "column 'rewards' is float"),
]


@pytest.mark.parametrize(("record", "reason"), UNTELLABLE)
def test_what_cannot_be_told_apart_is_refused(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        unfold(record)


def test_the_step_stands_in_nemo_rls_file_names() -> None:
    assert [step_of_name(f"logs/exp_001/{name}.jsonl") for name in ("train_data_step12", "val_data_step0", "12")] == [
        12,
        0,
        None,
    ]


# Video-R1 and VideoP2R --------------------------------------------------------------------------------------------

ROW = {
    "problem_id": 7,
    "problem": "Where is the ball?",
    "data_type": "video",
    "problem_type": "multiple choice",
    "options": ["A. left", "B. right"],
    "solution": "<answer>B</answer>",
    "path": "./v.mp4",
    "data_source": "s",
}
STRINGS = {**{name: str(value) for name, value in ROW.items()}, "reward": "1.0", "select": "True"}

TRACES = [
    # Video-R1's cold start: the reasoning in its tags; the answer is the solution.
    ({"process": "<think>Right.</think>"}, "<think>Right.</think>\n<answer>B</answer>"),
    # VideoP2R: perception and reasoning apart.
    (
        {"observation": "A ball.", "process": "<think>Right.</think><answer>B</answer>", "output": ""},
        "<observation>A ball.</observation>\n<think>Right.</think><answer>B</answer>",
    ),
    (
        {"observation": "<observation>A ball.</observation>", "process": "Right.", "output": None},
        "<observation>A ball.</observation>\n<think>Right.</think>\n<answer>B</answer>",
    ),
]


@pytest.mark.parametrize("row", [ROW, STRINGS], ids=["values", "strings"])
@pytest.mark.parametrize(("columns", "completion"), TRACES)
def test_a_data_sets_trace_is_its_completion(row: dict[str, Any], columns: dict[str, Any], completion: str) -> None:
    (unfolded,) = rows_of({**row, **columns})
    rollout = read(unfolded)
    assert rollout.text == completion
    assert rollout.known.fault is None
    assert list(rollout.known.problem.options) == ["A. left", "B. right"]
    if "observation" in columns:
        assert parse_completion(completion).well_formed


def test_a_data_sets_output_is_its_completion() -> None:
    row = {**STRINGS, "observation": "x", "process": "y", "output": "<answer>B</answer>"}
    assert unfold(row) is None
    assert read(row).text == "<answer>B</answer>"


NO_TRACE = [
    ({**STRINGS, "observation": "", "process": "", "output": ""}, "give the file with --dataset"),
    ({**ROW, "process": ["a"]}, "column 'process' is no text but list"),
]


@pytest.mark.parametrize(("record", "reason"), NO_TRACE)
def test_a_data_sets_row_without_a_trace_is_no_rollout(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        unfold(record)


def test_video_r1s_evaluation_is_read_without_a_flag(tmp_path: Path) -> None:
    # `process` is only there where a thought was found; an empty output is the model's.
    judged = {"output": "<think>Right.</think>\n<answer>B</answer>", "prediction": "B", "reward": 1.0, "correct": True}
    empty = {"output": "", "prediction": "", "reward": 0.0, "correct": False}
    results = [{**ROW, **judged, "process": "<think>Right.</think>"}, {**ROW, **empty}]
    accuracy = [{"mean_acc": 0.5, "mean_mra": 0.0}]
    (tmp_path / "eval.json").write_text(json.dumps({"results": results, "final_acc": accuracy}, indent=2))
    rollouts, rejects = read_files(tmp_path)
    assert not rejects
    assert [rollout.text for rollout in rollouts] == [judged["output"], ""]
    assert {rollout.known.fault for rollout in rollouts} == {None}
