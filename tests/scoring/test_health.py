import json
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2r_rewards import RewardConfig, pa_grpo_advantages
from p2r_rewards.errors import ConfigError
from p2r_rewards.scoring import fixed_blocks
from p2r_rewards.scoring.health import COLUMNS, Health
from tests.scoring.health_columns import DEFECTS, Columns, cut, drawn, healthy


def examine(columns: Columns, *places: int, **options: object) -> dict:  # type: ignore[type-arg]
    health = Health(DEFECTS, **options)  # type: ignore[arg-type]
    for chunk in cut(columns, list(places)):
        health.add(chunk)
    return health.result()


@given(drawn(), st.lists(st.integers(0, 10**6), max_size=8), st.sampled_from([1, 7, 64]))
@settings(max_examples=60, deadline=None)
def test_chunks_make_no_difference(columns: Columns, places: list[int], block: int) -> None:
    with mock.patch.object(fixed_blocks.FixedBlocks.__init__, "__defaults__", (block,)):
        assert examine(columns, *places) == examine(columns)


@given(drawn())
@settings(max_examples=60, deadline=None)
def test_counts_are_those_of_whole_arrays(columns: Columns) -> None:
    found = examine(columns)
    json.dumps(found, allow_nan=False)
    rows = len(columns["chars"])
    assert found["rows"] == rows
    perception, reasoning = columns["perception_accuracy"], columns["reasoning_accuracy"]
    for name in ("perception_accuracy", "reasoning_reward"):
        known = columns[name][~np.isnan(columns[name])]
        assert found["means"][name] == (pytest.approx(known.mean()) if len(known) else None)
    cells = found["contingency"]
    assert cells["sufficient_right"] == ((perception >= 0.5) & (reasoning >= 0.6)).sum()
    assert cells["insufficient_right"] == ((perception < 0.5) & (reasoning >= 0.6)).sum()
    assert cells["insufficient_wrong"] == ((perception < 0.5) & (reasoning < 0.6)).sum()
    assert cells["sufficient_wrong"] == ((perception >= 0.5) & (reasoning < 0.6)).sum()
    assert found["malformed"] == (columns["defects"] > 0).sum()
    for bit, name in enumerate(DEFECTS):
        assert found["defects"].get(name, 0) == (columns["defects"] & (1 << bit) > 0).sum()
    assert found["leaks"]["rows"] == (columns["leak"] == 1).sum()
    assert found["leaks"]["known"] == (columns["leak"] >= 0).sum()
    assert found["repetition"]["rows"] == (columns["repetition"] >= 0.5).sum()
    assert found["truncated"]["rows"] == columns["truncated"].sum()
    paired = (columns["chosen"] >= 0) & (columns["correct"] >= 0)
    assert found["positions"]["rows"] == paired.sum() == sum(found["positions"]["chosen"])
    flagged = (columns["repetition"] >= 0.5) & ~np.isnan(columns["reasoning_reward"] + columns["reasoning_advantage"])
    earned = columns["reasoning_advantage"][flagged]
    assert found["repetition"]["advantage"] == (pytest.approx(earned.mean()) if len(earned) else None)


@given(drawn())
@settings(max_examples=60, deadline=None)
def test_collapse_and_pass_rates_are_those_of_whole_arrays(columns: Columns) -> None:
    found = examine(columns)
    groups = columns["group"]
    grouped = groups >= 0
    if not grouped.any():
        assert found["collapse"]["groups"] == 0
        return
    collapsed = pa_grpo_advantages(
        columns["perception_reward"][grouped], columns["reasoning_reward"][grouped], groups[grouped]
    ).collapsed
    for name in collapsed.__slots__:
        assert found["collapse"][name] == getattr(collapsed, name)
    rates = []
    for group in np.unique(groups[grouped]):
        own = columns["reasoning_accuracy"][groups == group]
        own = own[~np.isnan(own)]
        if len(own):
            rates.append((own >= 0.6).mean())
    assert found["pass_rate"]["groups"] == len(rates)
    assert found["pass_rate"]["all_wrong"] == rates.count(0.0)
    assert found["pass_rate"]["all_right"] == rates.count(1.0)
    assert found["pass_rate"]["between"] == sum(found["pass_rate"]["histogram"])


