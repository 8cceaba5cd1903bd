"""Rollouts joined with the rows of a data set: what is found, what is not, and what can't be told."""

import gzip
import json
import os
import pickle
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts import FieldFinder, RolloutReader
from p2r_rewards.rollouts.dataset_build import build_index
from p2r_rewards.rollouts.dataset_index import DatasetIndex
from p2r_rewards.rollouts.dataset_match import NotFound
from p2r_rewards.rollouts.dataset_rows import DatasetRow
from p2r_rewards.rollouts.prompt_text import read_lines
from p2r_rewards.rollouts.rollout import GOLD_DIFFERS, Rollout

Row = dict[str, Any]

CAT: Row = {
    "problem_id": 1,
    "problem": "Which animal is seen?\nLook closely.",
    "problem_type": "multiple choice",
    "options": ["A. a cat", "B. a dog"],
    "solution": "<answer>A</answer>",
    "path": "./clips/a/1.mp4",
    "data_type": "video",
}
COUNT: Row = {
    **CAT,
    "problem_id": 2,
    "problem": "How many chairs?",
    "problem_type": "numerical",
    "options": [],
    "solution": "<answer>2</answer>",
    "path": "./clips/b/2.mp4",
}
ROWS = [CAT, COUNT]

TEMPLATES = {
    "plain": "{}",
    "qwen": "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
    "qwen-vl": (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n<|vision_start|><|video_pad|><|video_pad|>"
        "<|vision_end|>{}<|im_end|>\n<|im_start|>assistant\n<think>"
    ),
    "bare roles": "system\nBe kind.\nuser\n{}\nassistant\n",
    "llama3": (
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n{}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
    "llama2": "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\n{} [/INST]",
    "gemma": "<bos><start_of_turn>user\n<start_of_image>{}<end_of_turn>\n<start_of_turn>model\n",
    "phi": "<|user|>\n{}<|end|>\n<|assistant|>\n",
    "deepseek": "<｜begin▁of▁sentence｜>Be kind.<｜User｜>{}<｜Assistant｜>",
    "harmony": "<|start|>system<|message|>Be kind.<|end|><|start|>user<|message|>{}<|end|><|start|>assistant",
    "smolvlm": "<|im_start|>User:<image>{}<end_of_utterance>\nAssistant:",
    "vicuna": "A chat between a user and an assistant. USER: <image>\n{} ASSISTANT:",
    "base": "A conversation between User and Assistant.\nUser: {}\nAssistant: <think>",
    "earlier turns": (
        "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\nHi<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n"
    ),
}
PROMPTS = {
    "bare": "{question}",
    "video_r1": "{question}\n Please think about this question as a human would.\nOptions:\n{options}\n Be brief.",
    "before": "Answer in tags.\nQuestion: {question}\n{options}",
    "markdown": "## Task\n**Question:** {question}\n\n**Options:**\n{options}\n",
    "white space": "  {question}  \n\n\n{options}\n\n",
}


def make_index(rows: list[Row], folder: Path) -> DatasetIndex:
    file = folder / "data.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    build_index([str(file)], {}, folder / "data.index")
    return DatasetIndex(folder / "data.index")


@pytest.fixture
def index(tmp_path: Path) -> DatasetIndex:
    return make_index(ROWS, tmp_path)


def found_id(found: DatasetRow | NotFound) -> str | None:
    assert isinstance(found, DatasetRow), found
    return found.id


def render(row: Row, prompt: str, template: str) -> str:
    text = PROMPTS[prompt].format(question=row["problem"], options="\n".join(row["options"]))
    return TEMPLATES[template].format(text)


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_rendered_prompt_finds_its_row(index: DatasetIndex, template: str, prompt: str) -> None:
    for row in ROWS:
        assert found_id(index.find(question=render(row, prompt, template))) == str(row["problem_id"])


def test_messages_find_their_row(index: DatasetIndex) -> None:
    parts = [{"type": "video", "video": "/mnt/clips/b/2.mp4"}, {"type": "text", "text": "How many chairs?"}]
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": parts}]
    assert found_id(index.find(question=messages)) == "2"
    parts[0]["video"] = "/mnt/clips/b/3.mp4"
    assert "other media" in str(index.find(question=messages))


@pytest.mark.parametrize("identity", [2, "2", 2.0, " 2 "])
def test_ids_are_the_same_as_number_and_text(index: DatasetIndex, identity: object) -> None:
    assert found_id(index.find(identity=identity)) == "2"
    assert found_id(index.find(identity=identity, question="Now, How many chairs? Be brief.")) == "2"


def test_an_id_that_the_question_contradicts_is_refused(index: DatasetIndex) -> None:
    with pytest.raises(DataError, match=r"problem id 1 is that of .*data.jsonl, row 1 .* asks something else"):
        index.find(identity=1, question="How many chairs?")


def test_ids_that_begin_anew_are_told_apart_by_the_question(tmp_path: Path) -> None:
    index = make_index([CAT, {**COUNT, "problem_id": 1}], tmp_path)
    found = index.find(identity=1, question="How many chairs?")
    assert isinstance(found, DatasetRow)
    assert found.gold == "<answer>2</answer>"
    with pytest.raises(DataError, match=r"row 1 or .*row 2"):
        index.find(identity=1)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"question": "How many tables?"}, "no row has its question"),
        ({"identity": 9, "question": "How many tables?"}, "or the problem id 9"),
        ({"identity": 9}, "no such problem id"),
        ({}, "neither a problem id nor a question"),
        ({"question": CAT["problem"], "options": ["a cat", "a cow"]}, "only with other options"),
        ({"question": CAT["problem"] + "\nA. a cow\nB. a cat"}, "only with other options"),  # as the prompt shows them
        ({"question": "How many chairs?", "media": "clips/b/3.mp4"}, "only with other media"),
        ({"question": "How many chairs? Really?"}, "no row has its question"),  # no whole line is its question
    ],
)
def test_what_the_dataset_lacks(index: DatasetIndex, values: Row, reason: str) -> None:
    found = index.find(**values)
    assert isinstance(found, NotFound)
    assert found.reason.startswith("not in the dataset: ")
    assert reason in found.reason


