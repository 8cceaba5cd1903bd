"""Every published layout is told apart and read, and leads to the same questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2r_rewards.experiments.benchmarks.locate import BENCHMARKS, load_benchmark, locate
from p2r_rewards.experiments.benchmarks.media_check import check_media
from tests.experiments.benchmarks.made_layouts import LAYOUTS, MAKERS

EVERY = [(name, layout) for name, layouts in LAYOUTS.items() for layout in layouts]
VARIANTS = {("vsi-bench", "debiased release"): "debiased"}


@pytest.fixture(scope="module", params=EVERY, ids=" ".join)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    name, layout = request.param
    root = tmp_path_factory.mktemp("data") / name
    return name, layout, MAKERS[name](root, layout)


def test_a_folder_tells_its_benchmark_and_layout(made: tuple[str, str, Path]) -> None:
    name, layout, root = made
    benchmark, found = locate(root)
    assert (benchmark.name, found.name) == (name, layout)


def test_every_question_is_read_with_a_key_of_its_own(made: tuple[str, str, Path]) -> None:
    name, layout, root = made
    loaded = load_benchmark(root, variant=VARIANTS.get((name, layout)))
    keys = [question.key for question in loaded.questions]
    assert len(set(keys)) == len(keys) >= 8
    assert all("/" in key for key in keys)
    assert all(question.breakdown for question in loaded.questions)


def test_all_media_are_found(made: tuple[str, str, Path]) -> None:
    name, layout, root = made
    check = check_media(load_benchmark(root, variant=VARIANTS.get((name, layout))))
    missing = {path for path in check.faults if "nturgbd" not in path}
    assert not missing


def test_layouts_of_one_benchmark_hold_the_same_questions(tmp_path: Path) -> None:
    for name, (first, second, *_) in LAYOUTS.items():
        read = []
        for layout in (first, second):
            loaded = load_benchmark(MAKERS[name](tmp_path / name / layout, layout, clips=False))
            read.append({q.key: (q.problem.question, q.problem.gold, q.problem.options) for q in loaded.questions})
        assert read[0] == read[1], name


def test_every_benchmark_has_a_maker() -> None:
    assert list(MAKERS) == list(BENCHMARKS)
    for name, benchmark in BENCHMARKS.items():
        assert {layout.name for layout in benchmark.layouts} == set(LAYOUTS[name])
