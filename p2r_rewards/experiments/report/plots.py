"""The drawings of a report: few kinds, drawn by matplotlib for a column as wide as a phone."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from markupsafe import Markup

from p2r_rewards.experiments.report.svg import FOURTH, GRID, INK, MUTED, SERIES, SOFT, THIRD, inline_svg
from p2r_rewards.experiments.report.visible import visible

WIDTH = 340
"""Units of a drawing's width; one is about a pixel on a phone."""

MAX_NAME = 20
_FONT = 11.0
_MARKERS = ("o", "D", "s", "^")
_STROKES = ("solid", "dashed", "dashdot", "dotted")
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "p2r-rewards",
    "text.parse_math": False,  # a dollar sign in a problem type is a dollar sign
    "font.family": "DejaVu Sans",
    "font.size": _FONT,
    "axes.titlesize": _FONT,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "ytick.major.pad": 7,
    "axes.linewidth": 0.8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
}


class Point(NamedTuple):
    """A value, and its interval where it has one; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Spread(NamedTuple):
    """Quantiles of lengths, under a name."""

    name: str
    p10: float
    p25: float
    p50: float
    p75: float
    p90: float


def draw_dots(
    rows: Mapping[str, Mapping[str, Point]], *, name: str, label: str, span: tuple[float, float] = (0.0, 1.0)
) -> Markup:
    """Rows with one dot for each series, told apart by place, colour and shape."""
    series = list(dict.fromkeys(key for row in rows.values() for key in row))
    pitch = max(30, 15 * len(series) + 6)
    with _axes(44 + pitch * len(rows) + 16 * _legend_rows(series)) as (figure, axes):
        for number, row in enumerate(rows.values()):
            for place, key in enumerate(series):
                point = row.get(key, Point(None))
                if point.value is None:
                    continue
                y = number + (place - (len(series) - 1) / 2) * (0.62 / len(series))
                colour = SERIES[place % len(SERIES)]
                if point.low is not None and point.high is not None:
                    axes.plot([point.low, point.high], [y, y], color=colour, linewidth=2, solid_capstyle="round")
                else:
                    axes.plot([span[0], point.value], [y, y], color=SOFT, linewidth=2, zorder=1)
                axes.plot(point.value, y, _MARKERS[place % 4], color=colour, markersize=6, zorder=3, clip_on=False)
                right = max(point.value, point.high or point.value)
                axes.annotate(f"{point.value:.2f}", (right, y), (7, 0), textcoords="offset points", va="center")
        _name_rows(axes, list(rows))
        axes.set_xlim(span[0], span[1] + 0.14 * (span[1] - span[0]))
        if span == (0.0, 1.0):
            axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
        axes.grid(axis="x")
        _legend(axes, series)
        return inline_svg(figure, name=name, label=label)


def draw_bars(values: Mapping[str, float], texts: Sequence[str], *, name: str, label: str, colour: str) -> Markup:
    """Horizontal bars, each with its own text behind it."""
    with _axes(20 + 26 * len(values)) as (figure, axes):
        axes.barh(range(len(values)), list(values.values()), height=0.62, color=colour)
        for number, (value, text) in enumerate(zip(values.values(), texts, strict=True)):
            axes.annotate(text, (value, number), (5, 0), textcoords="offset points", va="center")
        _name_rows(axes, list(values))
        axes.set_xlim(0, (max(values.values(), default=0) or 1) * 1.3)
        axes.set_xticks([])
        return inline_svg(figure, name=name, label=label)


def draw_columns(names: Sequence[str], values: Sequence[float], *, name: str, label: str, strong: set[int]) -> Markup:
    """A histogram: columns with their counts above; some stand out."""
    with _axes(190) as (figure, axes):
        colours = [FOURTH if number in strong else THIRD for number in range(len(values))]
        axes.bar(range(len(values)), values, width=0.8, color=colours)
        for number, value in enumerate(values):
            if value:
                axes.annotate(_short(value), (number, value), (0, 3), textcoords="offset points", ha="center")
        axes.set_xticks(range(len(names)), [visible(one, most=MAX_NAME) for one in names])
        axes.tick_params(axis="x", labelcolor=MUTED, labelsize=9.5)
        axes.set_yticks([])
        axes.set_ylim(0, (max(values, default=0) or 1) * 1.15)
        return inline_svg(figure, name=name, label=label)


def draw_pairs(names: Sequence[str], pairs: Mapping[str, Sequence[float]], *, name: str, label: str) -> Markup:
    """Columns of several series beside one another, as shares."""
    with _axes(206) as (figure, axes):
        width = 0.8 / len(pairs)
        for place, values in enumerate(pairs.values()):
            at = [number + (place - (len(pairs) - 1) / 2) * width for number in range(len(names))]
            axes.bar(at, values, width=width * 0.92, color=SERIES[place])
            for x, value in zip(at, values, strict=True):
                if len(names) <= 6:
                    axes.annotate(f"{value:.0%}", (x, value), (0, 3), textcoords="offset points", ha="center")
        axes.set_xticks(range(len(names)), [visible(one, most=MAX_NAME) for one in names])
        axes.tick_params(axis="x", labelcolor=INK)
        axes.set_yticks([])
        axes.set_ylim(0, max((max(values) for values in pairs.values()), default=0) * 1.2 or 1)
        _legend(axes, list(pairs))
        return inline_svg(figure, name=name, label=label)


def draw_spreads(
    spreads: Sequence[Spread], band: tuple[float, float] | None, *, name: str, label: str, colour: str
) -> Markup:
    """Lengths as 10th to 90th percentile, quarters and median, against the band that is paid."""
    with _axes(66 + 34 * len(spreads)) as (figure, axes):
        most = max([one.p90 for one in spreads] + [band[1] if band else 0]) or 1
        if band is not None:
            axes.axvspan(*band, color=SOFT, linewidth=0, zorder=0)
            middle = sum(band) / 2
            axes.annotate(f"band {band[0]:g}–{band[1]:g}", (middle, -0.62), ha="center", va="center", color=MUTED)
        for number, one in enumerate(spreads):
            shade = colour if number else MUTED  # the first one is of all
            axes.plot([one.p10, one.p90], [number, number], color=shade, linewidth=2, solid_capstyle="round")
            axes.plot([one.p25, one.p75], [number, number], color=shade, linewidth=9, solid_capstyle="butt")
            axes.plot(one.p50, number, "|", color=INK, markersize=16, markeredgewidth=2.2)
            axes.annotate(f"{one.p50:.0f}", (one.p50, number), (0, 13), textcoords="offset points", ha="center")
        _name_rows(axes, [one.name for one in spreads])
        axes.set_ylim(len(spreads) - 0.5, -0.9)
        axes.set_xlim(0, most * 1.06)
        axes.grid(axis="x")
        return inline_svg(figure, name=name, label=label)


def draw_lines(
    steps: Sequence[float], curves: Mapping[str, Sequence[float | None]], *, name: str, label: str, share: bool = False
) -> Markup:
    """Curves over training steps, in lines and marks of different kinds."""
    shown = {key: curve for key, curve in curves.items() if any(value is not None for value in curve)}
    with _axes(220 + 16 * _legend_rows(shown)) as (figure, axes):
        nan = float("nan")
        for place, curve in enumerate(shown.values()):
            values = [nan if value is None else value for value in curve]
            axes.plot(
                steps,
                values,
                color=SERIES[place % len(SERIES)],
                linewidth=2,
                marker=_MARKERS[place % 4] if len(steps) <= 30 else None,
                markersize=4,
                linestyle=_STROKES[place % 4],
            )
        axes.set_xlabel("step")
        axes.tick_params(axis="y", labelcolor=MUTED)
        axes.set_ylim(bottom=0)
        if share:
            top = max((value for curve in shown.values() for value in curve if value is not None), default=1.0)
            axes.set_ylim(0, min(1.05, max(0.1, top * 1.15)))
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.grid(axis="y")
        _legend(axes, list(shown), lines=True)
        return inline_svg(figure, name=name, label=label)


@contextmanager
def _axes(height: float) -> Iterator[tuple[Any, Any]]:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    # Glyphs that the font for measuring lacks are drawn by the reader's browser.
    with rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        figure = Figure(figsize=(WIDTH / 72, height / 72), layout="constrained")
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        axes = figure.subplots()
        axes.patch.set_visible(False)
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
        axes.set_axisbelow(True)
        yield figure, axes


def _name_rows(axes: Any, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [visible(one or "(none)", most=MAX_NAME) for one in names])
    axes.set_ylim(len(names) - 0.5, -0.5)


def _legend_rows(series: Sequence[str] | Mapping[str, Any]) -> int:
    return (len(series) + 1) // 2 if len(series) > 1 else 0


def _legend(axes: Any, series: Sequence[str], *, lines: bool = False) -> None:
    if len(series) < 2:
        return
    from matplotlib.lines import Line2D

    kinds: list[dict[str, Any]] = [
        {"linestyle": _STROKES[place % 4]} if lines else {"linestyle": "none", "marker": _MARKERS[place % 4]}
        for place in range(len(series))
    ]
    marks = [
        Line2D([], [], color=SERIES[place % len(SERIES)], markersize=6, linewidth=2, **kind)
        for place, kind in enumerate(kinds)
    ]
    axes.figure.legend(
        marks,
        [visible(one, most=MAX_NAME + 8) for one in series],
        loc="outside upper left",
        ncols=2,
        frameon=False,
        handlelength=2.2 if lines else 1.0,
        handletextpad=0.5,
        columnspacing=1.2,
        borderpad=0,
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value < 10_000 else f"{value / 1000:,.0f}k"
