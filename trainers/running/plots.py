"""Panels as PNG, and as one HTML page that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from p2r_rewards.errors import MissingExtraError
from p2r_rewards.trainers.running.curves import Panel, make_panels, mean, read_log, smooth

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # told apart by the colour-blind too
_DPI = 120


def plot_run(run: str | Path, output: str | Path | None = None, *, width: int = 0) -> list[Path]:
    """The files written: one PNG a panel, and `curves.html` with all of them.

    Args:
        run: The folder of a run.
        output: Where to; by default `RUN/plots`.
        width: Steps of the log that are averaged; 0: a twentieth of them.

    Raises:
        DataError: The folder holds no log, or the log no curves.
        MissingExtraError: matplotlib is not installed.
    """
    panels = make_panels(read_log(run))
    folder = Path(output) if output is not None else Path(run) / "plots"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for panel in panels:
        path = folder / f"{panel.title.lower().replace(' ', '-')}.png"
        draw(panel, path, width)
        written.append(path)
    page = folder / "curves.html"
    page.write_text(make_page(str(run), panels, written), encoding="utf-8")
    return [*written, page]


def draw(panel: Panel, path: Path, width: int = 0) -> None:
    """Draws a panel: values faint, their running means strong.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        package = "matplotlib"
        raise MissingExtraError(package, "report") from error
    figure = Figure(figsize=(5.2, 3.4), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots()
    for colour, (name, curve) in zip(COLOURS, panel.curves.items(), strict=False):
        steps = [step for step, _ in curve]
        over = width or max(len(curve) // 20, 1)
        means = [value for _, value in smooth(curve, over)]
        if over > 1:
            axes.plot(steps, [value for _, value in curve], color=colour, alpha=0.25, linewidth=0.8)
        axes.plot(
            steps, means, color=colour, linewidth=1.8, label=panel.label(name), marker="o" if len(curve) < 25 else None
        )
    axes.set_title(panel.title)
    axes.set_xlabel("step")
    axes.set_ylabel(panel.unit)
    axes.grid(alpha=0.25)
    if len(panel.curves) > 1:
        axes.legend(frameon=False)
    figure.savefig(path, metadata={"Software": None})


def make_page(run: str, panels: Sequence[Panel], images: Sequence[Path]) -> str:
    """The page: the images within it, and below each what its curves begin, end and are with on average."""
    parts = []
    for panel, image in zip(panels, images, strict=True):
        data = base64.b64encode(image.read_bytes()).decode("ascii")
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{len(curve)}</td>"
            + "".join(f"<td>{value:.4g}</td>" for value in (*_ends(curve), mean(curve)))
            + "</tr>"
            for name, curve in panel.curves.items()
        )
        parts.append(
            f'<figure><img alt="{escape(panel.title)}" src="data:image/png;base64,{data}">'
            "<table><tr><th></th><th>points</th><th>first tenth</th><th>last tenth</th><th>all</th></tr>"
            f"{rows}</table></figure>"
        )
    style = (
        "body{font:15px sans-serif;margin:2em;max-width:1300px}main{display:flex;flex-wrap:wrap;gap:1.5em}"
        "figure{margin:0}img{width:520px;max-width:100%}td,th{padding:0 .8em 0 0;text-align:right}"
        "td:first-child{text-align:left}"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(run)}</title><style>{style}</style></head>"
        f"<body><h1>{escape(run)}</h1><main>{''.join(parts)}</main></body></html>\n"
    )


def _ends(curve: Sequence[tuple[float, float]]) -> tuple[float, float]:
    tenth = max(len(curve) // 10, 1)
    values = [value for _, value in curve]
    return sum(values[:tenth]) / tenth, sum(values[-tenth:]) / tenth