SAME = {**COUNT, "problem_id": 3, "path": "./clips/c/2.mp4", "solution": "<answer>3</answer>"}


@pytest.mark.parametrize(
    ("values", "identity"),
    [
        ({"media": "./clips/c/2.mp4"}, "3"),
        ({"media": "/data/clips/b/2.mp4"}, "2"),
        ({"media": ["clips/c/2.mp4"]}, "3"),
        ({"media": {"path": "file:///data/clips/c/2.mp4", "bytes": None}}, "3"),
        ({"media": r"C:\data\clips\c\2.mp4"}, "3"),
        ({"gold": "3"}, "3"),
        ({"gold": 2.0}, "2"),
        ({}, None),
        ({"gold": "7"}, None),
        ({"media": "/elsewhere/2.mp4"}, "other media"),  # a name that two files of the data set have says nothing
        ({"media": b"a film"}, None),  # bytes can't be compared with a path
    ],
)
def test_the_same_question_of_two_videos(tmp_path: Path, values: Row, identity: str | None) -> None:
    index = make_index([COUNT, SAME], tmp_path)
    if identity is None:
        with pytest.raises(DataError, match=r"ambiguous in the dataset: it can be .*row 1 or .*row 2"):
            index.find(question="How many chairs?", **values)
    elif identity.isdigit():
        assert found_id(index.find(question="How many chairs?", **values)) == identity
    else:
        assert identity in str(index.find(question="How many chairs?", **values))


def test_a_medium_may_have_moved_where_its_name_is_its_own(index: DatasetIndex) -> None:
    assert found_id(index.find(question="How many chairs?", media="/tmp/2.mp4")) == "2"
    assert "other media" in str(index.find(question="How many chairs?", media="moved/2.mp4"))


def test_the_same_question_with_other_options(tmp_path: Path) -> None:
    other = {**CAT, "problem_id": 4, "options": ["A. a cow", "B. a hen"]}
    index = make_index([CAT, other], tmp_path)
    asked = CAT["problem"]
    assert found_id(index.find(question=asked, options="['A. a cow', 'B. a hen']")) == "4"
    assert found_id(index.find(question=asked, options=["a cat", "a dog"])) == "1"
    assert found_id(index.find(question=f"{asked}\n(A) a cow\n(B) a hen")) == "4"
    assert found_id(index.find(question=f"{asked}\nOne of: a cat or a dog , please")) == "1"
    with pytest.raises(DataError, match="ambiguous"):
        index.find(question=asked)


def test_a_question_within_another_is_a_part_of_it_and_beside_another_it_is_ambiguous(tmp_path: Path) -> None:
    long = {**COUNT, "problem_id": 5, "problem": "How many chairs?\nCount them twice."}
    index = make_index([COUNT, long, CAT], tmp_path)
    assert found_id(index.find(question="Answer.\nHow many chairs?\nCount them twice.\nNow.")) == "5"
    assert found_id(index.find(question="Answer.\nHow many chairs?\nNow.")) == "2"
    with pytest.raises(DataError, match="ambiguous"):
        index.find(question=f"How many chairs?\nTwo.\n{CAT['problem']}\nThink.")


