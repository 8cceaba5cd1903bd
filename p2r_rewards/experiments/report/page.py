"""What a page holds, as plain data: sections of facts, tables and plots, and the rollouts to browse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Fact:
    """One number that stands out.

    Attributes:
        label: What it is.
        value: The number, in words.
        detail: What it is made of.
        process: "perception" or "reasoning", where it belongs to one; gives its colour.
    """

    label: str
    value: str
    detail: str = ""
    process: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Numbers side by side."""

    facts: Sequence[Fact]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column names its rows.

    Attributes:
        caption: What it shows.
        columns: The heads of its columns.
        rows: Their cells, as many as there are columns.
        texts: Which columns hold texts; the others hold numbers, and stand to the right.
        more: How many rows are left out at the end.
        folded: Whether it is shown only when asked for.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: frozenset[int] = frozenset()
    more: int = 0
    folded: bool = False
    kind: ClassVar[str] = "table"


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot, what it says in words, and the numbers behind it.

    Attributes:
        title: What it shows.
        svg: The drawing, made of our own elements and escaped texts only.
        alt: What can be seen in it, for who does not see it.
        table: Its numbers.
    """

    title: str
    svg: Markup
    alt: str
    table: Table
    kind: ClassVar[str] = "plot"


@dataclass(frozen=True, slots=True)
class Plots:
    """Plots side by side where there is room; one alone has its numbers beside it."""

    plots: Sequence[Plot]
    kind: ClassVar[str] = "plots"


@dataclass(frozen=True, slots=True)
class Notes:
    """Short texts.

    Attributes:
        notes: The texts.
        title: What they are, where they are warning signs.
    """

    notes: Sequence[str]
    title: str = ""
    kind: ClassVar[str] = "notes"


@dataclass(frozen=True, slots=True)
class Case:
    """One item in full: its title, and texts with their names. Hostile texts."""

    title: str
    texts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Cases:
    """Items in full.

    Attributes:
        caption: What they are.
        cases: The items.
        more: How many are left out at the end.
    """

    caption: str
    cases: Sequence[Case]
    more: int = 0
    kind: ClassVar[str] = "cases"


Block: TypeAlias = Facts | Table | Plots | Notes | Cases


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page with a heading.

    Attributes:
        id: What links to it.
        title: The heading.
        lead: A sentence on how to read it.
        blocks: What it holds; a section without any is left out.
    """

    id: str
    title: str
    lead: str = ""
    blocks: Sequence[Block] = ()


@dataclass(frozen=True, slots=True)
class Browser:
    """Rollouts, or judged items, to look through.

    Attributes:
        title: The heading.
        lead: Where they come from, and how fairly they were drawn.
        rows: One mapping each, as `browser.js` reads them; texts in them are hostile.
        settings: What the browser shows of each.
    """

    title: str
    lead: str
    rows: Sequence[Mapping[str, Any]]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A report.

    Attributes:
        title: What it is about.
        subtitle: What it was made of.
        sections: Its parts, in order.
        browser: What can be looked through; it stands after the sections named before `appendix`.
        appendix: Parts that stand last, such as provenance.
    """

    title: str
    subtitle: str
    sections: Sequence[Section]
    browser: Browser | None = None
    appendix: Sequence[Section] = ()
