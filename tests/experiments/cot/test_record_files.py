"""Outputs by name: four formats, the same bytes for the same records, whole or not at all."""

from __future__ import annotations

import gzip
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.cot.record_files import SUFFIXES, RecordFiles, shard_path
from p2r_rewards.experiments.cot.rows import Shard, read_cot_rows, read_shard
from p2r_rewards.trainers.data.training_rows import RowFault, TrainingRow

RECORDS: list[dict[str, Any]] = [
    {"a": 1, "t": "é\x1b\x00</script>"},
    {"a": float("nan")},
    {"a": "\ud800"},
    {"a": 10**30},
]
READ = [{"a": 1, "t": "é\x1b\x00</script>"}, {"a": "NaN"}, {"a": "\\ud800"}, {"a": 10**30}]


def write(path: Path, records: list[dict[str, Any]], **options: Any) -> list[Path]:
    with ExitStack() as stack:
        files = RecordFiles(path, stack, **options)
        for record in records:
            files.write(record)
        files.commit()
    return files.paths


def read(path: Path) -> list[Any]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.name.endswith(".gz") else data).decode()
    return [json.loads(line) for line in text.splitlines()] if ".jsonl" in path.name else json.loads(text)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("count", [0, 1, 4])
def test_formats(tmp_path: Path, suffix: str, count: int) -> None:
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    for path in (one, two):
        write(path, RECORDS[:count])
    assert read(one) == READ[:count]
    assert one.read_bytes() == two.read_bytes(), "no name and no time is in them"


@pytest.mark.parametrize(("count", "parts"), [(0, [0]), (3, [3]), (4, [3, 1]), (6, [3, 3])])
def test_parts(tmp_path: Path, count: int, parts: list[int]) -> None:
    paths = write(tmp_path / "cot.json.gz", [{"n": number} for number in range(count)], part_records=3)
    assert [path.name for path in paths] == [f"cot-part-{number + 1:05d}.json.gz" for number in range(len(parts))]
    assert [len(read(path)) for path in paths] == parts


def test_parts_of_a_run_before_are_told_of(tmp_path: Path) -> None:
    write(tmp_path / "cot[1].jsonl", RECORDS, part_records=1)
    with ExitStack() as stack:
        files = RecordFiles(tmp_path / "cot[1].jsonl", stack, 3)
        for record in RECORDS:
            files.write(record)
        files.commit()
    assert [path.name for path in files.left_over()] == ["cot[1]-part-00003.jsonl", "cot[1]-part-00004.jsonl"]


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    with ExitStack() as stack:
        files = RecordFiles(tmp_path / "out.json.gz", stack, 1)
        for record in RECORDS:
            files.write(record)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["out.parquet", "out", ".json", "out.json.zst"])
def test_names_without_a_format(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="ends in"), ExitStack() as stack:
        RecordFiles(tmp_path / name, stack)


def test_an_output_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "out.json").mkdir()
    with pytest.raises(DataError, match="not a regular file"), ExitStack() as stack:
        RecordFiles(tmp_path / "out.json", stack)


@pytest.mark.parametrize("text", ["", "0/4", "5/4", "1/0", "1", "a/b", "1/4/2", "-1/4", "１/４"])
def test_shards_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match="I/N"):
        read_shard(text)


def test_shards_take_each_row_once(tmp_path: Path) -> None:
    taken = [number for index in range(1, 5) for number in range(1, 100) if Shard(index, 4).takes(number)]
    assert sorted(taken) == list(range(1, 100))
    assert shard_path(Path("a/b.jsonl.gz"), Shard(3, 4)) == Path("a/b-00003-of-00004.jsonl.gz")
    assert shard_path(Path("a/b.jsonl.gz"), Shard()) == Path("a/b.jsonl.gz")


def test_rows_are_read_with_their_records_and_places(tmp_path: Path) -> None:
    good = {"problem": "How many?", "problem_type": "numerical", "solution": "2", "path": "a.mp4", "data_type": "video"}
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join([json.dumps({**good, "mine": 7}), "not json", json.dumps({"problem_id": 3})]) + "\n")
    rows = list(read_cot_rows([str(path)], "process-aware-cot"))
    assert [row.place for row in rows] == [f"{path}:{line}" for line in (1, 2, 3)]
    assert isinstance(rows[0].row, TrainingRow)
    assert rows[0].record["mine"] == 7
    assert [row.row.kind for row in rows[1:] if isinstance(row.row, RowFault)] == ["unreadable record", "no question"]
    assert len(list(read_cot_rows([str(path)], "process-aware-cot", limit=2))) == 2
