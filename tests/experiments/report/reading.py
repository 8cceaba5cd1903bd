"""A report read back from its HTML: tables by caption, facts by name, and the data of its script."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any


class Report(HTMLParser):
    """What a report says, and every tag with its attributes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.facts: dict[str, list[str]] = {}
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.style = ""
        self._open: list[str] = []
        self._rows: list[list[str]] = []
        self._caption = self._fact = ""
        self.feed(path.read_text(encoding="utf-8"))

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(next(text for attributes, text in self.scripts if attributes.get("id") == "data"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "path", "use", "rect"):
            self._open.append(tag)
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        elif tag == "script":
            self.scripts.append((dict(attrs), ""))
        elif tag == "dt":
            self._fact = ""

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "table":
            self.tables[self._caption] = self._rows

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["script"]:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif self._open[-1:] == ["style"]:
            self.style += data
        elif "caption" in self._open:
            self._caption += data
        elif {"td", "th"} & set(self._open):
            self._rows[-1][-1] += data
        elif "dt" in self._open:
            self._fact += data
        elif "dd" in self._open and data.strip():
            self.facts.setdefault(self._fact, []).append(data)
