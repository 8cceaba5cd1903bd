"""`report_statistics`: the counts of a data set of traces, and their drawings in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.cot.embedding_map import Projection, map_traces
from p2r_rewards.experiments.cot.plots import draw_map, draw_words, write_page
from p2r_rewards.experiments.cot.statistics import read_statistics
from p2r_rewards.rollouts.json_text import dump_json


def report_statistics(
    inputs: Sequence[str],
    folder: Path | None,
    *,
    model: str | None = None,
    projection: Projection = "tsne",
    sample: int = 2000,
) -> dict[str, Any]:
    """The statistics as plain data; with a folder also `statistics.json`, drawings and one page with all of it there.

    Args:
        inputs: Files and folders of records with traces.
        folder: Where to; None: nothing is written.
        model: The sentence-transformers model of a map of embeddings; None: no map.
        projection: How embeddings become a map.
        sample: Traces on the map at most.

    Raises:
        DataError: An input can't be read, or there are too few traces for a map.
        ConfigError: A map is asked for without a folder.
        MissingExtraError: A library is not installed.
    """
    if model is not None and folder is None:
        message = "a map of embeddings is a drawing: name a folder with -o"
        raise ConfigError(message)
    counted = read_statistics(inputs, sample=sample)
    found: dict[str, Any] = {**counted.to_mapping(), "map": None, "files": []}
    if folder is None:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    pictures = [("Words of the segments", folder / "word-counts.png")]
    draw_words(counted.words, pictures[0][1])
    if model is not None:
        drawn = map_traces(counted.sample, model, projection=projection)
        pictures.append(("Embeddings of observations and reasoning", folder / "embedding-map.png"))
        draw_map(drawn, pictures[1][1])
        found["map"] = {
            "silhouette": drawn.silhouette,
            "projection": drawn.projection,
            "model": model,
            "traces": len(counted.sample),
        }
    page, counts = folder / "statistics.html", folder / "statistics.json"
    write_page(found, pictures, page)
    found["files"] = [str(path) for path in (*(path for _, path in pictures), page, counts)]
    counts.write_bytes(dump_json(found)[0] + b"\n")
    return found
