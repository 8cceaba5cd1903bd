"""Rows of data sets and sampled ids are read as they are: ends, prefixes, columns, unknown golds."""

from __future__ import annotations

from typing import Any

import pytest

from p2r_rewards.completion import PROCESS_AWARE
from p2r_rewards.config import RewardConfig
from p2r_rewards.rollouts.rollout import KnownProblem
from p2r_rewards.trainers.trl.rows import CompletionReader, ProblemReader, item_of, prefilled_tag
from p2r_rewards.trainers.trl.scoring import score, unscored_reasons
from tests.trainers.trl import tiny

MERGES = [("<", "o"), ("<o", "b"), (">", "<"), ("o", "o"), ("d", "<")]  # tokens that straddle tags
ROW = {**tiny.ROW, "prompt": "unused", "options": ["A. a cat", "B. a dog"]}


def reader(merges: Any = (), prefix: str | None = None) -> CompletionReader:
    return CompletionReader(tiny.tokenizer(merges), {tiny.PAD, tiny.END}, PROCESS_AWARE, prefix)


def known(row: dict[str, Any]) -> KnownProblem:
    return ProblemReader({})(row)


def test_end_of_sequence_is_taken_off_by_id_and_is_reasonings() -> None:
    read = reader()
    ids = tiny.tokenizer()(tiny.reply())["input_ids"]
    row = read(known(ROW), [], [*ids, tiny.END])
    assert row.completion.well_formed
    assert row.segments.tolist()[-3:] == [2, 2, 2]
    spelt = tiny.tokenizer()(tiny.reply())["input_ids"] + read_plain("<|im_end|>")
    assert not read(known(ROW), [], spelt).completion.well_formed  # text that looks like it is text


def read_plain(text: str) -> list[int]:
    return list(tiny.tokenizer()(text)["input_ids"])


@pytest.mark.parametrize("merges", [(), MERGES], ids=["bytes", "tokens that straddle tags"])
@pytest.mark.parametrize("tag", ["<observation>", "<observation>\n", "<think>"])
def test_a_tag_that_the_template_wrote_is_found(merges: Any, tag: str) -> None:
    tokenizer = tiny.tokenizer(merges)
    prompt = tokenizer("user: which?\nassistant: " + tag)["input_ids"]
    text = tiny.reply() if "think" not in tag else "<think>so</think><answer>B</answer>"
    ids = tokenizer(text.removeprefix(tag.strip()))["input_ids"]
    row = reader(merges)(known(ROW), prompt, ids)
    assert row.completion.prefix_length == len(tag)
    assert row.completion.well_formed == (tag != "<think>")
    assert len(row.segments) == len(ids)
    assert row.segments[0] == (2 if tag == "<think>" else 1)


def test_a_prompt_that_ends_otherwise_has_no_prefix() -> None:
    for prompt in ("which? <answer>B</answer>", "</think>", "", "<observation> x"):
        assert prefilled_tag(read_plain(prompt), reader().decode, PROCESS_AWARE) == ""
    assert reader(prefix="<think>")(known(ROW), [], read_plain("x</think>")).completion.prefix_length == 7


@pytest.mark.parametrize("seed", range(20))
def test_segments_are_those_of_the_characters_for_sampled_ids(seed: int) -> None:
    """Ids as a policy may sample them: merges taken or not at random, and cut UTF-8."""
    import random

    random.seed(seed)
    tokenizer = tiny.tokenizer(MERGES)
    text = tiny.reply("good dö", "so ok", "B", between="")
    ids: list[int] = []
    spans = []
    position = 0
    while position < len(text):
        width = random.choice([1, 2, 3])
        piece = text[position : position + width]
        ids += (part := tokenizer(piece)["input_ids"])
        spans += [position] * len(part)
        position += width
    row = reader(MERGES)(known(ROW), [], ids)
    split = text.index("<think>")
    # A token of a piece belongs where the piece's own tokens start; pieces that straddle are looked at one by one.
    for token, start in enumerate(spans):
        if not start < split < start + 3:
            assert row.segments[token] == (1 if start < split else 2), (seed, token)


def test_columns_of_published_data_and_of_ones_own() -> None:
    videop2r = {"problem": "Q", "solution": "<answer>B</answer>", "problem_type": "multiple choice", "path": "a.mp4"}
    problem = known(
        {**videop2r, "options": "['A. a', 'B. b']", "prompt": [{"role": "user", "content": "long"}]}
    ).problem
    assert (problem.question, problem.gold, problem.options) == ("Q", "<answer>B</answer>", ("A. a", "B. b"))
    own = ProblemReader({"gold": "output"})({"output": "4", "question": "Q", "problem_type": "numerical"}).problem
    assert own.gold == "4"


UNREADABLE = {
    "no type": ({"solution": "B"}, "problem type is missing"),
    "no gold": ({"problem_type": "numerical"}, "gold is missing"),
}


@pytest.mark.parametrize(("row", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_faults_of_the_data_leave_rewards_unknown(row: dict[str, Any], reason: str) -> None:
    read = reader()(known({"problem": "Q", **row}), [], read_plain(tiny.reply()))
    scored = score(read, None, RewardConfig())
    assert str(scored.totals[1]) == "nan"
    assert reason in (unscored_reasons(scored) or "")
    assert item_of(read) is None


GOLDS = {
    "bare": ("numerical", "4", "4"),
    "tags": ("numerical", "<answer>4</answer>", "4"),
    "alternatives": ("free-form", ("a cup", "a mug"), "a cup or a mug"),
    "choice": ("multiple choice", ("B", "a dog"), "B"),
    "number": ("numerical", 4, "4"),
    "set": ("multi-select", ["A", "C"], "A, C"),
}


@pytest.mark.parametrize(("kind", "gold", "shown"), GOLDS.values(), ids=GOLDS)
def test_a_judge_is_shown_the_gold_as_one_text(kind: str, gold: Any, shown: str) -> None:
    row = {"problem": "Q", "problem_type": kind, "solution": gold, "options": ["A. a", "B. b", "C. c"]}
    item = item_of(reader()(known(row), [], read_plain(tiny.reply("seen"))))
    assert item is not None
    assert (item.gold, item.observation, item.type) == (shown, "seen", kind)


def test_nothing_is_asked_about_an_observation_that_is_not_there() -> None:
    for text in ("<think>x</think><answer>B</answer>", tiny.reply("  "), ""):
        assert item_of(reader()(known(ROW), [], read_plain(text))) is None
