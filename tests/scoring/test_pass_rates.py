import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2r_rewards.errors import ConfigError
from p2r_rewards.scoring.pass_rates import QUESTION_CHARS, GroupIdentity, PassRates
from tests.scoring.health_columns import Columns, cut, drawn

NAN = float("nan")
COLUMNS: Columns = {
    "group": np.array([0, 1, 0, 1, 2, 3, -1, 3]),
    "reasoning_accuracy": np.array([1.0, 0.0, 0.0, 0.2, NAN, 0.7, 1.0, 1.0]),
    "perception_reward": np.array([1.0, 1.0, 1.0, 1.0, 2.0, NAN, 1.0, NAN]),
    "reasoning_reward": np.array([2.0, 1.0, 1.0, 1.0, NAN, 1.7, 2.0, 2.0]),
}


def identities(count: int) -> list[tuple[int, GroupIdentity]]:
    return [(code, GroupIdentity(f"p{code}", "Why? " * 100, "a.jsonl", code + 1)) for code in range(count)]


def rates_of(columns: Columns) -> PassRates:
    rates = PassRates()
    rates.add(columns)
    return rates


def test_rows() -> None:
    rows = list(rates_of(COLUMNS).rows(identities(4)))
    assert rows[0] == {
        "group": 0,
        "problem_id": "p0",
        "question": ("Why? " * 100)[:QUESTION_CHARS],
        "file": "a.jsonl",
        "line": 1,
        "rollouts": 2,
        "scored": 2,
        "pass_rate": 0.5,
        "perception_mean": 1.0,
        "reasoning_mean": 1.5,
        "collapsed": ["perception"],
    }
    assert [row["pass_rate"] for row in rows] == [0.5, 0.0, None, 1.0]
    assert [row["collapsed"] for row in rows[1:]] == [
        ["perception", "reasoning", "sum"],
        ["perception", "reasoning", "sum"],  # one rollout only
        ["perception", "sum"],
    ]
    assert rows[3]["perception_mean"] is None


@pytest.mark.parametrize(("bounds", "kept"), [((0, 1), [0]), ((0, 0.5), []), ((0.4, 0.6), [0]), (None, [0, 1, 2, 3])])
def test_dynamic_sampling(bounds: tuple[float, float] | None, kept: list[int]) -> None:
    assert [row["group"] for row in rates_of(COLUMNS).rows(identities(4), keep_between=bounds)] == kept


@pytest.mark.parametrize("name", ["rates.jsonl", "rates.parquet"])
def test_files(tmp_path: Path, name: str) -> None:
    odd = [(0, GroupIdentity(7, "\ud800 [red]", "a\nb", 1)), (2, GroupIdentity(None, None, "a", 2))]
    assert rates_of(COLUMNS).write(tmp_path / name, odd) == 2
    if name.endswith(".parquet"):
        rows = pq.read_table(tmp_path / name).to_pylist()
    else:
        rows = [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]
    assert [row["problem_id"] for row in rows] == ["7", None]
    assert rows[0]["question"] == "\\ud800 [red]"
    assert rows == list(rates_of(COLUMNS).rows(odd))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_errors(tmp_path: Path) -> None:
    rates = rates_of(COLUMNS)
    with pytest.raises(ConfigError, match=r"must end in \.jsonl or \.parquet"):
        rates.write(tmp_path / "rates.csv", [])
    for bounds in ((1, 0), (0.5, 0.5), (-1, 1), (0, NAN)):
        with pytest.raises(ConfigError, match="0 <= low < high <= 1"):
            rates.write(tmp_path / "rates.jsonl", [], keep_between=bounds)
    with pytest.raises(ConfigError, match="there is no group 4"):
        rates.write(tmp_path / "rates.jsonl", identities(5))
    assert list(tmp_path.iterdir()) == []


def test_nothing() -> None:
    rates = PassRates()
    assert list(rates.rows([])) == []
    assert len(rates.pass_rates()) == len(rates.collapsed("sum")) == 0


@given(drawn(), st.lists(st.integers(0, 10**6), max_size=8))
@settings(deadline=None)
def test_any_cut_gives_the_numbers_of_the_whole(columns: Columns, places: list[int]) -> None:
    rates, whole = PassRates(), rates_of(columns)
    for chunk in cut(columns, places):
        rates.add(chunk)
    known = [(code, identity) for code, identity in identities(7) if code < len(whole) and whole.exists[code]]
    found = list(rates.rows(known))
    assert found == list(whole.rows(known))
    for row in found:
        own = columns["group"] == row["group"]
        accuracy = columns["reasoning_accuracy"][own]
        assert row["rollouts"] == own.sum()
        assert row["scored"] == (~np.isnan(accuracy)).sum()
        assert row["pass_rate"] == ((accuracy >= 0.6).sum() / row["scored"] if row["scored"] else None)
        perception = columns["perception_reward"][own]
        perception = perception[~np.isnan(perception)]
        assert row["perception_mean"] == (pytest.approx(perception.mean()) if len(perception) else None)
        assert ("perception" in row["collapsed"]) == (len(perception) < 2 or np.ptp(perception) <= 1e-6)
