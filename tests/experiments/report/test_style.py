"""The page's colours: legible in light and dark, and told apart in plots."""

import re
from importlib import resources
from itertools import combinations

import pytest

STYLE = resources.files("p2r_rewards.experiments.report").joinpath("style.css").read_text()
COLOURS = {
    name: values for name, *values in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", STYLE)
}
GROUNDS = ("paper", "panel", "soft")
SEGMENTS = ("observation", "think", "answer", "graded", "outside", "warning")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_colour_is_a_pair_and_is_known() -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", STYLE))
    assert used == set(COLOURS)
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r"light-dark\(.*?\)|#(?!\d)[a-z]\w*", "", STYLE))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
class TestContrast:
    def test_texts(self, scheme: int) -> None:
        for text in ("ink", "muted"):
            for ground in (*GROUNDS, *(SEGMENTS if text == "ink" else ())):
                assert contrast(COLOURS[text][scheme], COLOURS[ground][scheme]) >= 4.5, (text, ground)

    def test_coloured_texts_and_links(self, scheme: int) -> None:
        for text in ("s1", "s2", "s3", "focus"):
            for ground in ("paper", "panel"):
                assert contrast(COLOURS[text][scheme], COLOURS[ground][scheme]) >= 4.5, (text, ground)

    def test_marks_in_plots(self, scheme: int) -> None:
        for mark in ("s1", "s2", "s3", "s4"):
            for ground in ("panel", "soft"):
                assert contrast(COLOURS[mark][scheme], COLOURS[ground][scheme]) >= 3, (mark, ground)

    @pytest.mark.parametrize("blindness", ["protanopia", "deuteranopia"])
    def test_marks_are_told_apart_by_the_colour_blind(self, scheme: int, blindness: str) -> None:
        """Perception and reasoning by a clear distance; other pairs also differ in shape and place."""
        one, two = (simulate(COLOURS[name][scheme], blindness) for name in ("s1", "s2"))
        assert sum((a - b) ** 2 for a, b in zip(one, two, strict=True)) ** 0.5 > 0.35


def simulate(colour: str, blindness: str) -> tuple[float, ...]:
    """The colour as seen in dichromacy, linear RGB; matrices by Machado, Oliveira, Fernandes (2009), severity 1."""
    matrix = {
        "protanopia": (
            (0.152286, 1.052583, -0.204868),
            (0.114503, 0.786281, 0.099216),
            (-0.003882, -0.048116, 1.051998),
        ),
        "deuteranopia": (
            (0.367322, 0.860646, -0.227968),
            (0.280085, 0.672501, 0.047413),
            (-0.01182, 0.04294, 0.968881),
        ),
    }[blindness]
    parts = [(int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5)]
    return tuple(sum(weight * part for weight, part in zip(row, parts, strict=True)) for row in matrix)


def test_segments_differ_from_one_another() -> None:
    for one, two in combinations(SEGMENTS[:5], 2):
        assert COLOURS[one] != COLOURS[two]