def test_equal_rows_are_one(tmp_path: Path) -> None:
    file = tmp_path / "d.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in (CAT, CAT, {**CAT, "problem_id": 8})) + "{\n[]\n\n{}\n")
    summary = build_index([str(file)], {}, tmp_path / "i")
    assert (summary.rows, summary.problems, summary.duplicates) == (6, 2, 1)
    assert dict(summary.unusable) == {
        "is not JSON": 1,
        "is not an object": 1,
        "has neither a question nor a problem id": 1,
    }
    assert summary.examples["is not an object"] == f"{file}, row 5"
    # One problem under two ids is one problem for whoever asks by its question.
    assert isinstance(DatasetIndex(tmp_path / "i").find(question=CAT["problem"]), DatasetRow)


def test_every_format_gives_the_same_joins(tmp_path: Path) -> None:
    strings = [{key: str(value) for key, value in row.items()} for row in ROWS]
    traces = [{**row, "observation": "", "process": "", "output": "", "answer": "A"} for row in strings]
    (tmp_path / "a.json").write_text(json.dumps(strings))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, traces)).encode()))
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "c.parquet")
    for name in ("a.json", "b.jsonl.gz", "c.parquet"):
        summary = build_index([str(tmp_path / name)], {}, tmp_path / "index")
        assert (summary.rows, summary.problems, dict(summary.unusable)) == (2, 2, {})
        found = DatasetIndex(tmp_path / "index").find(question=render(CAT, "video_r1", "qwen-vl"))
        assert isinstance(found, DatasetRow)
        assert (found.id, found.gold, list(found.options)) == ("1", "<answer>A</answer>", CAT["options"])


def test_verl_data_sets_nest_what_counts(tmp_path: Path) -> None:
    row = {
        "prompt": [{"role": "user", "content": "How many chairs? Answer in tags."}],
        "reward_model": {"style": "rule", "ground_truth": "2"},
        "extra_info": {"question": "How many chairs?", "answer": "1 + 1 = 2", "problem_type": "numerical"},
    }
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "d.parquet")
    build_index([str(tmp_path / "d.parquet")], {}, tmp_path / "i")
    for question in ("How many chairs?", "user\nHow many chairs? Answer in tags.\nassistant\n"):
        found = DatasetIndex(tmp_path / "i").find(question=question)
        assert isinstance(found, DatasetRow)
        assert (found.gold, found.type) == ("2", "numerical")


def test_the_mapping_serves_where_its_column_is(tmp_path: Path) -> None:
    rows = [{"problem": "Who?", "label": "me", "answer": "you"}, {"problem": "Why?", "answer": "so"}]
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, rows)))
    build_index([str(tmp_path / "d.jsonl")], {"gold": "label"}, tmp_path / "i")
    index = DatasetIndex(tmp_path / "i")
    found = [index.find(question="Who?"), index.find(question="Why?")]
    assert [row.gold for row in found if isinstance(row, DatasetRow)] == ["me", "so"]


HOSTILE = [
    "'; DROP TABLE row; --",
    "a\0b",
    "\ud800 lone",
    "x" * 1_000_000,
    "e" + "\u0301" * 5000,
    "<|im_end|>?",
    "Q:\n" * 3000,
]


def test_hostile_questions(tmp_path: Path) -> None:
    index = make_index([{**COUNT, "problem": text, "problem_id": text[:20]} for text in HOSTILE], tmp_path)
    for text in HOSTILE[:-2]:
        assert found_id(index.find(question=text)) == text[:20].strip()
        assert isinstance(index.find(question=text + " and more"), NotFound)
        assert found_id(index.find(identity=text[:20])) == text[:20].strip()
    for text in HOSTILE[:-1]:
        index.find(question=f"{text}\n" * 3, options=text, gold=text, media=text)
    with pytest.raises(DataError, match="9,000 words is too long"):  # every span of it has to be compared
        index.find(question=HOSTILE[-1] * 3)


def test_an_index_pickles_and_serves_threads(index: DatasetIndex) -> None:
    copy = pickle.loads(pickle.dumps(index))
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: found_id(copy.find(question="How many chairs?")), range(40))) == {"2"}


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no database at all, but long enough to be looked at\n" * 9)
    for name in ("x", "missing"):
        with pytest.raises(DataError, match="is no index of a dataset"):
            DatasetIndex(tmp_path / name).find(identity=1)
    (tmp_path / "d.jsonl").write_text('{"a": 1}')
    with pytest.raises(DataError, match="no row that can be joined: has neither"):
        build_index([str(tmp_path / "d.jsonl")], {}, tmp_path / "i")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.jsonl", "x"]  # nothing is left behind


words = st.text("abc ?\n", min_size=1, max_size=6)
rows = st.fixed_dictionaries(
    {
        "problem": words,
        "options": st.sampled_from([[], ["A. x", "B. y"], ["A. y", "B. x"]]),
        "solution": st.sampled_from(["A", "B"]),
        "path": st.sampled_from([None, "a/1.mp4", "b/1.mp4"]),
        "problem_type": st.just("OCR"),
    }
)


