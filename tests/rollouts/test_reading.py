import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.rollouts import chunks, find_sources, read_batches, unpacking
from p2r_rewards.rollouts.json_lines import read_json_lines
from p2r_rewards.rollouts.json_list import list_elements, read_elements

ROWS: list[dict[str, Any]] = [{"completion": "a ]}\"' \\ b", "n": 1}, {"completion": "中\n", "n": [2, {"x": None}]}]


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def read(path: Path) -> list[dict[str, Any]]:
    (source,) = find_sources([str(path)]).files
    return [row for batch in read_batches(source, list) for row in batch.rows]


def zstd(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "content",
    [
        lines(ROWS),
        b"\xef\xbb\xbf" + lines(ROWS),
        b"\n\n" + lines(ROWS).replace(b"\n", b"\r\n\r\n"),
        lines(ROWS).rstrip(),
        json.dumps(ROWS).encode(),
        json.dumps(ROWS, indent=2).encode(),
        json.dumps({"results": ROWS, "final_acc": 0.5}).encode(),
        json.dumps({"results": ROWS}, indent=1).encode(),
        gzip.compress(lines(ROWS), mtime=0),
        gzip.compress(json.dumps(ROWS).encode(), mtime=0),
        zstd(lines(ROWS)),
    ],
)
def test_content_tells_the_format(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rollouts.bin"  # the name says nothing
    path.write_bytes(content)
    assert read(path) == ROWS


def test_parquet(tmp_path: Path) -> None:
    rows = [{"completion": "a", "n": 1}, {"completion": "b", "n": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.jsonl")
    assert read(tmp_path / "x.jsonl") == rows


def test_folder_is_read_by_name_and_by_content(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.txt").write_bytes(lines([{"n": 2}]))
    (tmp_path / "a.json").write_bytes(json.dumps([{"n": 1}]).encode())
    (tmp_path / "notes.md").write_text("# notes")
    (tmp_path / ".hidden.jsonl").write_bytes(lines([{"n": 3}]))
    (tmp_path / "out.jsonl.rejects.jsonl").write_bytes(lines([{"n": 4}]))
    sources = find_sources([str(tmp_path)])
    assert [Path(source.name).name for source in sources.files] == ["a.json", "b.txt"]
    assert [name for name in sources.passed_over if "notes.md" in name]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"hello", "is neither JSON Lines"),
        (b"\x80\x04\x95", "is a pickle"),
        ('{"a": 1}'.encode("utf-16"), "is UTF-16"),
        (gzip.compress(lines(ROWS) * 50, mtime=0)[:60], "cut off or broken"),
        (b"\x1f\x8bgarbage, not gzip", "cut off or broken"),
        (b"PAR1 and nothing more", "can't be read as Parquet"),
        (gzip.compress(b"PAR1....", mtime=0), "unpack it first"),
        (json.dumps(ROWS).encode()[:-1], "without its ]"),
        (b'[{"completion": "a', "without its ]"),
        (json.dumps(ROWS).encode() + b"[]", "something stands after the list"),
        (b'[{"n": 1} {"n": 2}]', "no comma after element 1"),
        (b'[{"n": 1}, {"n": 2} x, {"n": 3}]', "no comma after element 2"),
        (b'[,{"n": 1}]', "an element is missing after element 0"),
        (b'[{"n": 1},, {"n": 2}]', "an element is missing after element 1"),
        (b'[{"n": 1} , ]', "an element is missing after element 1"),
        (b'{"results": [{"n": 1}]', "after the list of results is not JSON"),
        (b'{"results": [{"n": 1}], "more": [1, ', "after the list of results is not JSON"),
        (b'{"results": [{"n": 1}], "more":\n 1} {"n": 2}', "after the list of results is not JSON"),
    ],
)
def test_broken_files(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "rollouts"
    path.write_bytes(content)
    with pytest.raises(DataError, match=reason) as caught:
        read(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a": 1}'.encode("utf-16"), "is UTF-16"),
        ('{"a": 1}'.encode("utf-16-be"), "is UTF-16"),
        (b"\x80\x04\x95", "is a pickle"),
    ],
)
def test_content_is_looked_at_before_the_name(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=reason):
        read(tmp_path / name)


def test_rows_that_begin_with_results_are_rows(tmp_path: Path) -> None:
    rows = [{"results": [{"n": 1}], "completion": "a"}, {"results": [], "completion": "b"}, {"completion": "c"}]
    (tmp_path / "x").write_bytes(lines(rows))
    assert read(tmp_path / "x") == rows


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("b.txt", gzip.compress(lines(ROWS) * 50, mtime=0)[:60], "cut off or broken"),
        ("b.bin", zstd(lines(ROWS))[:20], "cut off or broken"),
        ("b.txt", '{"a": 1}'.encode("utf-16"), "is UTF-16"),
        ("b.jsonl", b"", "is empty"),
        ("b.parquet", b"PK\x03\x04", "is a pickle or an archive"),
        ("b.json", b"hello", "is neither JSON Lines"),
        ("b.jsonl.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("b", gzip.compress(b"PAR1....", mtime=0), "unpack it first"),
    ],
)
def test_broken_data_in_a_folder_are_an_error(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines(ROWS))
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=reason) as caught:
        find_sources([str(tmp_path)])
    assert name in str(caught.value)


