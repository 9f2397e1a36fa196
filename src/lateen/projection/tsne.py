"""Layout by t-SNE, through openTSNE, started from PCA, on neighbours that were found already."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float32, Float64

from lateen.core.errors import MissingExtraError
from lateen.core.geometry import Euclidean
from lateen.core.threads import cores, one_thread
from lateen.neighbors.table import Table, neighbour_table
from lateen.projection.pca import pca

PERPLEXITY = 30.0
NEIGHBOURS = 90  # three for each of the perplexity
_WORTH_THREADS = 3_000  # points; below, threads wait for each other more than they work
_METHOD = {2: "auto", 3: "bh"}  # Barnes-Hut for few points, interpolation for many, which knows two dimensions only


def tsne(
    vectors: Float32[np.ndarray, "n d"],
    *,
    seed: int = 0,
    dims: int = 2,
    table: Table | None = None,
    perplexity: float = PERPLEXITY,
) -> Float32[np.ndarray, "n dims"]:
    """Positions that keep the nearest neighbours, at the price of the large arrangement.

    The start is PCA with a little seeded noise. The same seed gives the same positions, for any number of threads.

    Args:
        vectors: (n, d) finite vectors, n >= 4, not all the same.
        seed: Where the random numbers start.
        dims: 2 or 3; in 3 it is much slower, since openTSNE interpolates in the plane only.
        table: The nearest others of each point, 90 of them; searched for (by straight distances) where there are fewer.
        perplexity: How many neighbours a point feels, about; lowered to a third of what few points have.

    Returns:
        (n, dims) positions in t-SNE's own units.

    Raises:
        MissingExtraError: If openTSNE isn't installed.

    Reference:
        van der Maaten and Hinton, *Visualizing Data using t-SNE*, 2008; Linderman et al., 2019 (by interpolation);
        Policar, Strazar and Zupan, *openTSNE*, 2024.
    """
    try:
        from openTSNE import TSNE
        from openTSNE.affinity import PerplexityBasedNN
        from openTSNE.nearest_neighbors import PrecomputedNeighbors
    except ImportError as error:
        raise MissingExtraError("The layout by t-SNE", "tsne") from error

    k = min(round(3 * perplexity), len(vectors) - 1)
    if table is None or table.k < k:
        table = neighbour_table(vectors, k, geometry=Euclidean())
    near = table.first(k)
    index = PrecomputedNeighbors(near.rows.astype(np.int64), near.distances.astype(np.float64))
    jobs = cores() if len(vectors) >= _WORTH_THREADS else 1
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore")  # of few or repeated points
        affinities = PerplexityBasedNN(knn_index=index, perplexity=min(perplexity, k / 3), n_jobs=jobs)
        model = TSNE(n_components=dims, n_jobs=jobs, random_state=seed, negative_gradient_method=_METHOD[dims])
        found = model.fit(affinities=affinities, initialization=_start(vectors, seed, dims))
        return np.ascontiguousarray(found, dtype=np.float32)


def _start(vectors: Float32[np.ndarray, "n d"], seed: int, dims: int) -> Float64[np.ndarray, "n dims"]:
    """PCA, as small as t-SNE wants it, with noise that tells apart what is the same."""
    start = pca(vectors, seed=seed, dims=dims).astype(np.float64)
    start *= 1e-4 / max(float(start.std(axis=0).max()), 1e-300)
    return np.asarray(start + np.random.default_rng(seed).normal(scale=1e-6, size=start.shape))
