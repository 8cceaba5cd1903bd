"""Which questions are asked."""

from typing import Any

import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.answering.choosing import Choice, choose_questions, read_shard
from tests.experiments.answering.made_questions import question

QUESTIONS = [*(question(number) for number in range(10)), *(question(number, task="count") for number in range(5))]


def keys(**choice: Any) -> list[str]:
    return [one.key for one in choose_questions(QUESTIONS, Choice(**choice))]


def test_all_of_them_by_default() -> None:
    assert keys() == [one.key for one in QUESTIONS]


def test_tasks_are_subsets_and_values_of_breakdowns() -> None:
    assert keys(tasks=("count",)) == [f"count/{number}" for number in range(5)]
    assert keys(tasks=("short", "count"))[:5] == [f"pets/{number}" for number in (1, 3, 5, 7, 9)]
    assert len(keys(tasks=("short", "count"))) == 10
    with pytest.raises(ConfigError, match=r"no question is of 'counting'; there are pets, .*short, count"):
        keys(tasks=("counting",))


def test_samples_stay_in_order_and_are_the_same_for_a_seed() -> None:
    every = keys()
    drawn = keys(sample=6, seed=1)
    assert drawn == keys(sample=6, seed=1) != keys(sample=6, seed=2)
    assert drawn == sorted(drawn, key=every.index)
    assert len(set(drawn)) == 6
    assert keys(sample=99) == every


def test_shards_share_the_questions_out() -> None:
    shards = [keys(sample=7, seed=3, shard=(number, 3)) for number in (1, 2, 3)]
    assert [len(one) for one in shards] == [3, 2, 2]
    assert sorted(key for shard in shards for key in shard) == sorted(keys(sample=7, seed=3))
    assert keys(shard=(3, 99)) == ["pets/2"]
    assert keys(limit=1, shard=(2, 2)) == []


@pytest.mark.parametrize(
    "choice",
    [{"limit": 0}, {"sample": 0}, {"limit": 1, "sample": 1}, {"shard": (0, 2)}, {"shard": (3, 2)}, {"shard": (1, 0)}],
)
def test_numbers_that_mean_nothing_are_refused(choice: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Choice(**choice)


@pytest.mark.parametrize("text", ["", "1", "a/b", "1/2/3", "-1/2", "1.0/2", "１/２", "9999999/9999999"])
def test_shards_are_written_as_two_numbers(text: str) -> None:
    with pytest.raises(ConfigError, match="I/N"):
        read_shard(text)
