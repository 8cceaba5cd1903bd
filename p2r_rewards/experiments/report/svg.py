"""matplotlib's drawings as inline SVG without styles, so that the page's own colours and its strict policy hold."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

from p2r_rewards.experiments.report.visible import visible

INK, MUTED, GRID, SOFT = "#000001", "#000002", "#000003", "#000004"
PERCEPTION, REASONING, THIRD, FOURTH = "#000005", "#000006", "#000007", "#000008"
SERIES = (PERCEPTION, REASONING, THIRD, FOURTH)
CLASSES: Mapping[str, str] = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    SOFT: "soft",
    PERCEPTION: "s1",
    REASONING: "s2",
    THIRD: "s3",
    FOURTH: "s4",
}
"""Colours that stand for a part: drawn with, then turned into classes that `style.css` gives light and dark."""

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_KEPT = {
    *("fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap"),
    *("stroke-linejoin", "opacity", "font-size", "font-weight", "text-anchor"),
}
_FONT = re.compile(r"(bold )?([\d.]+)px\b")
_LONG = re.compile(r"-?\d+\.\d{3,}")


def inline_svg(figure: Any, *, name: str, label: str) -> Markup:
    """A matplotlib figure as an `<svg>` element: no style, no script, no colour of its own, and texts escaped.

    Args:
        figure: The figure, drawn in the colours of `CLASSES`.
        name: What its ids begin with; no two drawings on a page share one.
        label: What it shows, for who does not see it.
    """
    raw = io.BytesIO()
    figure.savefig(raw, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(raw.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{_NAMESPACE}style", f"{_NAMESPACE}metadata"):
                parent.remove(child)
    wanted = set(_references(root))
    for element in root.iter():
        _plain(element, name, wanted)
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": visible(label)}
    text = ElementTree.tostring(root, encoding="unicode")
    text = _LONG.sub(lambda match: f"{float(match[0]):.2f}", text)
    # Our own elements, with texts escaped by the serializer.
    return Markup(text)


def _references(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        if link := element.get(_LINK):
            yield link.removeprefix("#")
        if path := element.get("clip-path"):
            yield path.removeprefix("url(#").removesuffix(")")


def _plain(element: ElementTree.Element, name: str, wanted: set[str]) -> None:
    """Turns styles into attributes and classes, and makes ids the page's own."""
    element.tag = element.tag.removeprefix(_NAMESPACE)
    own = element.attrib.pop("id", None)
    if own in wanted:
        element.set("id", f"{name}-{own}")
    if link := element.attrib.pop(_LINK, None):
        element.set("href", f"#{name}-{link.removeprefix('#')}")
    if path := element.get("clip-path"):
        element.set("clip-path", path.replace("url(#", f"url(#{name}-"))
    classes = []
    for declaration in element.attrib.pop("style", "").split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font" and (font := _FONT.search(value)):
            element.set("font-size", font[2])
            if font[1]:
                element.set("font-weight", "bold")
        elif value in CLASSES:
            classes.append(f"{key}-{CLASSES[value]}")
        elif key in _KEPT:
            element.set(key, value.removesuffix("px"))
    if classes:
        element.set("class", " ".join(classes))
