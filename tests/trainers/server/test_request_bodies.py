"""Bodies to samples: what is read, and how the rest is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2r_rewards.trainers.samples import RewardSettings, Sample, SampleRewards
from p2r_rewards.trainers.samples.queries import LOST, split_query
from p2r_rewards.trainers.server.limits import ServerLimits
from p2r_rewards.trainers.server.refusals import Refusal
from p2r_rewards.trainers.server.replies import write_rewards
from p2r_rewards.trainers.server.request_bodies import read_queries, read_samples

LIMITS = ServerLimits(samples=4, text_chars=100)
DEEP = "[" * 100_000 + "]" * 100_000
SECRET = "sk-secret"

BAD_SAMPLES = [
    ("", 400, None, "not JSON"),
    ("{", 400, None, "not JSON"),
    (b"\xff\xfe", 400, None, "not UTF-8"),
    (DEEP, 400, None, "nested deeper"),
    ('{"samples": ' + "[" * 200 + "]" * 200 + "}", 400, None, "nested deeper"),
    ("[]", 422, None, "must be an object, not a list"),
    ("null", 422, None, "must be an object, not null"),
    ("{}", 422, "samples", "is missing"),
    ('{"samples": {}}', 422, "samples", "must be a list, not an object"),
    ('{"samples": []}', 422, "samples", "is empty"),
    ('{"sample": []}', 422, None, "did you mean samples"),
    (f'{{"samples": [], "{SECRET}": 1}}', 422, None, "unknown"),
    ('{"samples": [1]}', 422, "samples[0]", "must be an object, not a number"),
    ('{"samples": [{"completion": "x"}, {}]}', 422, "samples[1].completion", "is missing"),
    ('{"samples": [{"completion": 3}]}', 422, "samples[0].completion", "must be text"),
    (f'{{"samples": [{{"completion": ["{SECRET}"]}}]}}', 422, "samples[0].completion", "must be text"),
    ('{"samples": [{"completion": [{"role": "user", "content": "x"}]}]}', 422, "samples[0].completion", "assistant"),
    ('{"samples": [{"completion": "x", "prompt": true}]}', 422, "samples[0].prompt", "not true or false"),
    ('{"samples": [{"completion": "x", "gold": NaN}]}', 422, "samples[0].gold", "NaN"),
    ('{"samples": [{"completion": "x", "options": [1, [-Infinity]]}]}', 422, "samples[0].options", "NaN or infinite"),
    ('{"samples": [{"completion": "x", "gold": ' + "9" * 5000 + "}]}", 400, None, "integer"),
    ('{"samples": [{"completion": "' + "x" * 101 + '"}]}', 413, "samples[0].completion", "101 characters"),
    (json.dumps({"samples": [{"completion": "x"}] * 5}), 413, "samples", "in several requests"),
]


@pytest.mark.parametrize(("body", "status", "field", "cure"), BAD_SAMPLES, ids=lambda value: str(value)[:40])
def test_what_is_no_request_is_refused_by_place_and_cure(
    body: str | bytes, status: int, field: str | None, cure: str
) -> None:
    with pytest.raises(Refusal, match=cure) as caught:
        read_samples(body if isinstance(body, bytes) else body.encode(), LIMITS)
    assert (caught.value.status, caught.value.field) == (status, field)
    assert SECRET not in json.dumps(caught.value.payload)


@pytest.mark.parametrize(
    ("body", "status", "field", "cure"),
    [
        ({"query": ["a"], "prompts": ["a"]}, 422, "labels", "is missing"),
        ({"query": ["a"], "prompts": ["a"], "labels": ["x", "y"]}, 422, "labels", "same length"),
        ({"query": ["a"], "prompts": [None], "labels": ["x"]}, 422, "prompts[0]", "not null"),
        ({"query": "a", "prompts": ["a"], "labels": ["x"]}, 422, "query", "must be a list, not text"),
        ({"query": [], "prompts": [], "labels": []}, 422, "query", "is empty"),
        ({"query": ["a" * 101], "prompts": ["a"], "labels": ["x"]}, 413, "query[0]", "characters"),
    ],
)
def test_queries_that_do_not_fit_are_refused(body: Any, status: int, field: str, cure: str) -> None:
    with pytest.raises(Refusal, match=cure) as caught:
        read_queries(json.dumps(body).encode(), LIMITS)
    assert (caught.value.status, caught.value.field) == (status, field)


def test_samples_are_rows_as_files_have_them() -> None:
    body = (
        rb'{"samples": [{"completion": "a\ud800", "prompt": [{"role": "user", "content": "q"}], "gold": "B", "n": 1}]}'
    )
    [sample] = read_samples(body, LIMITS)
    assert sample == Sample("a\ud800", {"gold": "B", "n": 1}, [{"role": "user", "content": "q"}])


def test_queries_are_cut_behind_their_prompts_and_further_fields_left_alone() -> None:
    body = {"query": ["Q? A.", "else"], "prompts": ["Q? ", "Q? "], "labels": ['{"gold": "A"}', "B"], "images": []}
    cut, lost = read_queries(json.dumps(body).encode(), LIMITS)
    assert cut == Sample("A.", {"gold": "A"}, "Q? ")
    assert (lost.fault, lost.columns) == (LOST, {"gold": "B"})


@given(st.binary(max_size=200) | st.text(max_size=60).map(lambda text: json.dumps({"samples": text}).encode()))
def test_any_bytes_are_samples_or_a_refusal(body: bytes) -> None:
    for read in (read_samples, read_queries):
        status = 200
        try:
            assert read(body, LIMITS)
        except Refusal as refusal:
            status = refusal.status
        assert status in (200, 400, 413, 422)


ASK = "<|im_start|>user\n<pad>What stands on the table? Answer in <answer> tags.<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.parametrize(
    ("query", "completion"),
    [
        (ASK + "Two.", "Two."),
        (ASK, ""),
        (ASK.replace("<pad>", "<pad>" * 400) + "Two.", "Two."),  # an image's placeholder, once for each patch
        (ASK[20:] + "Two.", "Two."),  # a prompt too long, cut at its head
        ("<pad>" + ASK + "Two." + ASK + "Three.", "Two." + ASK + "Three."),  # the model makes up a second turn
        ("Two.", None),
        ("", None),
    ],
)
def test_the_completion_begins_behind_the_prompt(query: str, completion: str | None) -> None:
    assert split_query(query, ASK) == completion


def test_a_tail_that_stands_twice_in_the_prompt_is_not_taken_for_its_end() -> None:
    turn = "<|im_end|>\n<|im_start|>assistant\n"
    prompt = f"<pad>First question{turn}First reply. And the second?{turn}"
    assert split_query(f"<pad>{prompt}Here.", prompt) == "Here."


@given(prompt=st.text(max_size=80), completion=st.text(max_size=80))
def test_prompt_and_completion_come_apart(prompt: str, completion: str) -> None:
    assert split_query(prompt + completion, prompt) == completion


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["mc", "2", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["content", "role", "text", "A"]), inner, max_size=3)
    ),
    max_leaves=6,
)
COLUMNS = ("problem", "gold", "problem_type", "options", "data_type", "path", "sufficient", "id", "prompt", "step")


@settings(max_examples=150, deadline=None)
@given(completion=st.just("<answer>2</answer>") | VALUES, columns=st.dictionaries(st.sampled_from(COLUMNS), VALUES))
def test_whatever_is_read_is_scored_or_says_why_not(completion: Any, columns: dict[str, Any]) -> None:
    try:
        samples = read_samples(
            json.dumps({"samples": [{**columns, "completion": completion}]}).encode(), ServerLimits()
        )
    except Refusal:
        return
    rewards = SampleRewards(RewardSettings(judge="lexical")).score(samples)
    reply = json.loads(write_rewards(rewards))
    assert (reply["rewards"] == [None]) <= (reply["unscored"] != [None])
