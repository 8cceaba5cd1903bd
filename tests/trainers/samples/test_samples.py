"""Samples of any trainer to rewards: the base that every adapter stands on."""

from __future__ import annotations

import asyncio
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.judges.lexical import LexicalJudge
from p2r_rewards.trainers.samples import (
    RewardSettings,
    Sample,
    SampleRewards,
    UnscoredError,
    join_columns,
    known_components,
    pack_columns,
    unpack_columns,
)

SEEN = "<observation>On the table stand two red cups.</observation>"
CUPS = {"problem": "How many cups are there?", "solution": "2", "problem_type": "numerical"}
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def write(answer: str) -> str:
    return f"{SEEN}<think>So it is.</think><answer>{answer}</answer>"


def test_each_sample_is_graded_by_its_own_type_and_keeps_its_place() -> None:
    samples = [
        Sample(write("2"), CUPS),
        Sample(write("B"), {"problem": "Which?", "gold": "B", "type": "mc", "options": ["A. x", "B. y"]}),
        Sample(write("3"), CUPS),
        Sample(write("2"), {"gold": "2"}),  # nothing tells its type
    ]
    found = SampleRewards(RewardSettings(judge="lexical")).score(samples)
    assert [one.components["reasoning_accuracy"] for one in found] == [1.0, 1.0, 0.0, None]
    assert found[3].reward is None
    assert found[3].unscored == "problem type is missing"
    assert {tuple(one.components) for one in found} == {tuple(found[0].components)}


def test_a_sample_at_fault_has_no_score_at_all() -> None:
    rewards = SampleRewards(RewardSettings(part="format"))
    good, bad = rewards.score([Sample(write("2"), CUPS), Sample(write("2"), CUPS, fault="cut off on the way")])
    assert good.reward is not None
    assert (bad.reward, bad.unscored) == (None, "cut off on the way")
    assert {*bad.components.values(), *bad.parts.values()} == {None}
    assert bad.components.keys() == good.components.keys()


def test_dynamic_lengths_in_words_follow_the_group() -> None:
    bands = {"length": "dynamic", "length_unit": "words", "perception_band": [1, 2], "reasoning_band": [1, 1]}
    rewards = SampleRewards(RewardSettings.from_mapping({"judge": "lexical", "reward": bands}))
    found = rewards.score([Sample(write("2"), CUPS)] * 3 + [Sample(write("3"), CUPS)])
    assert [one.components["perception_length"] for one in found] == [0.2] * 4
    assert [one.components["reasoning_length"] for one in found] == [0.2] * 3 + [0.0]


def test_a_judge_opened_elsewhere_is_asked() -> None:
    rewards = SampleRewards(RewardSettings(), LexicalJudge())
    assert rewards.score([Sample(write("2"), CUPS)])[0].reward == 4.0


def test_asynchronous_threaded_and_pickled_calls_say_the_same() -> None:
    rewards = SampleRewards(RewardSettings(judge="lexical"))
    samples = [Sample(write(str(number)), CUPS) for number in range(4)]
    expected = rewards.score(samples)
    assert asyncio.run(rewards.score_async(samples)) == expected
    assert pickle.loads(pickle.dumps(rewards)).score(samples) == expected
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(rewards.score, [samples] * 8)) == [expected] * 8


