"""Word counts (arXiv 2511.11113, Fig. 10) and the map of embeddings (Fig. 9) as PNG files, and one page with both."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from p2r_rewards.errors import MissingExtraError
from p2r_rewards.experiments.cot.embedding_map import EmbeddingMap
from p2r_rewards.experiments.cot.statistics import PAPER_DATA_TYPES, PAPER_TYPES, SEGMENTS

COLOURS = {"observation": "#0072b2", "reasoning": "#d55e00"}  # told apart by the colour-blind too
_DPI = 120
_NAMES = {"tsne": "t-SNE", "pca": "PCA"}
_BINS = 60


def draw_words(words: Mapping[str, Sequence[int]], path: Path) -> None:
    """Draws how long the segments are, in words; the longest hundredth is gathered in the last bar.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    import numpy as np

    figure, axes = _open(path)
    longest = max((float(np.percentile(counts, 99)) for counts in words.values() if len(counts)), default=1.0)
    edges = np.linspace(0, max(longest, 1.0), _BINS + 1)
    for name in SEGMENTS:
        counts = np.minimum(np.asarray(words[name], dtype=np.float64), edges[-1])
        middle = f", median {np.median(counts):.0f}" if len(counts) else ""
        axes.hist(counts, edges, color=COLOURS[name], alpha=0.6, label=f"{name}{middle}")
    axes.set_xlabel("words")
    axes.set_ylabel("traces")
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Software": None})


def draw_map(found: EmbeddingMap, path: Path) -> None:
    """Draws a map of embeddings.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure, axes = _open(path)
    half = len(found.points) // 2
    for number, name in enumerate(SEGMENTS):
        some = found.points[number * half : (number + 1) * half]
        axes.scatter(some[:, 0], some[:, 1], s=6, alpha=0.5, linewidths=0, color=COLOURS[name], label=name)
    axes.set_title(f"{_NAMES[found.projection]} of embeddings, silhouette {found.silhouette:.2f}", fontsize=9)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Software": None})


def write_page(statistics: Mapping[str, Any], pictures: Sequence[tuple[str, Path]], path: Path) -> None:
    """Writes one page with the counts and the pictures in it, which loads nothing."""
    rows = "".join(
        f"<tr><th scope=row>{escape(str(name))}<td>{count:,}<td>{paper.get(name, 0):,}"
        for group, paper in (("types", PAPER_TYPES), ("data_types", PAPER_DATA_TYPES))
        for name, count in statistics[group].items()
    )
    drawn = "".join(
        f'<figure><img alt="{escape(title)}" src="data:image/png;base64,'
        f'{base64.b64encode(file.read_bytes()).decode("ascii")}"><figcaption>{escape(title)}</figcaption></figure>'
        for title, file in pictures
    )
    path.write_text(_PAGE.substitute(rows=rows, pictures=drawn), encoding="utf-8")


def _open(path: Path) -> tuple[Any, Any]:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        package = "matplotlib"
        raise MissingExtraError(package, "report") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(5.6, 3.8), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CoT data</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
  img { max-width: 100%; background: white; }
  figure { margin: 1.5rem 0; }
  th { text-align: left; font-weight: normal; }
  td, thead th { text-align: right; padding-left: 2rem; }
</style>
<h1>CoT data</h1>
<table><thead><tr><th><th scope=col>here<th scope=col>paper (Table 3)</thead>
<tbody>$rows</tbody></table>
$pictures
</html>
""")
