import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2r_rewards.scores import Grade, Score, Unscored
from p2r_rewards.scoring import compare
from p2r_rewards.scoring.compare import MAX_TEXT, Comparison

Row = tuple[str, Grade, Grade | float | None]

values = st.sampled_from([0.0, 0.1, 0.5, 1.0])
grades = st.one_of(
    st.builds(Score, values, st.sampled_from(["option B", "number 2", "'x' is no number"])),
    st.builds(Unscored, st.just("no gold")),
)
rows = st.lists(st.tuples(st.sampled_from(["math", "OCR"]), grades, grades | values | st.none()), max_size=30)


def compared(rows: list[Row], first_line: int = 1, **options: Any) -> Comparison:
    comparison = Comparison(**options)
    for number, (kind, ours, theirs) in enumerate(rows):
        comparison.add(kind, ours, theirs, "a.jsonl", first_line + number, "an answer", "a gold")
    return comparison


@pytest.mark.parametrize(
    ("ours", "theirs", "outcome"),
    [
        (Score(1.0, "a"), Score(1.0, "b"), "agree"),
        (Score(1.0, "a"), 1.0 - 9e-7, "agree"),
        (Score(1.0, "a"), 1.0 - 2e-6, "ours_higher"),
        (Score(0.0, "a"), True, "theirs_higher"),
        (Score(0.0, "a"), 2.2, "theirs_higher"),
        (Unscored("a"), Score(0.0, "b"), "ours_unscored"),
        (Score(0.0, "a"), None, "theirs_unscored"),
        (Score(0.0, "a"), float("nan"), "theirs_unscored"),
        (Score(0.0, "a"), float("inf"), "theirs_unscored"),
        (Unscored("a"), Unscored("b"), "both_unscored"),
    ],
)
def test_outcomes(ours: Grade, theirs: Grade | float | None, outcome: str) -> None:
    found = compared([("math", ours, theirs)]).describe()
    names = ("agree", "ours_higher", "theirs_higher", "ours_unscored", "theirs_unscored", "both_unscored")
    assert {name: found[name] for name in names} == {name: int(name == outcome) for name in names}
    assert len(found["kinds"]) == (outcome not in ("agree", "both_unscored"))


def test_kinds_are_rules_without_quotes_numbers_and_letters() -> None:
    found = compared(
        [
            ("multiple choice", Score(1.0, "option B; gold is B"), Score(0.0, "'B.' is not the string 'B'")),
            ("multiple choice", Score(1.0, "option C; gold is C"), Score(0.0, "'c' is not the string 'C'")),
            ("numerical", Score(0.0, "2 does not equal the gold"), 1.0),
        ]
    ).describe()
    assert [(kind["direction"], kind["rows"], kind["ours"], kind["theirs"]) for kind in found["kinds"]] == [
        ("ours higher", 2, "option …; gold is …", "… is not the string …"),
        ("theirs higher", 1, "… does not equal the gold", "recorded"),
    ]
    assert found["kinds"][0]["first"][0] == {
        "type": "multiple choice",
        "file": "a.jsonl",
        "line": 1,
        "ours": 1.0,
        "theirs": 0.0,
        "ours_how": "option B; gold is B",
        "theirs_how": "'B.' is not the string 'B'",
        "answer": "an answer",
        "gold": "a gold",
    }
    assert (found["agreement"], found["ours_mean"], found["theirs_range"]) == (0.0, pytest.approx(2 / 3), [0.0, 1.0])


@given(rows, st.integers(0, 30), st.integers(0, 3))
def test_parts_add_up(rows: list[Row], place: int, kept: int) -> None:
    whole = compared(rows, rows_of_a_kind=kept)
    first, second = compared(rows[:place], rows_of_a_kind=kept), compared(rows[place:], place + 1, rows_of_a_kind=kept)
    if place > len(rows):
        second = Comparison(kept)
    merged = Comparison(kept)
    merged.merge(pickle.loads(pickle.dumps(first)))
    merged.merge(Comparison.from_mapping(json.loads(json.dumps(second.to_mapping()))))
    assert merged == whole
    assert merged.describe() == whole.describe()
    described = whole.describe()
    assert sum(kind["rows"] for kind in described["kinds"]) == sum(
        described[name] for name in ("ours_higher", "theirs_higher", "ours_unscored", "theirs_unscored")
    )
    assert all(len(kind["first"]) == min(kept, kind["rows"]) for kind in described["kinds"])


def test_merging_leaves_the_parts_alone() -> None:
    part = compared([("math", Score(1.0, "a"), 0.0)])
    whole = Comparison()
    whole.merge(part)
    whole.merge(part)
    assert (whole.describe()["rows"], part.describe()["rows"]) == (2, 1)
    assert len(part.first["ours higher", "a", "recorded"]) == 1


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "MAX_KINDS", 5)
    monkeypatch.setattr(compare, "MAX_TYPES", 4)
    comparison = Comparison()
    for number in range(100):
        text = "x" * number * 50
        comparison.add(f"type {number}", Score(1.0, text), 0.0, "a", number, text, text)
    assert len(comparison.kinds) <= 6
    assert len(comparison.types) == 5
    assert comparison.describe()["ours_higher"] == sum(comparison.kinds.values()) == 100
    kept = [row for kind in comparison.first.values() for row in kind]
    assert max(len(row[name]) for row in kept for name in ("answer", "gold", "ours_how")) <= MAX_TEXT


def test_nothing() -> None:
    found = Comparison().describe()
    assert (found["rows"], found["agreement"], found["kinds"], found["theirs_range"]) == (0, None, [], None)


def test_golds_of_all_kinds() -> None:
    comparison = Comparison()
    for gold in (None, 3, ("a", "b"), "<answer>\ud800</answer>"):
        comparison.add("math", Score(1.0, "a"), 0.0, "a", 1, None, gold)
    golds = [row["gold"] for row in comparison.first["ours higher", "a", "recorded"]]
    assert golds == [None, "3", "('a', 'b')"]
