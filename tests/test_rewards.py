"""Rewards per process: arXiv 2511.11113, Sec. 3.2.2 and Eq. 5, and this project's decisions where the paper is open."""

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2r_rewards import ConfigError, Problem, RewardConfig, Score, Unscored, reward_completion, reward_group
from p2r_rewards.completion import THINK_ANSWER
from p2r_rewards.rewards import ProcessReward, Reward, follow_group

PROBLEM = Problem("How many chairs stand in the room?", gold="2", type="numerical")


def completion(observation: str = "Two chairs stand by a table.", think: str = "Two.", answer: str = "2") -> str:
    return f"<observation>{observation}</observation><think>{think}</think><answer>{answer}</answer>"


def test_eq_5_sums_accuracy_format_and_length() -> None:
    reward = reward_completion(PROBLEM, completion(), sufficient=True, lengths=(200, 400))
    assert reward.perception == ProcessReward(1.0, 1.0, 0.2)
    assert reward.reasoning == ProcessReward(1.0, 1.0, 0.2)
    assert reward.perception.total == pytest.approx(2.2)
    assert reward.unscored == ()


@pytest.mark.parametrize(
    ("lengths", "perception", "reasoning"),
    [
        ((127, 319), 0.0, 0.0),
        ((128, 320), 0.2, 0.2),  # both ends of both bands are inside
        ((320, 512), 0.2, 0.2),
        ((321, 513), 0.0, 0.0),
        (None, None, None),  # without token counts the length is unscored
    ],
)
def test_length_bands(lengths: tuple[int, int] | None, perception: float | None, reasoning: float | None) -> None:
    reward = reward_completion(PROBLEM, completion(), sufficient=True, lengths=lengths)
    assert reward.perception is not None
    assert (reward.perception.length, reward.reasoning.length) == (perception, reasoning)
    assert reward.reasoning.total == 2.0 + (reasoning or 0.0)  # an unscored length is out of the total


def test_length_is_paid_only_with_accuracy_and_format() -> None:
    wrong = reward_completion(PROBLEM, completion(answer="3"), sufficient=False, lengths=(200, 400))
    assert (wrong.perception and wrong.perception.length, wrong.reasoning.length) == (0.0, 0.0)
    formless = reward_completion(PROBLEM, completion() + " so", sufficient=True, lengths=(200, 400))
    assert formless.reasoning == ProcessReward(1.0, 0.0, 0.0)  # "wait" 400 times would earn nothing either
    assert formless.perception == ProcessReward(1.0, 1.0, 0.2)  # the other process keeps its own


def test_partial_accuracy_is_non_zero() -> None:
    problem = Problem("How far?", gold="10", type="regression")
    reward = reward_completion(problem, completion(answer="9"), sufficient=True, lengths=(0, 400))
    assert reward.reasoning == ProcessReward(0.9, 1.0, 0.2)


@pytest.mark.parametrize(
    ("text", "sufficient", "accuracy"),
    [
        (completion(), True, 1.0),
        (completion(), False, 0.0),
        (completion(), None, None),  # no verdict: unknown, never 0
        (completion(observation=" "), True, 0.0),  # nothing observed can't be sufficient
        ("<think>t</think><answer>2</answer>", None, 0.0),
    ],
)
def test_perception_accuracy(text: str, sufficient: bool | None, accuracy: float | None) -> None:
    reward = reward_completion(PROBLEM, text, sufficient=sufficient)
    assert reward.perception is not None
    assert reward.perception.accuracy == accuracy
    assert (reward.perception.total is None) == (accuracy is None)


@pytest.mark.parametrize(
    ("sufficient", "accuracy"),
    [(1, 1.0), (0.0, 0.0), (np.True_, 1.0), (np.float32("nan"), None), (np.float64(0), 0.0), (float("nan"), None)],
)
def test_verdicts_come_from_arrays_too(sufficient: float, accuracy: float | None) -> None:
    reward = reward_completion(PROBLEM, completion(), sufficient=sufficient)
    assert reward.perception is not None
    assert reward.perception.accuracy == accuracy


@pytest.mark.parametrize("sufficient", ["No", "yes", 0.3, [], np.array([True, False])])
def test_anything_else_is_no_verdict(sufficient: Any) -> None:
    with pytest.raises(ConfigError, match="sufficient must be True, False or None"):
        reward_completion(PROBLEM, completion(), sufficient=sufficient)


@pytest.mark.parametrize(
    ("lengths", "perception", "reasoning"),
    [
        ((None, 400), None, 0.2),
        ((200, None), 0.2, None),
        ((float("nan"), 400.0), None, 0.2),
        (np.array([200, 400]), 0.2, 0.2),
    ],
)
def test_one_length_may_be_unknown(lengths: Any, perception: float | None, reasoning: float | None) -> None:
    reward = reward_completion(PROBLEM, completion(), sufficient=True, lengths=lengths)
    assert reward.perception is not None
    assert (reward.perception.length, reward.reasoning.length) == (perception, reasoning)


@pytest.mark.parametrize("lengths", [(-1, 400), (200,), ("200", 400), (1.5, 2), (True, 400)])
def test_lengths_that_are_no_counts_are_refused(lengths: Any) -> None:
    with pytest.raises(ConfigError, match="lengths"):
        reward_completion(PROBLEM, completion(), sufficient=True, lengths=lengths)