@given(drawn())
@settings(max_examples=60, deadline=None)
def test_steps_add_up_to_the_rows_that_have_one(columns: Columns) -> None:
    found = examine(columns)
    steps = columns["step"]
    known = np.isfinite(steps)
    assert [(one["first"], one["last"]) for one in found["steps"]] == [(step, step) for step in np.unique(steps[known])]
    for one in found["steps"]:
        own = steps == one["first"]
        assert one["rows"] == own.sum()
        assert one["malformed"] == (columns["defects"][own] > 0).sum()
        alone = examine({name: values[own] for name, values in columns.items()})
        for part in ("means", "lengths", "leaks", "truncated"):
            assert one[part] == pytest.approx(alone[part])
        assert (one["contingency"], one["defects"]) == (alone["contingency"], alone["defects"])
        assert one["positions"]["distance"] == alone["positions"]["distance"]
    of_step = {}
    for group, step in zip(columns["group"].tolist(), steps.tolist(), strict=True):
        if group >= 0 and np.isfinite(step):
            of_step.setdefault(group, step)
    for one in found["steps"]:
        assert one["collapse"]["groups"] == list(of_step.values()).count(one["first"])


def test_many_steps_share_at_most_200_bins() -> None:
    columns = healthy(5_000)
    columns["step"] = np.arange(5_000.0)
    found = examine(columns, 1, 17, 2_900)
    assert 100 < len(found["steps"]) <= 200
    assert sum(one["rows"] for one in found["steps"]) == 5_000
    assert sum(one["collapse"]["groups"] for one in found["steps"]) == found["collapse"]["groups"]
    assert {one["last"] - one["first"] for one in found["steps"][:-1]} == {31.0}


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_rows(rows: int) -> None:
    found = examine(healthy(rows))
    assert found["rows"] == rows
    assert found["findings"] == []
    assert found["reward_by_length"]["perception"]["pearson"] is None
    json.dumps(found, allow_nan=False)


def test_nothing_known() -> None:
    columns = {
        name: np.full(
            500, np.nan if np.issubdtype(kind, np.floating) else -1 if np.issubdtype(kind, np.signedinteger) else 0
        ).astype(kind)
        for name, kind in COLUMNS.items()
    }
    found = examine(columns)
    assert found["findings"] == found["steps"] == []
    assert (found["collapse"]["groups"], found["pass_rate"]["groups"], found["positions"]["rows"]) == (0, 0, 0)
    assert set(found["means"].values()) == {None}
    assert found["length_quantiles"]["reasoning"]["all"]["p50"] is None


def test_a_healthy_run_gives_no_sign() -> None:
    found = examine(healthy(20_000))
    assert found["findings"] == []


def collapse(columns: Columns) -> None:
    columns["perception_reward"][:] = np.where(columns["group"] % 2, 1.0, columns["perception_reward"])


def too_hard(columns: Columns) -> None:
    columns["reasoning_accuracy"][columns["group"] % 5 > 0] = 0.0


def leak(columns: Columns) -> None:
    columns["leak"][::10] = 1
    columns["perception_advantage"][::10] = 0.8


def loop(columns: Columns) -> None:
    columns["repetition"][::10] = 0.9
    columns["reasoning_advantage"][::10] = 0.5


def unrelated(columns: Columns) -> None:
    columns["perception_accuracy"] = np.roll(columns["perception_accuracy"], 3)


def without_evidence(columns: Columns) -> None:
    columns["perception_accuracy"][(columns["reasoning_accuracy"] == 1) & (np.arange(len(columns["step"])) % 4 > 0)] = 0


def malformed(columns: Columns) -> None:
    columns["defects"][::5] = 4


