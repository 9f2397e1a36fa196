"""Layout by principal components: linear, exact, instant; also the start of every other layout."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32

WIDEST_COVARIANCE = 2048


def pca(
    vectors: Float32[np.ndarray, "n d"], *, seed: int = 0, dims: int = 2
) -> Float32[np.ndarray, "n dims"]:
    """Coordinates along the directions of largest variance, with the sign of every axis fixed.

    The sign makes the largest loading of each component positive, so that a map never flips between runs or
    machines. Axes beyond the rank of the data are zero.

    Args:
        vectors: (n, d) finite vectors, n >= 1.
        seed: Starts the randomised decomposition that is used where d is above 2,048.
        dims: Number of components.

    Returns:
        (n, dims) centred coordinates in the units of the vectors.

    Reference:
        Pearson, *On Lines and Planes of Closest Fit*, 1901; Halko, Martinsson and Tropp, 2011 (randomised).
    """
    n, d = vectors.shape
    center = vectors.mean(axis=0, dtype=np.float64)
    rank = min(dims, n, d)
    if d <= WIDEST_COVARIANCE:
        axes = _exact_axes(vectors, center, rank)
    else:
        axes = _randomised_axes(vectors, center, rank, seed)
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.where(axes[largest, np.arange(rank)] < 0, -1, 1)
    positions = np.zeros((n, dims), np.float32)
    positions[:, :rank] = vectors @ axes.astype(np.float32) - (center @ axes).astype(np.float32)
    return positions


def _exact_axes(
    vectors: Float32[np.ndarray, "n d"], center: Float[np.ndarray, " d"], rank: int
) -> Float[np.ndarray, "d r"]:
    covariance = np.zeros((vectors.shape[1],) * 2)
    for start in range(0, len(vectors), 4096):
        block = vectors[start : start + 4096] - center
        covariance += block.T @ block
    _, axes = np.linalg.eigh(covariance)
    return np.asarray(axes[:, ::-1][:, :rank])


def _randomised_axes(
    vectors: Float32[np.ndarray, "n d"], center: Float[np.ndarray, " d"], rank: int, seed: int
) -> Float[np.ndarray, "d r"]:
    from sklearn.utils.extmath import randomized_svd

    centred = vectors - center.astype(np.float32)
    _, _, rows = randomized_svd(centred, n_components=rank, n_iter=6, random_state=seed)
    return np.asarray(rows.T, np.float64)
