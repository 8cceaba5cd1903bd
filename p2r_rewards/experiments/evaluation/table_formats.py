"""A table as Markdown, LaTeX or HTML; names of models are text in all three."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.evaluation.tables import Cell, ScoreTable, TableRow
from p2r_rewards.rollouts.output_file import OutputFile

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~&$@]|:(?=//)|\.(?<=www\.))")
_LATEX = {
    "\\": r"\textbackslash{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
}
_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.4 system-ui,sans-serif;margin:1rem}"
    "div{overflow-x:auto}table{border-collapse:collapse}caption{text-align:left;font-weight:600;padding:.5rem 0}"
    "th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #8888;white-space:nowrap}"
    "th:first-child{text-align:left}.paper{opacity:.75}small{opacity:.8}"
)


def write_table(table: ScoreTable, path: Path | None = None) -> str:
    """The table in the form that a file's name asks for: `.md`, `.tex` or `.html`; Markdown without a file.

    Raises:
        ConfigError: The name ends in none of these.
    """
    suffix = path.suffix.lower() if path is not None else ".md"
    if suffix not in FORMATS:
        message = f"{path}: a table is written as {', '.join(FORMATS)}; end its name so"
        raise ConfigError(message)
    return FORMATS[suffix](table)


def save_table(table: ScoreTable, path: Path) -> None:
    """Writes the table to a file, in the form that its name asks for.

    Raises:
        ConfigError: Its name asks for none.
        DataError: It can't be written.
    """
    text = write_table(table, path)
    with ExitStack() as stack:
        file = OutputFile(path, stack)
        file.stream.write(text.encode("utf-8", "backslashreplace"))
        file.commit()


def as_markdown(table: ScoreTable) -> str:
    """The table as GitHub's Markdown."""
    notes = _Notes()
    head = ["Model", *map(escape_markdown, table.columns)]
    lines = [_bar(head), _bar(["---", *["---:"] * len(table.columns)])]
    for row in table.rows:
        cells = [_cell(cell, notes, "{} [{}, {}]", "<sup>{}</sup>") for cell in row.cells]
        lines.append(_bar([escape_markdown(_label(row)), *cells]))
    below = [*table.remarks, *(f"{number}: {note}." for note, number in notes.numbers.items())]
    return "\n".join([f"**{escape_markdown(table.caption)}**", "", *lines, "", *(_paragraph(one) for one in below), ""])


def as_latex(table: ScoreTable) -> str:
    """The table as LaTeX, for the package booktabs."""
    notes = _Notes()
    columns = "l" + "r" * len(table.columns)
    lines = [r"\begin{table}", r"\centering", f"\\caption{{{escape_latex(table.caption)}}}"]
    lines += [f"\\begin{{tabular}}{{{columns}}}", r"\toprule"]
    lines += [" & ".join(["Model", *map(escape_latex, table.columns)]) + r" \\", r"\midrule"]
    for number, row in enumerate(table.rows):
        if row.published and number and not table.rows[number - 1].published:
            lines.append(r"\midrule")
        cells = [_cell(cell, notes, r"{} {{\footnotesize[{}, {}]}}", "$^{{{}}}$") for cell in row.cells]
        lines.append(" & ".join([escape_latex(_label(row)), *cells]) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    below = [*table.remarks, *(f"{number}: {note}." for note, number in notes.numbers.items())]
    lines += [f"\\par\\footnotesize {escape_latex(one)}" for one in below]
    return "\n".join([*lines, r"\end{table}", ""])


def as_html(table: ScoreTable) -> str:
    """The table as a page of its own, without scripts and without anything from elsewhere."""
    notes = _Notes()
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in ("Model", *table.columns))
    body = []
    for row in table.rows:
        cells = "".join(
            f"<td>{_cell(cell, notes, '{} <small>[{}, {}]</small>', '<sup>{}</sup>')}</td>" for cell in row.cells
        )
        kind = ' class="paper"' if row.published else ""
        body.append(f'<tr{kind}><th scope="row"><bdi>{html.escape(_printable(_label(row)))}</bdi></th>{cells}</tr>')
    below = [*table.remarks, *(f"{number}: {note}." for note, number in notes.numbers.items())]
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width"><title>Scores</title>',
            f"<style>{_STYLE}</style></head><body><div><table>",
            f"<caption>{html.escape(table.caption)}</caption><thead><tr>{head}</tr></thead>",
            "<tbody>",
            *body,
            "</tbody></table></div>",
            *(f"<p><small>{html.escape(one)}</small></p>" for one in below),
            "</body></html>",
            "",
        ]
    )


FORMATS: dict[str, Callable[[ScoreTable], str]] = {".md": as_markdown, ".tex": as_latex, ".html": as_html}


def escape_markdown(text: str) -> str:
    r"""The text for a cell of Markdown: nothing in it is markup, a link, or the cell's end.

    Example:
        >>> print(escape_markdown("a|b <script>"))
        a\|b \<script\>
    """
    return _MARKDOWN.sub(r"\\\1", _printable(text))


def escape_latex(text: str) -> str:
    r"""The text for LaTeX: no command, no cell's end, no comment.

    Example:
        >>> print(escape_latex("50% & \\input"))
        50\% \& \textbackslash{}input
    """
    return "".join(_LATEX.get(one, one) for one in _printable(text))


class _Notes:
    """Notes by their numbers, in the order in which they are first met."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._next = count(1)

    def number(self, note: str) -> int:
        if note not in self.numbers:
            self.numbers[note] = next(self._next)
        return self.numbers[note]


def _cell(cell: Cell | None, notes: _Notes, interval: str, mark: str) -> str:
    """A cell's numbers; the two patterns are this module's own."""
    if cell is None:
        return "–"
    value = f"{cell.value:.1f}"
    if cell.low is not None and cell.high is not None:
        value = interval.format(value, f"{cell.low:.1f}", f"{cell.high:.1f}")
    numbers = ",".join(str(notes.number(note)) for note in cell.notes)
    return value + (mark.format(numbers) if numbers else "")


def _label(row: TableRow) -> str:
    return f"{row.model} (paper)" if row.published else row.model


def _bar(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _paragraph(text: str) -> str:
    return f"{escape_markdown(text)}\n"


def _printable(text: str) -> str:
    """The text with what steers a terminal, or turns the direction of writing, made visible."""
    return "".join(one if one.isprintable() else " " if one.isspace() else ascii(one)[1:-1] for one in text)
