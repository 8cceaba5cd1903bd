from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from p2r_rewards.experiments.report.plots import (
    Point,
    Spread,
    draw_bars,
    draw_columns,
    draw_dots,
    draw_lines,
    draw_pairs,
    draw_spreads,
)
from p2r_rewards.experiments.report.svg import PERCEPTION
from tests.experiments.report.made_runs import HOSTILE

NAMES = [text[:60] for text in HOSTILE.values()] + ["$x^2$", "a" * 300, ""]


def drawings(names: list[str]) -> list[Markup]:
    return [
        draw_dots({name: {"x": Point(0.5, 0.2, 0.9), "y": Point(None)} for name in names}, name="dots", label="l"),
        draw_bars(
            dict.fromkeys(names, 1.0), ["1"] * len(dict.fromkeys(names)), name="bars", label="l", colour=PERCEPTION
        ),
        draw_columns(names, [1.0] * len(names), name="columns", label="l", strong={0}),
        draw_pairs(names, {"p": [0.1] * len(names), "q": [0.0] * len(names)}, name="pairs", label="l"),
        draw_spreads(
            [Spread(name, 1, 2, 3, 4, 5) for name in names], (2, 4), name="spreads", label="l", colour=PERCEPTION
        ),
        draw_lines([0.0, 1.0], {name: [0.1, None] for name in names}, name="lines", label="<&l", share=True),
    ]


@pytest.mark.parametrize("names", [["a", "b"], NAMES], ids=["plain", "hostile"])
def test_drawings_are_plain(names: list[str]) -> None:
    ids: list[str] = []
    for drawing in drawings(names):
        root = ElementTree.fromstring(drawing)
        assert root.attrib.keys() == {"viewBox", "role", "aria-label"}
        for element in root.iter():
            assert element.tag in {"svg", "g", "defs", "path", "use", "text", "clipPath", "rect"}
            assert "style" not in element.attrib
            assert not any(name.startswith("on") for name in element.attrib)
            assert element.get("href", "#").startswith("#")
            assert not any(value.startswith("#0000") for name, value in element.attrib.items() if name != "href")
            ids += [element.attrib["id"]] if "id" in element.attrib else []
        assert len(drawing) < 60_000
    assert len(ids) == len(set(ids))


def test_a_dollar_sign_is_no_formula() -> None:
    drawing = draw_bars({"$x^2$": 1.0}, ["1"], name="n", label="l", colour=PERCEPTION)
    assert "$x^2$" in drawing


def test_nothing_to_draw_is_drawn() -> None:
    assert draw_lines([], {}, name="n", label="l").startswith("<svg")
    assert draw_bars({}, [], name="n", label="l", colour=PERCEPTION).startswith("<svg")


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert drawings(["a"]) == drawings(["a"])
