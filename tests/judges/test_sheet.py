"""Sheets to label: any text survives the way out and back, and strata are drawn alike."""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from p2r_rewards.judges.labels import read_labels
from p2r_rewards.judges.observed_rows import ObservedRow
from p2r_rewards.judges.sheet import COLUMNS, Sample, draw_sample, share_out, write_sheet
from p2r_rewards.judges.verdict import JudgeItem
from p2r_rewards.problem import Problem

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(str.strip)
HOSTILE = TEXT | st.sampled_from(["=1+1", "'=x", "''", "-", "\r\nx", 'a"b,c', "a\u2028b", "\x00", "\ufeff", "+\t"])
OPTIONS = st.lists(TEXT, max_size=3).map(tuple)


@st.composite
def observed_rows(draw: st.DrawFn) -> ObservedRow:
    problem = Problem("?", gold="2", type=draw(st.sampled_from(["numerical", "OCR"])))
    item = JudgeItem(
        question=draw(HOSTILE.filter(str.strip)),
        gold=draw(HOSTILE.map(str.strip).filter(bool)),
        observation=draw(HOSTILE.filter(str.strip)),
        options=draw(OPTIONS),
        type=problem.type,
    )
    return ObservedRow({}, f"file:{draw(st.integers(1, 10**9))}", problem, None, item.observation, None, item)


ROWS = st.lists(observed_rows(), min_size=1, max_size=8, unique_by=lambda row: row.place)


def fill(path: Path) -> None:
    if path.suffix == ".jsonl":
        path.write_bytes(path.read_bytes().replace(b'"label":null', b'"label":"yes"'))
        return
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([rows[0]] + [[*row[:7], "yes", row[8]] for row in rows[1:]])


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from([".csv", ".jsonl"]))
def test_any_text_comes_back_as_it_was(rows: list[ObservedRow], suffix: str) -> None:
    sample = draw_sample(rows, 100)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"sheet{suffix}"
        write_sheet(sample, path)
        fill(path)
        items = read_labels(path).items
    assert [one.item for one in items] == [one.item for one in sample.drawn]
    assert [one.id for one in items] == [one.id for one in sample.drawn]


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(1, 9), st.integers(0, 3), st.randoms())
def test_the_draw_depends_on_seed_and_items_alone(
    rows: list[ObservedRow], count: int, seed: int, random: object
) -> None:
    sample = draw_sample(rows, count, seed=seed)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = draw_sample(shuffled, count, seed=seed)
    assert [one.item for one in again.drawn] == [one.item for one in sample.drawn]
    different = {row.item for row in rows}
    assert len(sample.drawn) == min(count, len(different))
    assert len({one.item for one in sample.drawn}) == len(sample.drawn)
    assert sum(there for _, there in sample.counts.values()) == len(different)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=6), st.integers(1, 60))
def test_shares_are_as_equal_as_can_be(sizes: list[int], count: int) -> None:
    available = {(str(index), "right"): size for index, size in enumerate(sizes)}
    shares = share_out(available, count)
    assert sum(shares.values()) == min(count, sum(sizes))
    for stratum, share in shares.items():
        assert 0 <= share <= available[stratum]
        # A stratum gets less than another one only if it has no more.
        assert share == available[stratum] or share >= max(shares.values()) - 1


def test_lone_surrogates_are_escaped(tmp_path: Path) -> None:
    problem = Problem("?", gold="2", type="OCR")
    item = JudgeItem(question="?", gold="2", observation="a\ud800b", type="OCR")
    sample = draw_sample([ObservedRow({}, "file:1", problem, None, "x", None, item)], 1)
    for name in ("sheet.csv", "sheet.jsonl"):
        write_sheet(sample, tmp_path / name)
        assert r"a\ud800b" in (tmp_path / name).read_text(encoding="utf-8-sig").replace("\\\\", "\\")


def test_an_empty_sheet_has_its_columns(tmp_path: Path) -> None:
    write_sheet(Sample([], {}), tmp_path / "sheet.csv")
    assert (tmp_path / "sheet.csv").read_text(encoding="utf-8-sig").strip().split(",") == list(COLUMNS)