def test_a_tokenizer_file_counts_the_tokens_of_texts(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    bands = {"perception_band": [7, 7], "reasoning_band": [9, 9]}
    settings = RewardSettings.from_mapping({"judge": "lexical", "tokenizer": str(tmp_path), "reward": bands})
    seen = "<observation> On the table stand two red cups. </observation>"
    text = f"{seen} <think> So it is. </think> <answer> 2 </answer>"
    found = SampleRewards(settings).score([Sample(text, CUPS)])
    assert found[0].components["perception_length"] == pytest.approx(0.2)
    assert found[0].components["reasoning_length"] == 0.0  # four words, not nine


def test_sampled_ids_are_read_instead_of_the_text_and_counted(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = ["<|im_end|>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({piece: index for index, piece in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|im_end|>"])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    bands = {"perception_band": [32, 32], "reasoning_band": [10, 10]}  # bytes of the observation, of think and answer
    settings = RewardSettings.from_mapping({"judge": "lexical", "tokenizer": str(tmp_path), "reward": bands})
    ids = [*tokenizer.encode(write("2")).ids, 0]
    samples = [Sample("this text has lost its tags", CUPS, token_ids=ids), Sample(write("2"), CUPS)]
    for rewards in (SampleRewards(settings), pickle.loads(pickle.dumps(SampleRewards(settings)))):
        assert [one.reward for one in rewards.score(samples)] == [pytest.approx(4.4)] * 2


class ByteTokenizer:
    eos_token_id = pad_token_id = 0

    def decode(self, ids: list[int], **_: object) -> str:
        return bytes(ids).decode(errors="replace")


def test_the_policy_s_own_tokenizer_reads_and_counts_ids_without_a_file() -> None:
    settings = RewardSettings.from_mapping({"judge": "lexical", "reward": {"perception_band": [32, 32]}})
    rewards = SampleRewards(settings, tokenizer=ByteTokenizer())
    found = rewards.score([Sample("", CUPS, token_ids=[*write("2").encode(), 0]), Sample(write("2"), CUPS)])
    assert [one.components["reasoning_accuracy"] for one in found] == [1.0, 1.0]
    assert [one.components["perception_length"] for one in found] == [pytest.approx(0.2), None]  # no ids: unscored


def test_every_part_is_told_beside_the_one_that_is_paid() -> None:
    found = SampleRewards(RewardSettings(judge="lexical")).score([Sample(write("2"), CUPS)])[0]
    assert found.parts["process"] == found.reward == 4.0
    assert found.parts["perception"] == found.components["perception_reward"]
    assert found.parts["format"] == 2.0
    unjudged = SampleRewards(RewardSettings(part="reasoning")).score([Sample(write("2"), CUPS)])[0]
    assert unjudged.parts["process"] is None
    assert unjudged.parts["reasoning"] == unjudged.reward == 2.0


@given(columns=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), PLAIN, max_size=5))
def test_packed_columns_come_back(columns: dict[str, Any]) -> None:
    assert unpack_columns(pack_columns(columns)) == columns


def test_labels_out_of_an_array_of_strings_are_read() -> None:
    label = np.array([pack_columns(CUPS), "2"])[0]
    assert type(label) is not str
    assert unpack_columns(label) == CUPS


@given(label=st.text() | st.none() | st.integers())
def test_a_label_is_columns_or_the_gold_and_never_an_error(label: object) -> None:
    found = unpack_columns(label)
    assert found == {"gold": label} or (isinstance(label, str) and label.lstrip().startswith("{"))


@pytest.mark.parametrize(
    ("beside", "label", "joined"),
    [
        ({"gold": "7", "answer": "#### 7"}, '{"solution": "2"}', {"solution": "2"}),
        ({"prompt": "<chat>Q", "problem_type": "mc"}, '{"query": "Q"}', {"problem_type": "mc", "query": "Q"}),
        ({"answer": "B"}, '{"gold": null, "id": 1}', {"answer": "B", "gold": None, "id": 1}),
        ({"gold": "B"}, None, {"gold": "B"}),
        ({"answer": "A"}, "B", {"gold": "B"}),
    ],
)
def test_what_a_label_tells_counts_however_the_row_spells_it(beside: Any, label: Any, joined: dict[str, Any]) -> None:
    assert join_columns(beside, label) == joined


def test_a_reward_that_is_not_known_is_an_error_where_that_is_asked_for() -> None:
    good, bad = SampleRewards(RewardSettings(judge="lexical")).score([Sample(write("2"), CUPS), Sample("", {})])
    assert good.known() == 4.0
    with pytest.raises(UnscoredError, match="problem type is missing"):
        bad.known()


@pytest.mark.parametrize(
    "settings",
    [
        {"judge": "lexical"},
        {"part": "reasoning"},
        {"part": "format"},
        {"judge": "lexical", "reward": {"processes": "reasoning only"}},
        {"judge": "lexical", "reward": {"length_unit": "words"}},
        {"part": "reasoning", "reward": {"length_unit": "words"}},
        {"judge": "lexical", "reward": {"length": "off", "length_unit": "words"}},
        {"part": "reasoning", "reward": {"template": {"observation": None}}},
    ],
)
def test_the_components_that_can_have_a_value_are_told_by_the_settings(settings: dict[str, Any]) -> None:
    read = RewardSettings.from_mapping(settings)
    found = SampleRewards(read).score([Sample(write("2"), CUPS)])[0]
    assert known_components(read) == [name for name, value in found.components.items() if value is not None]


def test_what_json_cannot_hold_is_refused_in_packing() -> None:
    with pytest.raises(DataError, match="can't be packed"):
        pack_columns({"gold": object()})


def test_verdicts_must_come_from_somewhere() -> None:
    with pytest.raises(ConfigError, match="needs verdicts"):
        SampleRewards(RewardSettings())
    assert SampleRewards(RewardSettings(part="reasoning")).score([Sample(write("2"), CUPS)])[0].reward == 2.0
    rewards = SampleRewards(RewardSettings(columns={"sufficient": "seen"}))
    assert rewards.score([Sample(write("2"), {**CUPS, "seen": True})])[0].reward == 4.0
