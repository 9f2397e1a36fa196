"""Layout by UMAP, through umap-learn, started from PCA and seeded so that a map can be made again."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float32, Int32

from lateen.core.geometry import Euclidean
from lateen.neighbors.table import Table, neighbour_table
from lateen.projection.pca import pca


def umap(
    vectors: Float32[np.ndarray, "n d"],
    *,
    seed: int = 0,
    dims: int = 2,
    table: Table | None = None,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
) -> Float32[np.ndarray, "n dims"]:
    """Positions whose neighbourhoods are like those of the vectors.

    It starts from PCA, not from a spectral embedding: that keeps the large arrangement, never fails on
    disconnected data and needs no memory of its own.

    Args:
        vectors: (n, d) finite vectors, n >= 4, not all the same.
        seed: Where the random numbers start; the same seed gives the same positions.
        dims: 2 or 3.
        table: The nearest others of each point; searched for (by straight distances) where it isn't given, or holds
            fewer than are needed.
        n_neighbors: Size of a neighbourhood, the point itself among it; lowered to n - 1 for few points.
        min_dist: How close points may come on the map.

    Returns:
        (n, dims) positions in UMAP's own units.

    Reference:
        McInnes, Healy and Melville, *UMAP*, 2018; Kobak and Linderman, 2021 (why to start from PCA).
    """
    from umap import UMAP

    start = pca(vectors, seed=seed, dims=dims)
    start = 10 * start / np.abs(start).max()
    k = min(n_neighbors, len(vectors) - 1)
    start += np.random.default_rng(seed).normal(scale=1e-3, size=start.shape).astype(np.float32)
    reducer = UMAP(
        n_neighbors=k,
        n_components=dims,
        min_dist=min_dist,
        init=start,
        random_state=seed,
        n_jobs=1,
        precomputed_knn=_neighbours(vectors, k, table),
        force_approximation_algorithm=True,  # else it searches few points anew
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # n_jobs, which the seed fixes; few or repeated points
        return np.ascontiguousarray(reducer.fit_transform(vectors), dtype=np.float32)


def _neighbours(
    vectors: Float32[np.ndarray, "n d"], k: int, table: Table | None
) -> tuple[Int32[np.ndarray, "n k"], Float32[np.ndarray, "n k"], None]:
    """The table as umap-learn takes it: each point is its own first neighbour."""
    n = len(vectors)
    if table is None or table.k < k - 1:
        table = neighbour_table(vectors, k - 1, geometry=Euclidean())
    others = table.first(k - 1)
    rows = np.hstack([np.arange(n, dtype=np.int32)[:, None], others.rows])
    distances = np.hstack([np.zeros((n, 1), np.float32), others.distances])
    return np.ascontiguousarray(rows), np.ascontiguousarray(distances), None