def test_what_is_no_data_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines(ROWS))
    for name, content in [("_SUCCESS", b""), ("README.txt", b"hi"), ("p.png", b"\x89PNG"), ("m.pt", b"PK\x03\x04")]:
        (tmp_path / name).write_bytes(content)
    sources = find_sources([str(tmp_path)])
    assert (len(sources.files), len(sources.passed_over)) == (1, 4)


def test_a_dangling_link_in_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines(ROWS))
    (tmp_path / "b.jsonl").symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"b\.jsonl: can't be read: No such file"):
        find_sources([str(tmp_path)])


def test_a_file_given_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").write_bytes(lines(ROWS))
    (tmp_path / "link").symlink_to(tmp_path / "a.jsonl")
    for again in ("a.jsonl", "./a.jsonl", str(tmp_path), "link"):
        with pytest.raises(ConfigError, match=r"is given twice"):
            find_sources(["a.jsonl", again])


def test_missing_file_and_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        find_sources([str(tmp_path / "nowhere")])
    with pytest.raises(DataError, match="holds no file of rollouts"):
        find_sources([str(tmp_path)])


def test_decompression_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "GRACE_BYTES", 100_000)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b'{"a": "' + b" " * 10_000_000))
    with pytest.raises(DataError, match="expands to more than"):
        read(path)


def test_unreadable_lines_keep_their_number_and_the_rest_is_read() -> None:
    text = b'{"n": 1}\n\nnot json\n[1]\n"text"\n{"n": 2}\n' + b'{"a": "' + b"x" * 200 + b'"}\n{"n": 3}'
    (batch,) = read_json_lines(io.BytesIO(text), "f", max_line=100)
    assert [row["n"] for row in batch.rows] == [1, 2, 3]
    assert [(place.line, place.rank) for place in batch.places] == [(1, 0), (6, 4), (8, 6)]
    assert [(reject.line, reject.reason[:12]) for reject in batch.rejects] == [
        (3, "is not JSON:"),
        (4, "is a list, n"),
        (5, "is a string,"),
        (7, "is longer th"),
    ]
    assert all(len(reject.raw) <= 200 for reject in batch.rejects)


def test_list_elements_that_are_no_objects_are_rejects() -> None:
    (batch,) = read_elements(list_elements(io.BytesIO(b'[{"n": 1}, 2, "x", [3], {"n": NaN}, {"n": 4}]'), "f"), "f")
    assert [place.line for place in batch.places] == [1, 5, 6]
    assert [reject.line for reject in batch.rejects] == [2, 3, 4]
    assert batch.raw[1] is None  # NaN can't be copied out


@settings(max_examples=40)
@given(
    st.lists(
        st.dictionaries(st.text(max_size=5), st.text(max_size=30) | st.lists(st.integers()), max_size=4), max_size=8
    ),
    st.sampled_from([None, 1]),
    st.integers(1, 40),
)
def test_lists_are_read_across_any_chunk_borders(rows: list[dict[str, Any]], indent: int | None, chunk: int) -> None:
    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(chunk)

    stream = Dribble(b"[" + b" " * chunk + json.dumps(rows, indent=indent).encode().lstrip(b"["))
    batches = list(read_elements(list_elements(stream, "f"), "f", batch_rows=3))
    assert [row for batch in batches for row in batch.rows] == rows


def test_the_log_of_easyr1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = "[prompt] How many {0}?\n[output] <answer>{0}</answer>\n[ground_truth] {0}\n[score] 1.0\n\n"
    text = "".join(block.format(number) for number in range(4))
    text += "[prompt] a\n[output] b\n[output] c\n[ground_truth] d\n[score] 1.0\n\n" + block.format(9)
    (tmp_path / "generations.log").write_text(text)
    (source,) = find_sources([str(tmp_path / "generations.log")]).files
    found = []
    for size in (1, 100, 4_000_000):
        monkeypatch.setattr(chunks, "CHUNK_BYTES", size)
        batches = list(read_batches(source))
        rows = [
            (row["ground_truth"], place)
            for batch in batches
            for row, place in zip(batch.rows, batch.places, strict=True)
        ]
        found.append((rows, [(reject.line, reject.reason) for batch in batches for reject in batch.rejects]))
    assert found[0] == found[1] == found[2]
    assert [(gold, place.line) for gold, place in found[0][0]][:3] == [("0", 1), ("1", 6), ("2", 11)]
    assert next(line for line, _ in found[0][1]) == 21


def test_a_repeated_line_of_columns_is_a_reject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [json.dumps({"step": [str(n)] * 2, "prompt": ["a", "a"], "completion": ["b", "c"]}) for n in (1, 2, 3)]
    path = tmp_path / "completions.jsonl"
    path.write_text("\n".join([*steps, steps[-1], ""]))
    (source,) = find_sources([str(path)]).files
    for size in (1, 4_000_000):
        monkeypatch.setattr(chunks, "CHUNK_BYTES", size)
        batches = list(read_batches(source))
        assert [row["step"] for batch in batches for row in batch.rows] == ["1", "1", "2", "2", "3", "3"]
        assert [(one.line, one.reason[:11]) for batch in batches for one in batch.rejects] == [(4, "repeats the")]


def test_the_step_in_the_name_of_a_nemo_rl_file(tmp_path: Path) -> None:
    path = tmp_path / "val_data_step7.jsonl"
    messages = [{"role": "user", "content": "How many?"}, {"role": "assistant", "content": "<answer>2</answer>"}]
    path.write_text(json.dumps({"content": [messages], "rewards": [1.0], "idx": 0}) + "\n")
    assert [(row["step"], row["rewards"]) for row in read(path)] == [(7, 1.0)]