def test_unreadable_gold_is_unscored_with_its_reason() -> None:
    reward = reward_completion(Problem("How many?", gold="plenty", type="numerical"), completion(), sufficient=True)
    assert isinstance(reward.grade, Unscored)
    assert reward.reasoning.total is None
    assert reward.unscored
    assert reward.unscored[0].startswith("reasoning: gold 'plenty'")
    assert reward.perception is not None
    assert reward.perception.total == 2.0


def test_repeated_answers_earn_no_accuracy_but_other_faults_leave_it() -> None:
    """Several answers are a known hack: first- and last-match rules pay it."""
    twice = reward_completion(PROBLEM, completion() + "<answer>2</answer>", sufficient=True)
    assert twice.grade == Score(0.0, "repeated answer tags")
    trailing = reward_completion(PROBLEM, completion() + " Done.", sufficient=True)
    assert (trailing.reasoning.accuracy, trailing.reasoning.format) == (1.0, 0.0)


def test_think_answer_template_rewards_reasoning_only() -> None:
    config = RewardConfig(template=THINK_ANSWER)
    reward = reward_completion(PROBLEM, "<think>Two.</think><answer>2</answer>", config=config)
    assert reward.perception is None
    assert reward.reasoning.total == 2.0


def test_ablation_without_length() -> None:
    reward = reward_completion(
        PROBLEM, completion(), sufficient=True, lengths=(200, 400), config=RewardConfig(length="off")
    )
    assert reward.perception == ProcessReward(1.0, 1.0, None)


def test_length_in_words_needs_no_token_counts() -> None:
    config = RewardConfig(length_unit="words", perception_band=(6, 6), reasoning_band=(2, 2))
    reward = reward_completion(PROBLEM, completion(), sufficient=True, config=config)
    assert reward.perception is not None
    assert (reward.perception.length, reward.reasoning.length) == (0.2, 0.2)


def test_dynamic_length_follows_the_groups_own_correct_completions() -> None:
    texts = [completion()] * 4 + [completion(answer="5")]
    lengths = [(600, 700), (610, 700), (620, 700), (50, 700), (610, 700)]
    config = RewardConfig(length="dynamic")
    rewards = reward_group(PROBLEM, texts, sufficient=[True] * 5, lengths=lengths, config=config)
    assert [reward.perception and reward.perception.length for reward in rewards] == [0.2, 0.2, 0.2, 0.0, 0.2]
    assert [reward.reasoning.length for reward in rewards] == [0.2, 0.2, 0.2, 0.2, 0.0]
    fixed = reward_group(PROBLEM, texts, sufficient=[True] * 5, lengths=lengths)
    assert all(reward.perception and reward.perception.length == 0.0 for reward in fixed)


def test_followed_groups_are_measured_in_the_configured_unit() -> None:
    config = RewardConfig(length="dynamic", length_unit="words", perception_band=(1, 2), reasoning_band=(1, 1))
    texts = [completion()] * 3 + [completion(observation="Two. " * 40)]
    expected = reward_group(PROBLEM, texts, sufficient=[True] * 4, config=config)
    assert [reward.perception and reward.perception.length for reward in expected] == [0.2, 0.2, 0.2, 0.0]
    alone = [reward_completion(PROBLEM, one, sufficient=True, config=config) for one in texts]
    for counts in ([None] * 4, [(600, 700)] * 4):  # words count, whatever the tokens
        assert follow_group(alone, counts, config) == expected


def test_dynamic_length_of_a_group_without_correct_completions_is_the_fixed_one() -> None:
    lengths = [(200, 400)] * 3
    config = RewardConfig(length="dynamic")
    group = [completion(answer="5")] * 3
    assert reward_group(PROBLEM, group, sufficient=[True] * 3, lengths=lengths, config=config) == reward_group(
        PROBLEM, group, sufficient=[True] * 3, lengths=lengths
    )


def test_leak_guard_takes_perception_accuracy_only() -> None:
    text = completion(observation="The answer is 2.")
    guarded = reward_completion(PROBLEM, text, sufficient=True, config=RewardConfig(leak_guard=True))
    assert guarded.perception == ProcessReward(0.0, 1.0, None)
    assert guarded.perception_how.startswith("states the answer")
    assert reward_completion(PROBLEM, text, sufficient=True).perception == ProcessReward(1.0, 1.0, None)


def test_consistency_reward_is_paid_where_think_agrees() -> None:
    config = RewardConfig(consistency_weight=0.1)
    agrees = reward_completion(PROBLEM, completion(think="I see one, then another: 2."), sufficient=True, config=config)
    differs = reward_completion(PROBLEM, completion(think="I see 3."), sufficient=True, config=config)
    assert (agrees.reasoning.consistency, differs.reasoning.consistency) == (0.1, 0.0)
    assert agrees.reasoning.total == pytest.approx(2.1)


def test_rewards_pickle() -> None:
    reward = reward_completion(PROBLEM, completion(), sufficient=True, lengths=(200, 400))
    assert pickle.loads(pickle.dumps(reward)) == reward
    assert pickle.loads(pickle.dumps(PROBLEM)) == PROBLEM


@given(
    st.text(max_size=60),
    st.sampled_from([True, False, None]),
    st.none() | st.tuples(st.integers(0, 999), st.integers(0, 999)),
)
def test_totals_are_in_range_on_any_text(text: str, sufficient: bool | None, lengths: tuple[int, int] | None) -> None:
    for written in (text, completion(text, text, text)):
        reward: Reward = reward_completion(PROBLEM, written, sufficient=sufficient, lengths=lengths)
        assert reward.perception is not None
        for part in (reward.perception, reward.reasoning):
            assert part.format in (0.0, 1.0)
            assert part.total is None or 0.0 <= part.total <= 2.2
