import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.rollouts.columns import NUMBER_COLUMNS
from p2r_rewards.scoring.diff import CHUNK_ROWS, diff_runs

Rows = list[dict[str, Any]]
STAMP = {"version": "1", "config": {"mode": "default", "grading": {"ocr_case": "fold"}}, "fields": {}}


def scored(count: int, **changes: Any) -> Rows:
    generator = random.Random(0)
    return [
        {
            "completion": f"text {number}",
            "problem_id": number,
            **{name: round(generator.random(), 3) for name in NUMBER_COLUMNS},
            "grade_how": "option B",
            "unscored": None,
            "defects": [],
            **changes,
        }
        for number in range(count)
    ]


def write(path: Path, rows: Rows, stamp: dict[str, Any] | None = STAMP) -> Path:
    if path.suffix == ".parquet":
        table = pa.Table.from_pylist(rows)
        metadata = {b"p2r_rewards": json.dumps(stamp).encode()} if stamp is not None else {}
        pq.write_table(table.replace_schema_metadata(metadata), path, row_group_size=700)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        if stamp is not None:
            Path(f"{path}.provenance.json").write_text(json.dumps(stamp))
    return path


FORMATS = [("a.jsonl", "b.jsonl"), ("a.jsonl", "b.parquet"), ("a.parquet", "b.jsonl"), ("a.parquet", "b.parquet")]


@pytest.mark.parametrize("names", FORMATS)
def test_the_same_run_in_any_format(tmp_path: Path, names: tuple[str, str]) -> None:
    rows = scored(2 * CHUNK_ROWS + 3)
    rows[5]["perception_accuracy"] = None
    found = diff_runs(*(write(tmp_path / name, rows) for name in names))
    assert found["same"]
    assert (found["rows"], found["settings"], found["without_stamp"]) == (len(rows), [], [])
    assert found["compared_by"] == ["completion", "problem_id"]
    assert not any(one["changed"] for part in ("numbers", "texts") for one in found[part].values())
    known = [row["perception_accuracy"] for row in rows if row["perception_accuracy"] is not None]
    for side in ("mean_before", "mean_after"):
        assert found["numbers"]["perception_accuracy"][side] == pytest.approx(sum(known) / len(known))


@pytest.mark.parametrize("names", FORMATS)
def test_changes_are_counted_and_the_largest_named(tmp_path: Path, names: tuple[str, str]) -> None:
    before, after = scored(5_000), scored(5_000)
    for row, value in ((4_999, 0.5), (10, 0.5), (2_500, -3.0), (7, 0.125)):
        before[row]["reasoning_reward"] = 0.25
        after[row]["reasoning_reward"] = before[row]["reasoning_reward"] + value
    after[11]["reasoning_reward"] = before[11]["reasoning_reward"] + 1e-12  # within the tolerance
    before[20]["reasoning_accuracy"] = None
    after[21]["reasoning_accuracy"] = None
    before[22]["reasoning_accuracy"] = after[22]["reasoning_accuracy"] = None
    after[30]["grade_how"] = "\x1b[31mred"
    after[31]["defects"] = ["missing answer"]
    found = diff_runs(write(tmp_path / names[0], before), write(tmp_path / names[1], after), show=3)
    assert not found["same"]
    reward = found["numbers"]["reasoning_reward"]
    assert reward["changed"] == 4
    assert [one["row"] for one in reward["largest"]] == [2_501, 11, 5_000]
    assert reward["largest"][0]["after"] == pytest.approx(before[2_500]["reasoning_reward"] - 3)
    accuracy = found["numbers"]["reasoning_accuracy"]
    assert (accuracy["changed"], accuracy["scored_only_after"], accuracy["scored_only_before"]) == (2, 1, 1)
    assert accuracy["largest"][0] == {"row": 21, "before": None, "after": after[20]["reasoning_accuracy"]}
    assert found["texts"]["grade_how"]["first"] == [{"row": 31, "before": "option B", "after": "\x1b[31mred"}]
    assert found["texts"]["defects"] == {
        "changed": 1,
        "first": [{"row": 32, "before": "[]", "after": "['missing answer']"}],
    }
    json.dumps(found)


def test_tolerance_and_texts(tmp_path: Path) -> None:
    before, after = scored(10), scored(10, grade_how="other words")
    after[3]["perception_reward"] += 0.01
    files = write(tmp_path / "a.jsonl", before), write(tmp_path / "b.jsonl", after)
    assert diff_runs(*files, tolerance=0.011)["same"]  # numbers decide, wording does not
    found = diff_runs(*files, show=0)
    assert not found["same"]
    assert found["numbers"]["perception_reward"]["largest"] == found["texts"]["grade_how"]["first"] == []


