"""The labelled items: schema, balance and consistency, and how they are read."""

import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards import Problem, Unscored, grade
from p2r_rewards.errors import DataError
from p2r_rewards.judges.labels import KINDS, choose_part, read_labels

FILE = Path(__file__).parents[2] / "examples" / "judge_labels.jsonl"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text().splitlines()]
TYPES = ("multiple choice", "numerical", "OCR", "free-form", "regression")
FIELDS = {
    **dict.fromkeys(("id", "problem_id", "data_type", "problem_type", "question", "gold", "observation"), str),
    **dict.fromkeys(("label", "kind", "style", "note"), str),
    "options": list,
    "held_out": bool,
}
FIRST = {"multiple choice": 33, "numerical": 34, "OCR": 33, "free-form": 33, "regression": 34}
"""Questions whose observations are indirect, which come first; held-out ones are drawn from each style by itself."""

OPENER = "Based on the question, I need to notice"
NUMBER = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
ROW = {"question": "How many?", "gold": "2", "observation": "Two cups.", "label": "sufficient"}


def test_every_row_has_the_same_fields_of_the_same_types() -> None:
    for row in ROWS:
        assert {name: type(value) for name, value in row.items()} == FIELDS, row["id"]
        for name in ("question", "gold", "observation", "note"):
            assert row[name].strip() == row[name] != "", (row["id"], name)


def test_ids_and_observations_are_unique() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({row["observation"] for row in ROWS}) == len(ROWS)


def test_enough_of_each_type_half_of_them_sufficient() -> None:
    assert len(ROWS) >= 300
    for kind in TYPES:
        labels = Counter(row["label"] for row in ROWS if row["problem_type"] == kind)
        assert labels.total() >= 55, kind
        assert labels["sufficient"] == labels["insufficient"], kind
    assert {row["problem_type"] for row in ROWS} == set(TYPES)
    assert min(Counter(row["data_type"] for row in ROWS).values()) > len(ROWS) / 3
    assert {row["data_type"] for row in ROWS} == {"image", "video"}


def test_kinds_agree_with_labels_and_are_all_there() -> None:
    kinds = Counter(row["kind"] for row in ROWS)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 15
    for row in ROWS:
        assert (row["kind"] == "sufficient") == (row["label"] == "sufficient"), row["id"]
        assert row["observation"].endswith((".", "!", '."', '!"', '?"')) == (row["kind"] != "truncated"), row["id"]


def test_a_third_is_held_out_by_a_seeded_rule_with_both_labels_alike() -> None:
    for kind, size in FIRST.items():
        rows = [row for row in ROWS if row["problem_type"] == kind]
        problems = list(dict.fromkeys(row["problem_id"] for row in rows))
        first, second = problems[:size], problems[size:]
        styles = {row["problem_id"]: row["style"] for row in rows}
        assert [styles[one] for one in problems] == ["indirect"] * len(first) + ["plain"] * len(second)
        drawn = random.Random(f"held out: {kind}").sample(first, round(size / 3))
        drawn += random.Random(f"held out: {kind}, plain").sample(second, round(len(second) / 3))
        assert {row["problem_id"] for row in rows if row["held_out"]} == set(drawn)
        labels = Counter(row["label"] for row in rows if row["held_out"])
        assert labels["sufficient"] == labels["insufficient"]


def test_each_question_has_one_observation_of_each_label_and_one_gold() -> None:
    problems: dict[str, list[dict[str, Any]]] = {}
    for row in ROWS:
        problems.setdefault(row["problem_id"], []).append(row)
    for rows in problems.values():
        assert sorted(row["label"] for row in rows) == ["insufficient", "sufficient"]
        assert len({(row["question"], row["gold"], str(row["options"]), row["held_out"]) for row in rows}) == 1


def test_options_are_lettered_and_hold_the_gold() -> None:
    for row in ROWS:
        if row["problem_type"] != "multiple choice":
            assert row["options"] == []
            continue
        letters = [option[:3] for option in row["options"]]
        assert letters == ["A. ", "B. ", "C. ", "D. "]
        assert row["gold"] in "ABCD"
        assert len(set(row["options"])) == 4
    golds = Counter(row["gold"] for row in ROWS if row["problem_type"] == "multiple choice")
    assert max(golds.values()) < 0.35 * golds.total()  # no letter pays by itself


