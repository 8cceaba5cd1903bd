"""Where observations and reasoning lie to each other: a map of their embeddings (arXiv 2511.11113, Fig. 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from p2r_rewards.errors import ConfigError, DataError, MissingExtraError
from p2r_rewards.graders.semantic import MAX_CHARS, load_model

Projection = Literal["pca", "tsne"]

LEAST = 4
"""Traces that a map needs."""


@dataclass(frozen=True, slots=True)
class EmbeddingMap:
    """A map of texts.

    Attributes:
        points: Shape (2N, 2): the observations, then the reasoning of the same traces.
        projection: How 384 or so dimensions became two.
        silhouette: How far the two kinds lie apart, in [-1, 1], by cosine in the model's own space, not on the map:
            1 for two clusters, about 0 for one.
    """

    points: npt.NDArray[np.float64]
    projection: Projection
    silhouette: float


def map_traces(
    traces: Sequence[tuple[str, str]], model: str, *, projection: Projection = "tsne", seed: int = 0
) -> EmbeddingMap:
    """The map of observations and their reasoning.

    Args:
        traces: Observation and reasoning of each.
        model: A sentence-transformers model, by name or folder.
        projection: "tsne" shows neighbourhoods, "pca" distances.
        seed: For t-SNE.

    Raises:
        DataError: There are fewer than `LEAST` traces, or the model can't be loaded.
        ConfigError: The projection is unknown.
        MissingExtraError: sentence-transformers is not installed.
    """
    if projection not in ("pca", "tsne"):
        message = f"the projection is 'pca' or 'tsne', not {projection!r:.40}"
        raise ConfigError(message)
    if len(traces) < LEAST:
        message = f"a map of embeddings needs at least {LEAST} traces, not {len(traces)}"
        raise DataError(message)
    texts = [text[:MAX_CHARS] for kind in range(2) for text in (trace[kind] for trace in traces)]
    vectors = _embed(texts, model)
    from sklearn.metrics import silhouette_score

    kinds = [0] * len(traces) + [1] * len(traces)
    return EmbeddingMap(
        _project(vectors, projection, seed), projection, float(silhouette_score(vectors, kinds, metric="cosine"))
    )


def _embed(texts: list[str], model: str) -> npt.NDArray[np.float64]:
    try:
        loaded = load_model(model)
    except MissingExtraError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        message = f"embedding model {model!r:.200} can't be loaded: {str(error)[:300]}"
        raise DataError(message) from error
    found: Any = loaded.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(found, dtype=np.float64)


def _project(vectors: npt.NDArray[np.float64], projection: Projection, seed: int) -> npt.NDArray[np.float64]:
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    maker: Any = (
        PCA(2, svd_solver="full")
        if projection == "pca"
        else TSNE(2, init="pca", random_state=seed, perplexity=min(30.0, (len(vectors) - 1) / 3))
    )
    points: npt.NDArray[np.float64] = maker.fit_transform(vectors)
    return points
