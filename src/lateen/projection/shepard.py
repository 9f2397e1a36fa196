"""The Shepard correlation: does a map keep far things far, and near things near?

One idea: ranks of distances are compared over sampled pairs, some for each anchor, so the anchors give the interval.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64, Int64

from lateen.core.geometry import Geometry

PARTNERS = 32  # of each anchor
_NUMBERS = 2_000_000  # of vectors at a time


def shepard_scores(
    vectors: Float[np.ndarray, "n d"],
    positions: Float[np.ndarray, "n dims"],
    chosen: Int64[np.ndarray, " m"],
    *,
    geometry: Geometry,
    rng: np.random.Generator,
) -> tuple[float, Float64[np.ndarray, " m"]]:
    """Spearman's correlation of distances in the space and on the map, and what each anchor adds to it.

    Args:
        vectors: (n, d) the space.
        positions: (n, dims) the map.
        chosen: (m,) rows of the anchors; each is paired with 32 others that are drawn at random.
        geometry: Whose distances are those of the space.
        rng: Draws the pairs.

    Returns:
        The correlation (NaN where all distances of a side are equal), and (m,) its value plus each anchor's influence:
        their mean is the correlation, their spread its error.

    Reference:
        Shepard, *The analysis of proximities*, 1962; Croux and Dehon, 2010 (the influence on Spearman's correlation).
    """
    n, m = len(vectors), len(chosen)
    partners = rng.integers(n - 1, size=(m, PARTNERS))
    partners += partners >= chosen[:, None]
    far, near = np.empty(partners.shape), np.empty(partners.shape)
    step = max(1, _NUMBERS // (PARTNERS * max(1, vectors.shape[1])))
    for at in range(0, m, step):
        rows, others = chosen[at : at + step], partners[at : at + step]
        wide = vectors[rows][:, None].astype(np.float64)
        far[at : at + step] = geometry.distance(wide, vectors[others].astype(np.float64))
        near[at : at + step] = np.linalg.norm(positions[rows][:, None].astype(np.float64) - positions[others], axis=-1)
    rho, influences = _spearman(far.ravel(), near.ravel())
    return rho, rho + influences.reshape(m, PARTNERS).mean(axis=1)


def _spearman(a: Float64[np.ndarray, " n"], b: Float64[np.ndarray, " n"]) -> tuple[float, Float64[np.ndarray, " n"]]:
    """The correlation of the ranks, and how much each pair of values moves it."""
    u, v = _shares(a), _shares(b)
    u, v = u - u.mean(), v - v.mean()
    spread = float(np.sqrt((u * u).mean() * (v * v).mean()))
    if spread == 0:
        return np.nan, np.zeros(len(a))
    rho = float(np.clip((u * v).mean() / spread, -1, 1))
    moved = (u * v + _moved(a, v) + _moved(b, u)) / spread
    scale = rho / 2 * (u * u / (u * u).mean() + v * v / (v * v).mean())
    influences = moved - scale if rho < 1 else np.zeros(len(a))
    return rho, influences - influences.mean()


def _shares(values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """The share of values below each, equal ones counted half."""
    _, run, sizes = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(sizes) - sizes / 2)[run] / len(values))


def _moved(values: Float64[np.ndarray, " n"], weights: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """By how much one more value like each shifts the ranks of those above it, in terms of their weights."""
    _, run, sizes = np.unique(values, return_inverse=True, return_counts=True)
    sums = np.bincount(run, weights, len(sizes))
    above = sums.sum() - np.cumsum(sums) + sums / 2
    return np.asarray(above[run] / len(values))
