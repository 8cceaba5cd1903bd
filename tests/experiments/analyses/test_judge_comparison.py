"""Judges side by side: measured, read from a calibration, and with the runs trained with each."""

import asyncio
import json
from pathlib import Path

import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.analyses.judge_comparison import (
    compare_judges,
    describe_calibration,
    judge_table,
    read_calibration,
)
from p2r_rewards.experiments.analyses.published import JUDGE_AGREEMENT
from p2r_rewards.judges.agreement import wilson_interval
from p2r_rewards.judges.calibration import Calibration, calibrate
from tests.experiments.analyses.made_runs import right, write_run
from tests.experiments.benchmarks.made_layouts import make_vsi_bench
from tests.judges.test_calibration import ITEMS, Says
from tests.judges.test_calibration import right as judged_right


def measured() -> Calibration:
    judges = {"right": Says(judged_right), "always": Says(lambda item: True), "mute": Says(lambda item: None)}
    return asyncio.run(calibrate(judges, ITEMS, attacks={}))


def test_agreement_worked_by_hand() -> None:
    found = describe_calibration(measured().to_mapping())
    assert [(one["judge"], one["agreement"], one["kappa"]) for one in found] == [
        ("right", 1.0, 1.0),
        ("always", 0.5, 0.0),
        ("mute", None, None),
    ]
    assert found[1]["interval"] == list(wilson_interval(10, 20))
    assert (found[2]["unscored"], found[2]["items"]) == (1.0, 20)


def test_the_table_stands_beside_the_papers(tmp_path: Path) -> None:
    data = make_vsi_bench(tmp_path / "data", clips=False)
    run = write_run(tmp_path / "run", data, right, name="right")
    found = compare_judges(describe_calibration(measured().to_mapping()), [run, run._replace(name="unmeasured")])
    table = judge_table(found)
    rows = {row.model: row.cells for row in table.rows if not row.published}
    assert list(rows) == ["right", "always", "mute", "unmeasured"]
    assert [cell and cell.value for cell in rows["right"][:3]] == [100.0, 100.0, 100.0]
    assert rows["mute"][0] is None
    assert [cell and cell.value for cell in rows["unmeasured"][:3]] == [None, None, 100.0]
    printed = {row.model: row.cells for row in table.rows if row.published}
    assert {name: cells[0] and cells[0].value for name, cells in printed.items()} == {
        name: pytest.approx(100 * share) for name, share in JUDGE_AGREEMENT.items()
    }
    assert [cell and cell.value for cell in printed["Llama-3.1-8B"][2:]] == [
        39.0,
        52.2,
        64.0,
        49.2,
        64.7,
        73.8,
        59.2,
        57.4,
    ]


def test_a_judge_without_a_model_is_called_so() -> None:
    found = compare_judges([{**describe_calibration(measured().to_mapping())[0], "judge": "lexical"}])
    assert any("no model read the observations" in remark for remark in judge_table(found).remarks)


def test_calibrations_are_read_from_what_the_command_prints(tmp_path: Path) -> None:
    path = tmp_path / "calibrated.json"
    path.write_text(json.dumps(measured().to_mapping()))
    assert read_calibration(path) == describe_calibration(measured().to_mapping())
    for text in ("{}", '{"judges": [{"judge": "x"}]}', '{"judges": 3}'):
        path.write_text(text)
        with pytest.raises(DataError, match="is not what p2r-judge calibrate --json prints"):
            read_calibration(path)


def test_what_says_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="give labels"):
        compare_judges([])
    one = describe_calibration(measured().to_mapping())[0]
    with pytest.raises(ConfigError, match="measured twice"):
        compare_judges([one, one])