def cut_off(columns: Columns) -> None:
    columns["truncated"][::10] = True


def long_winded(columns: Columns) -> None:
    columns["reasoning_count"] = (400 + 40 * columns["reasoning_reward"]).astype(np.int32)


def out_of_band(columns: Columns) -> None:
    columns["perception_count"] += 300


def first_option(columns: Columns) -> None:
    columns["chosen"][::4] = 0


def malformed_late(columns: Columns) -> None:
    columns["defects"][-3_000::2] = 1


def longer_late(columns: Columns) -> None:
    columns["chars"][-5_000:] *= 3


@pytest.mark.parametrize(
    ("plant", "sign"),
    [
        (collapse, "perception collapsed in 50% of groups"),
        (too_hard, "of prompts are answered all wrong"),
        (leak, "10% of observations state the answer without evidence"),
        (leak, "leaking is rewarded: such completions have a mean advantage of +0.80"),
        (loop, "10% of completions repeat themselves"),
        (loop, "repeating is rewarded"),
        (cut_off, "10% of completions are cut off"),
        (unrelated, "sufficient observations and right answers hardly go together"),
        (without_evidence, "of right answers come with an insufficient observation"),
        (malformed, "20% of completions are malformed, most often: missing answer"),
        (long_winded, "reasoning reward and tokens hang together within groups: r +"),
        (out_of_band, "right answers have a perception length in 128-320 tokens; 10th to 90th percentile: 4"),
        (first_option, "option A is chosen in"),
        (malformed_late, "malformed completions rose from 0% to 30%"),
        (longer_late, "completions grew from"),
    ],
)
def test_planted_pathologies_are_found(plant: object, sign: str) -> None:
    columns = healthy(20_000)
    plant(columns)  # type: ignore[operator]
    findings = examine(columns)["findings"]
    assert any(sign in finding for finding in findings), findings
    assert len(findings) <= 3  # and little else


def test_bands_and_tie_are_the_configuration_s() -> None:
    columns = healthy(2_000)
    columns["reasoning_reward"] += np.random.default_rng(0).random(2_000) * 1e-3
    columns["perception_reward"] = np.ones(2_000) + np.arange(2_000) % 2 * 1e-3
    config = RewardConfig(perception_band=(1, 2), length="off", length_unit="words", advantage_tie=2e-3)
    found = examine(columns, config=config)
    assert found["length_quantiles"]["perception"]["band"] is None
    assert found["length_unit"] == "words"
    assert found["collapse"]["perception"] == 250
    assert examine(columns)["collapse"]["perception"] == 0
    fixed = examine(columns, config=RewardConfig(perception_band=(1, 2)))["length_quantiles"]["perception"]
    assert (fixed["band"], fixed["right_in_band"]) == ([1, 2], 0.0)


def test_errors_name_the_column() -> None:
    health = Health(DEFECTS)
    columns = healthy(3)
    with pytest.raises(ConfigError, match="'chosen' is missing"):
        health.add({name: values for name, values in columns.items() if name != "chosen"})
    with pytest.raises(ConfigError, match=r"'step' has shape \(2,\), not \(3,\)"):
        health.add({**columns, "step": columns["step"][:2]})
    with pytest.raises(ConfigError, match="33 names"):
        Health(["x"] * 33)
    health.add(columns)
    assert health.result()["rows"] == 3
    assert health.result() is health.result()
    with pytest.raises(ConfigError, match="has been taken"):
        health.add(columns)


def test_the_caller_s_arrays_may_be_written_over() -> None:
    columns = healthy(100)
    health = Health(DEFECTS)
    health.add(columns)
    wanted = examine(healthy(100))
    for values in columns.values():
        values[:] = 0
    assert health.result() == wanted


def test_pass_rates_hold_all_rows() -> None:
    health = Health(DEFECTS)
    health.add(healthy(100))  # less than a block
    assert len(health.pass_rates) == 13
    assert health.result()["pass_rate"]["groups"] == 13
