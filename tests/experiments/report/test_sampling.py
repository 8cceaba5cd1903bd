import numpy as np
import pytest

from p2r_rewards.experiments.report.sampling import choose_rows


def test_all_rows_where_they_fit() -> None:
    assert choose_rows(np.array([0, -1, 0], np.int32), most=3).tolist() == [0, 1, 2]


def test_groups_are_whole_and_in_order() -> None:
    groups = np.random.default_rng(1).integers(0, 200, 1_000).astype(np.int32)
    chosen = choose_rows(groups, most=100)
    assert (np.diff(chosen) > 0).all()
    assert 80 < len(chosen) <= 100
    for group in set(groups[chosen].tolist()):
        assert (groups[chosen] == group).sum() == (groups == group).sum()


def test_every_group_has_the_same_chance() -> None:
    groups = np.repeat(np.arange(50, dtype=np.int32), 4)
    drawn = np.zeros(50)
    for seed in range(400):
        drawn[np.unique(groups[choose_rows(groups, most=40, seed=seed)])] += 1
    assert drawn.sum() == 400 * 10
    assert abs(drawn - 80).max() < 40  # five standard deviations


def test_rows_without_a_group_are_drawn_one_by_one() -> None:
    chosen = choose_rows(np.full(100, -1, np.int32), most=10)
    assert len(chosen) == 10
    mixed = np.array([0] * 50 + [-1] * 50, np.int32)
    assert (mixed[choose_rows(mixed, most=20)] == -1).all() or len(choose_rows(mixed, most=20)) == 20


def test_one_group_that_is_too_large_is_cut() -> None:
    assert choose_rows(np.zeros(100, np.int32), most=7).tolist() == list(range(7))


@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_draws_the_same(seed: int) -> None:
    groups = np.repeat(np.arange(50, dtype=np.int32), 4)
    one, two = (choose_rows(groups, most=40, seed=seed).tolist() for _ in range(2))
    assert one == two
    assert one != choose_rows(groups, most=40, seed=seed + 2).tolist()