def test_settings(tmp_path: Path) -> None:
    other = {"version": "2", "config": {"mode": "default", "grading": {"ocr_case": "match"}, "new": [1]}, "fields": {}}
    files = write(tmp_path / "a.jsonl", scored(1)), write(tmp_path / "b.parquet", scored(1), other)
    found = diff_runs(*files)
    assert found["same"]
    assert found["settings"] == [
        {"setting": "version", "before": "1", "after": "2"},
        {"setting": "config.grading.ocr_case", "before": "fold", "after": "match"},
        {"setting": "config.new", "before": None, "after": "[1]"},
    ]
    assert diff_runs(files[0], write(tmp_path / "c.parquet", scored(1), None))["without_stamp"] == [
        str(tmp_path / "c.parquet")
    ]


def test_columns_of_the_user_s_own_tell_rows_apart(tmp_path: Path) -> None:
    stamp = {**STAMP, "fields": {"completion": ["text"]}}
    before = [{"text": row.pop("completion"), **row, "problem_id": 0} for row in scored(3)]
    after = [dict(row) for row in before]
    files = write(tmp_path / "a.jsonl", before, stamp), write(tmp_path / "b.jsonl", after, stamp)
    assert diff_runs(*files)["compared_by"] == ["text", "problem_id"]
    after[1]["text"] = "another"
    with pytest.raises(DataError, match="row 2: text is 'text 1' in"):
        diff_runs(files[0], write(files[1], after, stamp))


@pytest.mark.parametrize(
    ("value", "as_text"),
    [
        ([{"role": "user", "content": "hi", "name": None}], [{"role": "user", "content": "hi"}]),
        ([{"role": "user"}], '[{"role":"user"}]'),
        ("a \ud800", "a \\ud800"),
        (float("nan"), None),
        ("1", "1"),
        (3, "3"),
    ],
)
def test_values_that_a_format_writes_otherwise_are_the_same(tmp_path: Path, value: Any, as_text: Any) -> None:
    before, after = scored(2), scored(2)
    before[0]["completion"], after[0]["completion"] = value, as_text
    assert diff_runs(write(tmp_path / "a.jsonl", before), write(tmp_path / "b.jsonl", after))["same"]


@pytest.mark.parametrize("names", FORMATS)
def test_other_rollouts_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    rows = scored(3_000)
    first = write(tmp_path / names[0], rows)
    with pytest.raises(DataError, match=r"ends after 2,999 rows and .* does not"):
        diff_runs(first, write(tmp_path / names[1], rows[:-1]))
    swapped = [*rows[:2_500], rows[2_501], rows[2_500], *rows[2_502:]]
    with pytest.raises(DataError, match=r"row 2,501: completion is 'text 2500' in .* and 'text 2501' in"):
        diff_runs(first, write(tmp_path / names[1], swapped))


def test_what_can_t_be_compared(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", scored(1))
    for name, text, message in (
        ("plain.jsonl", '{"completion": "a"}\n', "has no column 'perception_accuracy'"),
        ("empty.jsonl", "\n", "holds no rows"),
        ("broken.jsonl", good.read_text() + "{\n", "broken.jsonl, line 2: is not JSON"),
        ("list.jsonl", "[1]\n", "line 1: is not an object"),
        ("half.parquet", "PAR1 and no more", "half.parquet: can't be read"),
        ("text.jsonl", json.dumps(scored(1, reasoning_reward="high")[0]), "row 1: reasoning_reward is 'high'"),
        ("other.jsonl", json.dumps({name: 1.0 for name in NUMBER_COLUMNS}), "no column with completions, ids or"),
        ("nowhere.jsonl", None, "nowhere.jsonl: can't be read: No such file"),
    ):
        if text is not None:
            (tmp_path / name).write_text(text)
        with pytest.raises(DataError, match=message):
            diff_runs(good, tmp_path / name)
    Path(f"{good}.provenance.json").write_text("[")
    with pytest.raises(DataError, match="provenance is no JSON object"):
        diff_runs(good, good)


@pytest.mark.parametrize("tolerance", [-1.0, float("nan"), float("inf")])
def test_bad_tolerance(tmp_path: Path, tolerance: float) -> None:
    with pytest.raises(ConfigError, match="tolerance must be"):
        diff_runs(tmp_path, tmp_path, tolerance=tolerance)
    with pytest.raises(ConfigError, match="show must be"):
        diff_runs(tmp_path, tmp_path, show=-1)
