"""Layout by UMAP, through umap-learn, started from PCA and seeded so that a map can be made again."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float32, Int32

from lateen.core.geometry import Euclidean
from lateen.neighbors import nearest
from lateen.projection.pca import pca

EXACT_UP_TO = 30_000  # points; here lateen's exact search beats compiling and running umap-learn's own


def umap(
    vectors: Float32[np.ndarray, "n d"],
    *,
    seed: int = 0,
    dims: int = 2,
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
        n_neighbors: Size of a neighbourhood; lowered to n - 1 for few points.
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
        precomputed_knn=_neighbours(vectors, k) if len(vectors) <= EXACT_UP_TO else (None, None, None),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # n_jobs, which the seed fixes; few or repeated points
        return np.ascontiguousarray(reducer.fit_transform(vectors), dtype=np.float32)


def _neighbours(
    vectors: Float32[np.ndarray, "n d"], k: int
) -> tuple[Int32[np.ndarray, "n k"], Float32[np.ndarray, "n k"], None]:
    """Each point's k nearest, itself among them, as umap-learn takes them; below 4,096 points it searches anew."""
    found = nearest(vectors, vectors, k, geometry=Euclidean())
    return found.rows.astype(np.int32), found.distances.astype(np.float32), None