def outcome(index: DatasetIndex, **values: Any) -> object:
    try:
        found = index.find(**values)
    except DataError as error:
        return str(error).partition(":")[0]
    return found[2:] if isinstance(found, DatasetRow) else found


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, min_size=1, max_size=6), st.randoms(use_true_random=False), words, words)
def test_joins_are_right_and_do_not_depend_on_order(data: list[Row], random: Any, before: str, after: str) -> None:
    if not any(row["problem"].strip() for row in data):
        return
    shuffled = random.sample(data, len(data))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first, second = make_index(data, Path(one)), make_index(shuffled, Path(other))
        for row in data:
            asked = f"{before}\n{row['problem']}\n{after}"
            for values in ({"question": asked}, {"question": row["problem"], "media": row["path"]}):
                assert outcome(first, **values) == outcome(second, **values)
                try:
                    found = first.find(**values)
                except DataError:
                    continue
                if isinstance(found, DatasetRow):
                    assert f" {read_lines(found.questions[0]).text} " in f" {read_lines(values['question']).text} "
            whole = {"question": row["problem"], "options": row["options"] or None, "media": row["path"]}
            result = outcome(first, **whole)
            if isinstance(result, tuple) and not isinstance(result, NotFound):
                assert read_lines(str(result[1][0])).text == read_lines(row["problem"]).text
            elif row["problem"].strip():
                assert str(result).startswith("ambiguous")  # a row of the data set is never not in it


def read(index: DatasetIndex, row: Row) -> Rollout:
    return RolloutReader(FieldFinder(), index).read({"completion": "x", **row})


def test_a_rollout_gets_what_it_lacks(index: DatasetIndex) -> None:
    known = read(index, {"prompt": render(CAT, "video_r1", "qwen-vl"), "step": 3}).known
    assert (known.fault, known.note) == (None, None)
    assert known.problem.question == CAT["problem"]  # bare
    assert (known.problem.type, known.problem.gold, known.problem.options) == (
        "multiple choice",
        "<answer>A</answer>",
        ("A. a cat", "B. a dog"),
    )


def test_its_own_values_come_first(index: DatasetIndex) -> None:
    known = read(index, {"prompt": "How many chairs?", "gold": "3", "type": "OCR"}).known
    assert (known.problem.gold, known.problem.type, known.note) == ("3", "OCR", GOLD_DIFFERS)
    assert read(index, {"prompt": "How many chairs?", "gts": "2.0"}).known.note is None  # the same number
    known = read(index, {"prompt": "How many chairs?", "type": "rollout"}).known
    assert known.problem.type == "numerical"  # a column of that name that holds no problem type


def test_what_the_dataset_lacks_is_a_fault(index: DatasetIndex) -> None:
    known = read(index, {"prompt": "How many tables?"}).known
    assert known.fault == "not in the dataset: no row has its question"
    assert known.group is not None
    whole = {"prompt": "How many tables?", "gold": "2", "type": "numerical"}
    assert read(index, whole).known.fault is None  # it lacks nothing


def test_an_ambiguous_join_is_a_reject_each_time(tmp_path: Path) -> None:
    reader = RolloutReader(FieldFinder(), make_index([COUNT, SAME], tmp_path))
    for _ in range(2):
        with pytest.raises(DataError, match="ambiguous"):
            reader.read({"completion": "x", "prompt": "How many chairs?"})


def test_groups_are_those_of_the_joined_problem(tmp_path: Path) -> None:
    index = make_index([COUNT, SAME], tmp_path)
    groups = [
        read(index, {"prompt": "How many chairs?", **more}).known.group
        for more in ({"problem_id": 2}, {"problem_id": "2"}, {"gts": "3"})
    ]
    assert groups[0] == groups[1] != groups[2]


FOLDER = os.environ.get("P2R_REAL_DATA")


@pytest.mark.skipif(not FOLDER, reason="P2R_REAL_DATA is not set: no real rows here")
@pytest.mark.parametrize("template", ["qwen-vl", "bare roles", "gemma", "llama2"])
def test_real_rows_are_found_or_ambiguous(tmp_path: Path, template: str) -> None:
    source = Path(str(FOLDER), "videor1_rl_rows.jsonl")
    build_index([str(source)], {}, tmp_path / "i")
    index = DatasetIndex(tmp_path / "i")
    data = [json.loads(line) for line in source.open(encoding="utf-8")]
    alone = 0
    for row in data:
        prompt = render(row, "video_r1", template)
        assert found_id(index.find(question=prompt, media="/data/" + row["path"][2:])) == str(row["problem_id"])
        if sum(other["problem"] == row["problem"] for other in data) == 1:
            alone += 1
            assert found_id(index.find(question=prompt)) == str(row["problem_id"])
    assert alone > 180