def test_golds_are_graded_as_right_by_the_graders() -> None:
    for row in ROWS:
        problem = Problem(row["question"], gold=row["gold"], type=row["problem_type"], options=row["options"])
        graded = grade(problem, row["gold"])
        assert not isinstance(graded, Unscored), row["id"]
        assert graded.value == 1.0, row["id"]


def test_numbers_are_numbers() -> None:
    for row in ROWS:
        if row["problem_type"] in ("numerical", "regression"):
            assert NUMBER.fullmatch(row["gold"]), row["id"]


def test_neither_opener_nor_length_tells_the_label() -> None:
    opened = Counter(row["label"] for row in ROWS if row["observation"].startswith(OPENER))
    assert opened["sufficient"] == pytest.approx(opened["insufficient"], rel=0.1)
    assert 0.4 < opened.total() / len(ROWS) < 0.8
    words = {label: [] for label in ("sufficient", "insufficient")}  # type: dict[str, list[int]]
    for row in ROWS:
        count = len(row["observation"].split())
        assert 35 <= count <= 150, row["id"]
        if row["kind"] not in ("leaking", "truncated"):
            words[row["label"]].append(count)
    means = {label: sum(counts) / len(counts) for label, counts in words.items()}
    assert means["sufficient"] == pytest.approx(means["insufficient"], rel=0.1)


def test_reading_the_file_keeps_everything() -> None:
    file = read_labels(FILE)
    assert len(file.items) == len(ROWS)
    assert file.unlabelled == 0
    for one, row in zip(file.items, ROWS, strict=True):
        assert (one.id, one.kind, one.style, one.held_out) == tuple(
            row[name] for name in ("id", "kind", "style", "held_out")
        )
        assert one.sufficient is (row["label"] == "sufficient")
        assert (one.item.gold, one.item.observation) == (row["gold"], row["observation"])
        assert one.item.options == tuple(row["options"])


def test_parts_share_no_item() -> None:
    items = read_labels(FILE).items
    dev, held_out = choose_part(items, "dev"), choose_part(items, "held-out")
    assert len(dev) + len(held_out) == len(choose_part(items, "all")) == len(items)
    assert len(held_out) / len(items) == pytest.approx(1 / 3, abs=0.02)


def test_a_part_without_items_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text(json.dumps(ROW))
    with pytest.raises(DataError, match="the column held_out tells parts apart"):
        choose_part(read_labels(tmp_path / "labels.jsonl").items, "dev")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", json.dumps({**ROW, "label": "Yes "}), True),  # spellings of a label
        ("a.jsonl", json.dumps({**ROW, "label": False}), False),
        ("a.jsonl", json.dumps({**ROW, "label": "INSUFFICIENT"}) + "\n\n", False),
        ("a.csv", "question,gold,observation,label\nHow many?,2,Two cups.,no\n", False),
        ("a.csv", '\ufeffquestion,gold,observation,label\r\n"a\nb",2,"Two ""cups"".",1\r\n', True),
    ],
)
def test_labels_in_several_spellings(tmp_path: Path, name: str, text: str, said: bool) -> None:
    (tmp_path / name).write_bytes(text.encode())
    assert [one.sufficient for one in read_labels(tmp_path / name).items] == [said]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", "", "none of 0 rows has a label"),
        ("a.jsonl", json.dumps({**ROW, "label": ""}), "none of 1 rows has a label; fill in the column"),
        ("a.jsonl", json.dumps({**ROW, "label": "perhaps"}), "line 1: label 'perhaps' is none"),
        ("a.jsonl", json.dumps({**ROW, "gold": None}), "line 1: column 'gold' is missing or empty"),
        ("a.jsonl", json.dumps({**ROW, "id": "x"}) + "\n" + json.dumps({**ROW, "id": "x"}), "line 2: id 'x' .* twice"),
        ("a.jsonl", "[1]", "line 1: is no JSON object"),
        ("a.jsonl", "{", "line 1: is no JSON"),
        ("a.jsonl", "[" * 100_000, "line 1: is no JSON"),
        ("a.csv", 'question\n"a', "is no CSV"),
        ("a.jsonl", "\udcff", "it is not UTF-8"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=message):
        read_labels(tmp_path / name)


def test_unlabelled_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [ROW, {**ROW, "label": None}, {**ROW, "label": " "}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    file = read_labels(tmp_path / "a.jsonl")
    assert (len(file.items), file.unlabelled) == (1, 2)
    assert file.items[0].id == "line 1"
